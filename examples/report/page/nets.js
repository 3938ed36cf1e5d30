// ---- The nets: what they get wrong, their first filters, and what their layers see.

function image(address, words) {
  const node = make("img");
  node.src = address;
  node.alt = words;
  node.title = words;
  return node;
}
const card = (className, title, ...children) => make("section", `card ${className}`, make("h3", "", title), ...children);

function mistakeOf(m) {
  const words = `a ${m.truth}, read as ${m.read} (${percent(m.probability, 1)}); ${percent(m.probabilityOfTruth, 1)} for ${m.truth}`;
  return make("div", "mistake", image(m.image, words), make("b", "", `${m.truth} → ${m.read}`),
    make("div", "quiet", percent(m.probability, 0)));
}
/** The mistakes, or those of one cell of the matrix. */
function mistakesCard(net) {
  const tiles = make("div", "tiles"), note = make("p", "small quiet");
  const section = card("mistakes", "Worst mistakes: what it is → what was read, and how sure the net was", tiles, note);
  section.show = (truth, read) => {
    const most = 48;  // that many of all are the worst; the rest are there for their cells
    const chosen = truth === null ? net.mistakes.slice(0, most)
      : net.mistakes.filter(m => m.truth === truth && m.read === read);
    tiles.replaceChildren(...chosen.map(mistakeOf));
    const all = truth === null ? Math.round(net.images * (1 - net.accuracy)) : net.confusion[truth * 10 + read];
    const which = truth === null ? "" : ` of a ${truth} read as ${read}`;
    note.textContent = `The worst ${chosen.length} of ${count(all, "mistake")}${which}`;
  };
  section.show(null);
  return section;
}
function confusionCard(net, mistakes) {
  const classes = [...Array(10).keys()];
  const table = make("table", "confusion");
  const most = Math.max(1, ...net.confusion.filter((_, i) => i % 11 !== 0));
  table.append(make("tr", "", make("th", "", ""), ...classes.map(c => make("th", "", String(c)))));
  let current = null;
  const cellOf = (truth, read) => {
    const n = net.confusion[truth * 10 + read];
    if (truth === read || n === 0) return make("td", truth === read ? "right" : "none", String(n));
    const button = make("button", "", String(n));
    const cell = make("td", "", button);
    cell.style.setProperty("--share", String(0.08 + 0.62 * Math.sqrt(n / most)));
    cell.title = button.ariaLabel = `${count(n, "image")} of a ${truth} read as ${read}`;
    button.addEventListener("click", () => {
      current?.removeAttribute("aria-current");
      current = current === cell ? null : cell;
      current?.setAttribute("aria-current", "true");
      mistakes.show(current ? truth : null, read);
    });
    return cell;
  };
  for (const truth of classes) {
    const right = net.confusion[truth * 10 + truth];
    const all = classes.reduce((sum, read) => sum + net.confusion[truth * 10 + read], 0);
    const head = make("th", "", String(truth));
    head.title = all ? `${percent(right / all, 1)} of ${count(all, "image")} right` : "no image";
    table.append(make("tr", "", head, ...classes.map(read => cellOf(truth, read))));
  }
  return card("", "Confusion: rows are what it is, columns what was read", table,
    make("p", "small quiet", "Click a number to see the worst mistakes behind it."));
}
function filtersCard(net) {
  const {layer, size, channels, images} = net.filters;
  if (images.length === 0) return "";
  const all = images.length < channels ? `, the first ${images.length} of ${channels}` : "";
  const box = make("div", "filters", ...images.map((address, i) => image(address, `filter ${i} of layer ${layer}`)));
  return card("", `Filters of the first layer, ${layer}: ${size} × ${size}${all}`, box);
}
function sampleOf({reading, maps}) {
  const words = `a ${reading.truth}, read as ${reading.read}`;
  const layers = maps.map(({layer, size, channels, images}) => {
    const all = images.length < channels ? `, ${images.length} of ${channels} channels` : `, ${channels} channels`;
    const tiles = make("div", "maps", ...images.map((address, i) => image(address, `channel ${i} of ${layer}`)));
    return make("figure", "", make("figcaption", "", `${layer}, ${size} × ${size}${all}`), tiles);
  });
  return make("div", "sample", make("div", "", image(reading.image, words),
    make("div", "small", `${words} (${percent(reading.probability, 1)})`)), make("div", "layers", ...layers));
}
function drawNet(net) {
  const mistakes = mistakesCard(net);
  const samples = net.samples.some(sample => sample.maps.length)
    ? card("wide", "What the layers see in some images", ...net.samples.map(sampleOf)) : "";
  const words = `${net.path}: ${net.kind}, ${net.parameters.toLocaleString("en")} parameters; ` +
    `${percent(net.accuracy)} of ${count(net.images, "test image")} right`;
  byId("net").replaceChildren(make("p", "quiet small", words),
    make("div", "net", make("div", "side", confusionCard(net, mistakes), filtersCard(net)), mistakes, samples));
}

if (report.nets.length) {
  byId("nets-head").hidden = false;
  const buttons = report.nets.map((net, i) => {
    const button = make("button", "", net.path.split("/").at(-1));
    button.title = net.path;
    button.setAttribute("aria-pressed", String(i === 0));
    button.addEventListener("click", () => {
      buttons.forEach(b => b.setAttribute("aria-pressed", String(b === button)));
      drawNet(net);
    });
    return button;
  });
  byId("nets").append(...buttons);
  byId("nets").hidden = buttons.length < 2;
  drawNet(report.nets[0]);
}
document.body.dataset.drawn = "yes";
