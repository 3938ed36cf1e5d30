// ---- The strip

const pitch = 76, entryWidth = 68, entryHeight = 46, level = 25;
const depths = entries.map(e => e.path === "" ? 0 : e.path.split(".").length);
const top_ = Math.max(0, ...depths) * level + 6;
const buttons = [];
const edges = drawn("svg", {width: entries.length * pitch, height: 64, "aria-hidden": "true"});
const edgesNow = drawn("g", {});

function buildStrip() {
  const track = byId("track");
  track.style.cssText = `width: ${entries.length * pitch}px; height: ${top_ + entryHeight + 66}px`;
  entries.forEach((entry, place) => {
    const name = make("b", "", ...breakable(shortName(entry)));
    const button = make("button", entry.leaf ? "entry leaf" : "entry", name, make("i", "", `${place}`));
    button.style.cssText = `left: ${place * pitch}px; top: ${top_}px`;
    const where = entry.path ? ` in ${entry.path}` : "";
    button.title = `${place} ${entry.op} ${entry.name} ${entry.attributes}\n${shapeText(entry)}${where}`;
    button.setAttribute("aria-label", `Entry ${place}: ${nameOf(place)}${where}`);
    button.addEventListener("click", () => show(positionOf(place)));
    buttons.push(button);
    track.append(button);
  });
  const paths = entries.map(e => e.path === "" ? [] : e.path.split("."));
  for (let depth = 0; depth < Math.max(0, ...depths); ++depth) {
    const key = i => paths[i]?.length > depth ? paths[i].slice(0, depth + 1).join(".") : null;
    for (let from = 0; from < entries.length;) {
      let to = from + 1;
      while (to < entries.length && key(to) === key(from)) ++to;
      if (key(from) !== null) {
        const bracket = make("div", "bracket", make("span", "", paths[from][depth]));
        const width = (to - from - 1) * pitch + entryWidth;
        bracket.style.cssText = `left: ${from * pitch}px; width: ${width}px; top: ${depth * level + 17}px`;
        bracket.title = key(from);
        track.append(bracket);
      }
      from = to;
    }
  }
  edges.style.top = `${top_ + entryHeight + 2}px`;
  entries.forEach((entry, place) => entry.inputs.forEach(from => {
    if (from >= 0) edges.append(drawn("path", {d: arc(from, place), class: "edge"}));
  }));
  edges.append(edgesNow);
  track.append(edges);
}
const middle = place => place * pitch + entryWidth / 2;
function arc(from, to) {
  const dip = Math.min(100, 16 + 0.2 * Math.abs(middle(to) - middle(from)));
  return `M${middle(from)} 0 C${middle(from)} ${dip}, ${middle(to)} ${dip}, ${middle(to)} 0`;
}
/** A click goes to the entry in the pass at hand; in the backward, a leaf's turn is when its gradient is complete. */
function positionOf(place) {
  if (now < forwardCount) return place;
  return stepOf.get(place) ?? lastArrival.get(place) ?? place;
}
function paintStrip(position, gradients) {
  const at = positions[position];
  buttons.forEach((button, place) => {
    const isSpent = !at.isForward && place >= at.place && !entries[place].leaf;
    button.classList.toggle("reached", at.isForward ? place <= at.place : !isSpent);
    button.classList.toggle("spent", isSpent);
    button.classList.toggle("waiting", !at.isForward && !isSpent && gradients.has(place));
    button.tabIndex = place === at.place ? 0 : -1;
    if (place === at.place) button.setAttribute("aria-current", "step");
    else button.removeAttribute("aria-current");
  });
  edgesNow.replaceChildren();
  new Set(entries[at.place].inputs.filter(from => from >= 0)).forEach(from => {
    const x = middle(at.isForward ? at.place : from);
    edgesNow.append(
      drawn("path", {d: arc(from, at.place), class: "edge now"}),
      drawn("path", {d: `M${x} -1 l-6 11 h12 Z`, class: "tip"}),
    );
  });
  const strip = byId("strip");
  const x = middle(at.place);
  const isNearEdge = x < strip.scrollLeft + 90 || x > strip.scrollLeft + strip.clientWidth - 90;
  if (isNearEdge) strip.scrollLeft = x - strip.clientWidth / 2;
}

// ---- Memory

const cursor = drawn("rect", {class: "cursor", y: 0, height: 100});
const reading = make("span", "label");
/** Columns from low(m) to high(m), one for each position. */
function area(low, high) {
  const y = bytes => 100 - (96 * bytes) / peak;
  const along = f => memory.flatMap((m, i) => [`L${i} ${y(f(m))}`, `L${i + 1} ${y(f(m))}`]);
  return `M0 ${y(low(memory[0]))} ${along(high).join(" ")} ${along(low).reverse().join(" ")} Z`;
}
function buildMemory() {
  const svg = drawn("svg", {
    viewBox: `0 0 ${positions.length} 100`,
    preserveAspectRatio: "none",
    "aria-hidden": "true",
  });
  const flyingTop = m => m.saved + m.flying;
  svg.append(
    drawn("path", {class: "saved", d: area(() => 0, m => m.saved)}),
    drawn("path", {class: "flying", d: area(m => m.saved, flyingTop)}),
    drawn("path", {class: "kept", d: area(flyingTop, m => flyingTop(m) + m.kept)}),
    drawn("line", {class: "divide", x1: forwardCount, x2: forwardCount, y1: 0, y2: 100}),
    cursor,
  );
  const box = byId("memory");
  const label = (text, left) => {
    const node = make("span", "label", text);
    node.style.left = left;
    return node;
  };
  reading.style.right = "0";
  const divide = `${(100 * forwardCount) / positions.length}%`;
  box.append(svg, label(`memory, peak ${bytes(peak)} · forward`, "0"), label("backward", divide), reading);
  const go = event => {
    const {left, width} = box.getBoundingClientRect();
    show(Math.floor((event.clientX - left) / width * positions.length));
  };
  box.addEventListener("pointerdown", event => { box.setPointerCapture(event.pointerId); go(event); });
  box.addEventListener("pointermove", event => { if (event.buttons) go(event); });
  box.setAttribute("aria-valuemin", 1);
  box.setAttribute("aria-valuemax", positions.length);
  const legend = {
    "--forward": "saved for the backward",
    "--backward": "gradients on their way",
    "--leaf-line": "gradients of the leaves",
  };
  for (const [hue, text] of Object.entries(legend)) {
    const item = make("span", "", text);
    item.style.setProperty("--hue", `var(${hue})`);
    byId("legend").append(item);
  }
}
