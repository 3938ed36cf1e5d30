const tape = dataOf("tape");
const entries = tape.entries;

// ---- Time: a position for each entry of the forward, then one for each step of the backward.

const positions = entries.map((_, place) => ({isForward: true, place, arrivals: []}));
for (const step of tape.steps) {
  if ("input" in step) positions.at(-1).arrivals.push(step);
  else positions.push({isForward: false, place: step.place, gradient: step.gradient, arrivals: []});
}
const forwardCount = entries.length;
const backwardCount = positions.length - forwardCount;
const stepOf = new Map(positions.map((p, i) => [p.place, i]).slice(forwardCount));  // place -> position
const lastArrival = new Map();
positions.forEach((p, i) => p.arrivals.forEach(a => lastArrival.set(a.place, i)));

const memory = [];  // after each position
{
  let saved = 0;
  const flying = new Map(tape.outputs.map(place => [place, entries[place].bytes]));
  const sum = isLeaf =>
    [...flying].filter(([place]) => entries[place].leaf === isLeaf).reduce((total, [, bytes]) => total + bytes, 0);
  positions.forEach(p => {
    if (p.isForward) {
      memory.push({saved: saved += entries[p.place].saved, flying: 0, kept: 0});
      return;
    }
    flying.delete(p.place);
    p.arrivals.forEach(a => flying.set(a.place, entries[a.place].bytes));
    const left = entries.reduce((n, e, place) => n + (place < p.place ? e.saved : 0), 0);
    memory.push({saved: left, flying: sum(false), kept: sum(true)});
  });
}
const peak = Math.max(1, ...memory.map(m => m.saved + m.flying + m.kept));

/** Gradients by place, as they are after a position. */
function gradientsAt(position) {
  const found = new Map();
  for (let i = forwardCount; i <= position; ++i) {
    for (const a of positions[i].arrivals) found.set(a.place, a.sum ?? a.gradient);
  }
  return found;
}

// ---- Words

function shapeText({shape, dtype}) {
  const sizes = shape.length ? `[${shape.join(", ")}]` : "one number";
  return dtype === "float32" ? sizes : `${sizes} ${dtype}`;
}
const nameOf = place => entries[place].leaf ? entries[place].name || "leaf" : entries[place].op;
/** The name of an entry in its bracket, without the path that the bracket tells. */
function shortName(entry) {
  if (!entry.leaf) return entry.op;
  const isInPath = entry.path !== "" && entry.name.startsWith(`${entry.path}.`);
  return (isInPath ? entry.name.slice(entry.path.length + 1) : entry.name) || "leaf";
}
/** A name that may go on in the next line after each underscore. */
const breakable = text => text.split(/(?<=_)/).flatMap(piece => [piece, document.createElement("wbr")]);
