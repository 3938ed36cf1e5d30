// ---- The runs: their names, colours, and whether they are shown.

const report = dataOf("report");
const runs = report.runs;
const colours = 8;
runs.forEach((run, i) => {
  run.hue = `var(--run-${i % colours})`;
  run.isShown = true;
  const isUnique = runs.filter(other => other.name === run.name).length === 1;
  run.title = isUnique ? run.name : run.path;
  run.hasTime = run.curves.some(curve => curve.seconds.some(s => s !== null));
});

/** What of the data a curve is about, and which quantity it is: "train_loss" and "loss/train" are of one quantity. */
function partsOf(name) {
  const part = "train(?:ing)?|test|val(?:id(?:ation)?)?|eval|dev";
  const found = name.match(new RegExp(`^(${part})[_/. -](.+)$`, "i")) ??
    name.match(new RegExp(`^(.+)[_/. -](${part})$`, "i"))?.map((text, i, all) => all[[0, 2, 1][i]]);
  return found ? {part: found[1].toLowerCase(), quantity: found[2]} : {part: "", quantity: name};
}
const isTraining = part => part.startsWith("train");

/** The last number of a curve, with the least or the greatest of all where `best` says so (Math.min, Math.max). */
function lastOf(run, test, best) {
  const found = run.curves.find(curve => test(partsOf(curve.name)));
  const values = found?.value.filter(v => v !== null) ?? [];
  if (values.length === 0) return null;
  return best ? values.reduce((a, b) => best(a, b)) : values.at(-1);
}
const isAccuracy = quantity => /acc/i.test(quantity);
const isLoss = quantity => /loss/i.test(quantity);
const isRate = quantity => /^(lr|learning[_ ]?rate)$/i.test(quantity);
const setting = (run, name) => run.settings.find(([key]) => key === name)?.[1] ?? "";
const percent = (x, digits = 2) => `${(100 * x).toFixed(digits)} %`;
/** An accuracy is a share, as a rule; one above 1 is in percent already. */
const shareText = x => (x > 1 ? `${number(x)} %` : percent(x));

function secondsText(s) {
  if (s < 120) return `${number(s, 3)} s`;
  return s < 7200 ? `${number(s / 60, 3)} min` : `${number(s / 3600, 3)} h`;
}

const tested = (wanted, part) => p => wanted(p.quantity) && isTraining(p.part) === (part === "train");
const columns = [
  ["net", run => setting(run, "model")],
  ["parameters", run => setting(run, "parameters") && Number(setting(run, "parameters")).toLocaleString("en")],
  ["data", run => setting(run, "data")],
  ["test accuracy", run => [lastOf(run, tested(isAccuracy, "test")), shareText]],
  ["best accuracy", run => [lastOf(run, tested(isAccuracy, "test"), Math.max), shareText]],
  ["test loss", run => [lastOf(run, tested(isLoss, "test")), number]],
  ["training loss", run => [lastOf(run, tested(isLoss, "train")), number]],
  ["trained", run => {
    const last = Math.max(...run.curves.map(curve => curve.step.at(-1) ?? 0));
    return run.curves.length ? `${run.axis} ${number(last, 7)}${run.isCutOff ? ", goes on" : ""}` : "nothing yet";
  }],
  ["time", run => [run.curves.flatMap(c => c.seconds).filter(s => s !== null).at(-1) ?? null, secondsText]],
];
const textOf = cell => (Array.isArray(cell) ? (cell[0] === null ? "" : cell[1](cell[0])) : cell);

function drawRuns() {
  const shown = columns.filter(([, cell]) => runs.some(run => textOf(cell(run)) !== ""));
  const head = make("tr", "", make("th", "", "run"), ...shown.map(([name]) => make("th", "", name)));
  const rows = runs.map(run => {
    const button = make("button", "", run.title);
    button.title = run.path;
    button.style.setProperty("--hue", run.hue);
    button.setAttribute("aria-pressed", "true");
    button.addEventListener("click", () => {
      run.isShown = !run.isShown;
      button.setAttribute("aria-pressed", String(run.isShown));
      drawCurves();
    });
    return make("tr", "", make("td", "", button), ...shown.map(([, cell]) => make("td", "", textOf(cell(run)))));
  });
  byId("runs").replaceChildren(make("thead", "", head), make("tbody", "", ...rows));
  const nets = report.nets.length ? `, ${count(report.nets.length, "net")} looked into` : "";
  byId("summary").textContent = `${count(runs.length, "log")}${nets}`;
}
