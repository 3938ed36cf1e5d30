// ---- The curves: a panel for each quantity, with the runs' curves of it.

const view = {axis: "step", isLogarithmic: false};
const box = {width: 480, left: 56, right: 14, top: 10, bottom: 36};

/** Quantities in the order that they are looked at. */
function quantities() {
  const found = [...new Set(runs.flatMap(run => run.curves.map(curve => partsOf(curve.name).quantity)))];
  const rank = q => (isLoss(q) ? 0 : isAccuracy(q) ? 1 : isRate(q) ? 2 : 3);
  return found.sort((a, b) => rank(a) - rank(b)).map(name => ({name, isMinor: rank(name) === 3}));
}
function linesOf(quantity) {
  return runs.filter(run => run.isShown).flatMap(run =>
    run.curves.map(curve => ({run, curve, ...partsOf(curve.name)})).filter(line => line.quantity === quantity))
    .map(line => {
      const along = line.curve[view.axis];
      const points = line.curve.value.map((y, i) => ({x: along[i], y, step: line.curve.step[i]}));
      return {...line, points: points.filter(p => p.x !== null)};
    });
}
/** A round number for steps, of which some `wanted` go from low to high. */
function roundStep(low, high, wanted) {
  const rough = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * [1, 2, 5, 10].find(m => m * power >= rough * 0.999);
}
function ticks(low, high, step) {
  const first = Math.ceil(low / step - 1e-6);
  return Array.from({length: Math.floor(high / step + 1e-6) - first + 1}, (_, i) => (first + i) * step);
}
const decades = (low, high) => {
  const powers = Array.from({length: 60}, (_, i) => i - 30);
  const all = powers.flatMap(p => [1, 2, 5].map(m => m * 10 ** p)).filter(t => t >= low && t <= high);
  return all.length > 7 ? all.filter(t => Math.log10(t) % 1 === 0) : all;
};
/** Where numbers stand between two places; with `isRound`, these are round numbers themselves. */
function scaleOf(values, from, to, {isLogarithmic = false, isRound = false, wanted = 6}) {
  let [low, high] = values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
  if (low > high) [low, high] = [0, 1];
  if (low === high) [low, high] = low === 0 ? [0, 1] : [low - Math.abs(low) / 2, high + Math.abs(high) / 2];
  const step = roundStep(low, high, wanted);
  if (isRound && !isLogarithmic) [low, high] = [Math.floor(low / step + 1e-6) * step, Math.ceil(high / step - 1e-6) * step];
  const bend = isLogarithmic ? Math.log : x => x;
  const at = v => from + (to - from) * (bend(v) - bend(low)) / (bend(high) - bend(low));
  return {at, ticks: isLogarithmic ? decades(low, high) : ticks(low, high, step)};
}
function valueText(quantity, v) {
  if (isAccuracy(quantity)) return shareText(v);
  return /bytes/i.test(quantity) ? bytes(v) : number(v);
}
function tickText(quantity, v, all) {
  if (isAccuracy(quantity) && all.every(t => t <= 1)) {
    const step = all.length > 1 ? all[1] - all[0] : 0.1;
    return `${(100 * v).toFixed(Math.max(0, Math.ceil(-Math.log10(100 * step) - 1e-9)))} %`;
  }
  if (/bytes/i.test(quantity)) return bytes(v);
  return Math.abs(v) >= 1e4 && Math.abs(v) < 1e6 ? `${number(v / 1e3)}k` : number(v);
}
const alongText = x => (view.axis === "seconds" ? secondsText(x) : number(x, 7));

