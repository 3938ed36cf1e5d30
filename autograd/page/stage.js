// ---- The stage

function headOf(title, place, tensor) {
  const leafOrOp = place => (entries[place].leaf ? `${nameOf(place)}, entry ${place}` : `entry ${place}, ${nameOf(place)}`);
  const what = make("span", "small", place < 0 ? "a constant" : leafOrOp(place));
  return make("header", "", make("b", "", title), what, make("span", "small quiet", shapeText(tensor)));
}
function inputCard(position, input) {
  const at = positions[position];
  const entry = entries[at.place];
  const place = entry.inputs[input];
  const source = place < 0 ? tape.constants[-1 - place] : entries[place];
  const arrivals = at.arrivals.filter(a => a.input === input);
  const row = make("div", "row");
  if (source.value) row.append(figureOf("value", source.value, "", 270));
  for (const a of arrivals) {
    if (!a.sum) {
      row.append(figureOf("its gradient", a.gradient, "gradient", 270));
      continue;
    }
    const before = beforeOf(a);
    if (before) row.append(figureOf("gradient so far", before, "gradient", 150), make("span", "sign", "+"));
    row.append(figureOf(before ? "arrives" : "arrives, at the ones it began with", a.gradient, "gradient", 150));
    row.append(make("span", "sign", "="), figureOf("sum", a.sum, "gradient", 150));
  }
  if (!at.isForward && arrivals.length === 0) {
    row.append(make("span", "small quiet", `${place < 0 ? "a constant " : ""}wants no gradient`));
  }
  const head = headOf(ruleOf(entry)?.in[input] ?? `input ${input}`, place, source);
  return make("section", arrivals.length ? "card changed" : "card", head, row);
}
/** What had arrived at the place of an arrival before it. */
function beforeOf(arrival) {
  const all = positions.flatMap(p => p.arrivals);
  const found = all.slice(0, all.indexOf(arrival)).findLast(a => a.place === arrival.place);
  return found ? (found.sum ?? found.gradient) : null;  // null where the backward started from this place
}
function middleOf(at) {
  const entry = entries[at.place];
  const rule = ruleOf(entry);
  const box = make("div", "middle");
  box.append(make("div", "arrow", at.isForward ? "→" : "←"), make("div", "name op", entry.op));
  if (entry.attributes) box.append(make("div", "small quiet op", entry.attributes));
  if (entry.path) box.append(make("div", "small quiet", `in ${entry.path}`));
  if (rule && at.isForward) box.append(make("p", "", `y = ${rule.y}`));
  if (!at.isForward) {
    const list = make("div", "rule");
    at.arrivals.forEach(a => {
      const words = rule?.d[a.input];
      if (words) list.append(make("div", "", make("b", "", `d${rule.in[a.input]}`), ` = ${words}`));
    });
    if (list.firstChild) box.append(make("p", "", list));
    if (!rule) box.append(make("p", "small quiet", "its backward turns g into the gradients of its inputs"));
    if (entry.saved) box.append(make("p", "small quiet", `then ${bytes(entry.saved)} are freed that it had saved`));
  } else if (entry.saved) {
    box.append(make("p", "small quiet", `saves ${bytes(entry.saved)} for the backward`));
  }
  const isRepeated = entry.inputs.some(place => place >= 0 && String(entries[place].shape) !== String(entry.shape));
  const isNoteDue = !rule?.isElementwise || (!at.isForward && isRepeated);
  if (rule?.note && isNoteDue) box.append(make("p", "small quiet", rule.note));
  return box;
}
function outputCard(at) {
  const entry = entries[at.place];
  const card = make("section", "card", headOf(entry.leaf ? shortName(entry) : "y", at.place, entry));
  const row = make("div", "row");
  if (entry.value) row.append(figureOf("value", entry.value, "", 260));
  if (at.gradient) row.append(figureOf("g, its gradient: complete", at.gradient, "gradient", 260));
  if (!row.firstChild) row.append(make("span", "small quiet", "its value was not kept"));
  card.append(row);
  return card;
}
function paintStage(position) {
  const at = positions[position];
  const entry = entries[at.place];
  const stage = byId("stage");
  const inputs = make("div", "column");
  entry.inputs.forEach((_, input) => inputs.append(inputCard(position, input)));
  if (entry.leaf) {
    inputs.append(make("p", "quiet", "A leaf is used for the first time. It has no inputs: gradients end here."));
  }
  const between = entry.leaf ? make("div", "middle", make("div", "name op", entry.name || "leaf")) : middleOf(at);
  stage.replaceChildren(inputs, between, make("div", "column", outputCard(at)));
}
function statusOf(position) {
  const at = positions[position];
  const entry = entries[at.place];
  if (at.isForward) {
    const what = entry.leaf ? `the leaf ${entry.name} comes onto the tape` : `entry ${at.place}, ${entry.op}`;
    return [`Forward ${position + 1} of ${forwardCount}`, `: ${what}`];
  }
  const places = [...new Set(at.arrivals.map(a => a.place))];
  const targets = places.map(place => (entries[place].leaf ? nameOf(place) : `entry ${place}`));
  const gradients = `${places.length === 1 ? "that" : "those"} of ${new Intl.ListFormat("en").format(targets)}`;
  return [
    `Backward ${position - forwardCount + 1} of ${backwardCount}`,
    `: entry ${at.place}, ${entry.op}, turns its gradient into ${gradients}`,
  ];
}
const leafCards = [];
function paintLeaves(position, gradients) {
  const section = byId("leaves");
  const changed = new Set(positions[position].arrivals.map(a => a.place));
  entries.forEach((entry, place) => {
    if (!entry.leaf) return;
    const gradient = gradients.get(place);
    const known = leafCards[place];
    if (known && known.gradient === gradient) {
      known.card.classList.toggle("changed", changed.has(place));
      return;
    }
    const head = make("header", "", make("b", "", nameOf(place)), make("span", "small quiet", shapeText(entry)));
    const body = gradient ? figureOf("gradient", gradient, "gradient", 165) : make("span", "small quiet", "no gradient yet");
    const card = make("section", changed.has(place) ? "card changed" : "card", head, body);
    if (known) known.card.replaceWith(card);
    else section.append(card);
    leafCards[place] = {gradient, card};
  });
}

