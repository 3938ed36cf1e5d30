"use strict";
const tape = JSON.parse(document.getElementById("tape").textContent);
const entries = tape.entries;
const byId = id => document.getElementById(id);

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

// ---- Small things

function make(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children.filter(child => child !== null && child !== ""));
  return node;
}
function drawn(tag, attributes) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}
function number(x, digits = 4) {
  if (typeof x === "string") return x.replace("-", "−").replace("inf", "∞");
  const size = Math.abs(x);
  const isFar = x !== 0 && (size >= 1e5 || size < 1e-3);
  const text = isFar ? x.toExponential(digits - 2) : String(Number(x.toPrecision(digits)));
  return text.replace("e+", "e").replaceAll("-", "−");
}
function bytes(n) {
  if (n < 1e3) return `${n} bytes`;
  return n < 1e6 ? `${(n / 1e3).toPrecision(3)} kB` : `${(n / 1e6).toPrecision(3)} MB`;
}
function shapeText({shape, dtype}) {
  const sizes = shape.length ? `[${shape.join(", ")}]` : "one number";
  return dtype === "float32" ? sizes : `${sizes} ${dtype}`;
}
const count = (n, one, many = `${one}s`) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
const nameOf = place => entries[place].leaf ? entries[place].name || "leaf" : entries[place].op;
/** The name of an entry in its bracket, without the path that the bracket tells. */
function shortName(entry) {
  if (!entry.leaf) return entry.op;
  const isInPath = entry.path !== "" && entry.name.startsWith(`${entry.path}.`);
  return (isInPath ? entry.name.slice(entry.path.length + 1) : entry.name) || "leaf";
}
/** A name that may go on in the next line after each underscore. */
const breakable = text => text.split(/(?<=_)/).flatMap(piece => [piece, document.createElement("wbr")]);