/** The parts of a curve between gaps, as an SVG path. */
function pathOf(points, x, y) {
  let isPen = false;
  return points.map(p => {
    const command = p.y === null ? "" : `${isPen ? "L" : "M"}${x.at(p.x).toFixed(1)} ${y.at(p.y).toFixed(1)}`;
    isPen = p.y !== null;
    return command;
  }).join("");
}
function drawFrame(svg, quantity, x, y, height) {
  const text = (content, attributes) => {
    const node = drawn("text", attributes);
    node.textContent = content;
    return node;
  };
  for (const t of y.ticks) {
    svg.append(drawn("line", {class: "grid", x1: box.left, x2: box.width - box.right, y1: y.at(t), y2: y.at(t)}));
    svg.append(text(tickText(quantity, t, y.ticks), {x: box.left - 7, y: y.at(t) + 4, "text-anchor": "end"}));
  }
  const places = view.axis === "step" ? x.ticks.filter(t => Number.isInteger(t)) : x.ticks;
  for (const t of places) {
    svg.append(text(number(t, 7), {x: x.at(t), y: height - box.bottom + 17, "text-anchor": "middle"}));
  }
  const axes = [...new Set(runs.map(run => run.axis))].join(" or ");
  const middle = (box.left + box.width - box.right) / 2;
  svg.append(text(view.axis === "seconds" ? "seconds" : axes, {x: middle, y: height - 3, "text-anchor": "middle"}));
}
function drawPanel(panel, {name, isMinor}) {
  const svg = panel.querySelector("svg");
  const height = isMinor ? 190 : 260;
  box.width = Math.max(240, Math.round(svg.getBoundingClientRect().width) || 480);
  svg.setAttribute("viewBox", `0 0 ${box.width} ${height}`);
  svg.replaceChildren();
  const isLogarithmic = view.isLogarithmic && isLoss(name);
  const lines = linesOf(name).map(line => ({
    ...line, points: line.points.map(p => (isLogarithmic && p.y <= 0 ? {...p, y: null} : p)),
  }));
  const all = lines.flatMap(line => line.points.filter(p => p.y !== null));
  const hasZero = all.length > 0 && !isAccuracy(name) && !isLogarithmic && all.every(p => p.y >= 0);
  const x = scaleOf(all.map(p => p.x), box.left, box.width - box.right, {});
  const y = scaleOf([...all.map(p => p.y), ...(hasZero ? [0] : [])], height - box.bottom, box.top,
    {isLogarithmic, isRound: true, wanted: isMinor ? 3 : 5});
  drawFrame(svg, name, x, y, height);
  for (const line of lines) {
    const kind = isTraining(line.part) ? "line dashed" : "line";
    svg.append(drawn("path", {class: kind, d: pathOf(line.points, x, y), style: `stroke: ${line.run.hue}`}));
    // A point between gaps has no line of its own.
    line.points.forEach((p, i) => {
      const isAlone = p.y !== null && (line.points[i - 1]?.y ?? null) === null && (line.points[i + 1]?.y ?? null) === null;
      if (isAlone) svg.append(drawn("circle", {cx: x.at(p.x), cy: y.at(p.y), r: 3.5, style: `fill: ${line.run.hue}`}));
    });
  }
  panel.shown = {lines, x, y, height, width: box.width, places: [...new Set(all.map(p => p.x))].sort((a, b) => a - b)};
  panel.marks = svg.appendChild(drawn("g", {}));
  clearCursor(panel);
}

// ---- The cursor