// ---- The player

let now = 0;
let timer = null;
function show(position) {
  now = Math.max(0, Math.min(positions.length - 1, position));
  const gradients = gradientsAt(now);
  const hadFocus = document.activeElement?.classList.contains("entry");
  document.body.classList.toggle("backward", now >= forwardCount);
  document.body.dataset.position = now;
  paintStrip(now, gradients);
  if (hadFocus) buttons[positions[now].place].focus({preventScroll: true});
  const [head, rest] = statusOf(now);
  byId("status").replaceChildren(make("b", "", head), rest);
  byId("memory").setAttribute("aria-valuenow", now + 1);
  byId("memory").setAttribute("aria-valuetext", head + rest);
  cursor.setAttribute("x", now);
  cursor.setAttribute("width", 1);
  const {saved, flying, kept} = memory[now];
  reading.textContent = `now ${bytes(saved + flying + kept)}`;
  paintStage(now);
  paintLeaves(now, gradients);
}
function play(isOn) {
  clearInterval(timer);
  timer = isOn ? setInterval(() => now + 1 < positions.length ? show(now + 1) : play(false), 1100) : null;
  byId("play").textContent = isOn ? "Pause" : "Play";
}
function toggle() {
  if (timer === null && now === positions.length - 1) show(0);
  play(timer === null);
}
const moves = {
  ArrowLeft: () => show(now - 1),
  ArrowRight: () => show(now + 1),
  Home: () => show(0),
  End: () => show(positions.length - 1),
  " ": toggle,
};
const keyOfButton = {first: "Home", back: "ArrowLeft", play: " ", forth: "ArrowRight", last: "End"};
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.altKey || event.metaKey || !(event.key in moves)) return;
  if (event.key === " " && event.target.closest?.(".player")) return;  // that button's own key
  event.preventDefault();
  if (event.key !== " ") play(false);
  moves[event.key]();
});
document.addEventListener("keyup", event => {  // where a key's click comes with its end
  if (event.key === " " && event.target.classList?.contains("entry")) event.preventDefault();
});
for (const [id, key] of Object.entries(keyOfButton)) {
  byId(id).addEventListener("click", () => {
    if (key !== " ") play(false);
    moves[key]();
  });
}
function fromHash() {
  const wanted = Number.parseInt(location.hash.slice(1), 10);
  show(Number.isNaN(wanted) ? forwardCount : wanted);
}
addEventListener("hashchange", fromHash);
isDark.addEventListener("change", () => {
  byId("leaves").replaceChildren();
  leafCards.length = 0;
  show(now);
});

const leafCount = entries.filter(e => e.leaf).length;
const starts = new Intl.ListFormat("en").format(tape.outputs.map(place => `entry ${place}, ${entries[place].op}`));
const isOneNumber = tape.outputs.every(place => entries[place].shape.every(n => n === 1));
byId("summary").textContent =
  `${count(entries.length, "entry", "entries")}: ${count(leafCount, "leaf", "leaves")} and ` +
  `${count(entries.length - leafCount, "op")}. Backward starts at ${starts}, with ${isOneNumber ? "1" : "ones"}.`;
byId("notice").hidden = tape.keepsValues;
buildStrip();
buildMemory();
fromHash();