function clearCursor(panel) {
  panel.marks.replaceChildren();
  panel.querySelector(".tip").hidden = true;
  panel.cursor = null;
}
/** Marks what the curves have at a place, or, by time, the nearest before it. */
function showCursor(panel, name, index) {
  const {lines, x, y, height, width, places} = panel.shown;
  if (places.length === 0) return;
  panel.cursor = Math.min(Math.max(index, 0), places.length - 1);
  const place = places[panel.cursor];
  panel.marks.replaceChildren(
    drawn("line", {class: "cursor", x1: x.at(place), x2: x.at(place), y1: box.top, y2: height - box.bottom}));
  const tip = panel.querySelector(".tip");
  tip.replaceChildren(make("div", "quiet", `${view.axis === "seconds" ? "" : `${lines[0].run.axis} `}${alongText(place)}`));
  for (const line of lines) {
    const isThere = p => p.y !== null && (view.axis === "seconds" ? p.x <= place : p.x === place);
    const point = line.points.findLast(isThere);
    if (!point) continue;
    panel.marks.append(drawn("circle",
      {class: "dot", cx: x.at(point.x), cy: y.at(point.y), r: 4.5, style: `fill: ${line.run.hue}`}));
    const label = make("span", "", [line.run.title, line.part].filter(Boolean).join(", "));
    label.style.setProperty("--hue", line.run.hue);
    tip.append(make("div", "", label, make("b", "", valueText(name, point.y))));
  }
  tip.hidden = false;
  const isRight = x.at(place) > width / 2;
  tip.style.left = isRight ? "auto" : `${x.at(place) + 26}px`;
  tip.style.right = isRight ? `${width - x.at(place) + 26}px` : "auto";
}
function nearest(panel, clientX) {
  const svg = panel.querySelector("svg").getBoundingClientRect();
  const at = (clientX - svg.left) * panel.shown.width / svg.width;
  const far = panel.shown.places.map(place => Math.abs(panel.shown.x.at(place) - at));
  return far.indexOf(far.reduce((a, b) => Math.min(a, b), Infinity));
}
function makePanel({name, isMinor}) {
  const svg = drawn("svg", {role: "img", tabindex: 0, "aria-label": `${name} of each run; arrow keys read the values`});
  const tip = make("div", "tip");
  tip.setAttribute("aria-live", "polite");
  const panel = make("section", isMinor ? "card curve minor" : "card curve", make("h3", "", isRate(name) ? "learning rate" : name.replaceAll("_", " ")), svg, tip);
  svg.addEventListener("pointermove", event => showCursor(panel, name, nearest(panel, event.clientX)));
  svg.addEventListener("pointerleave", () => clearCursor(panel));
  svg.addEventListener("blur", () => clearCursor(panel));
  svg.addEventListener("keydown", event => {
    const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (!step) return;
    event.preventDefault();
    showCursor(panel, name, panel.cursor === null ? (step > 0 ? 0 : Infinity) : panel.cursor + step);
  });
  return panel;
}

// ---- All of them

const panels = quantities().map(quantity => ({quantity, panel: makePanel(quantity)}));
function drawCurves() {
  for (const {panel, quantity} of panels) drawPanel(panel, quantity);
}
/** Which strokes there are: training is dashed where there is more than that. */
function drawStrokes() {
  const parts = [...new Set(runs.flatMap(run => run.curves.map(curve => partsOf(curve.name).part)))].filter(Boolean);
  if (!parts.some(isTraining) || parts.every(isTraining)) return;
  const stroke = kind => {
    const svg = drawn("svg", {viewBox: "0 0 30 8", "aria-hidden": "true"});
    svg.append(drawn("path", {class: kind, d: "M1 4H29"}));
    return svg;
  };
  byId("strokes").append(stroke("line"), parts.filter(p => !isTraining(p)).join(", "), stroke("line dashed"), "training");
}
function begin() {
  drawRuns();
  byId("curves").replaceChildren(...panels.map(({panel}) => panel));
  drawStrokes();
  const buttons = [...byId("axis").children];
  const axes = [...new Set(runs.map(run => run.axis))].join(" or ");
  buttons[0].textContent = `by ${axes}`;
  buttons[1].disabled = !runs.some(run => run.hasTime);
  if (buttons[1].disabled) buttons[1].title = "The logs have no seconds.";
  for (const button of buttons) {
    button.addEventListener("click", () => {
      view.axis = button.dataset.axis;
      buttons.forEach(b => b.setAttribute("aria-pressed", String(b === button)));
      drawCurves();
    });
  }
  byId("logarithmic").addEventListener("change", event => {
    view.isLogarithmic = event.target.checked;
    drawCurves();
  });
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth !== width) drawCurves();
    width = innerWidth;
  });
  drawCurves();
}
begin();
