// ---- Tensors as numbers and pictures

const isDark = matchMedia("(prefers-color-scheme: dark)");
const hues = () => isDark.matches ? {zero: [38, 42, 50], plus: [255, 149, 88], minus: [100, 176, 255]}
                                  : {zero: [246, 244, 238], plus: [201, 79, 18], minus: [29, 105, 184]};
/** The colour of a value of a tensor: grey from 0 up where none is negative, else blue below 0 and orange above. */
function colourOf(value, tensor, strength = 1) {
  if (!Number.isFinite(value)) return [214, 32, 214];
  const most = Math.max(Math.abs(tensor.low), Math.abs(tensor.high)) || 1;
  if (tensor.low >= 0) return Array(3).fill(Math.round(20 + 235 * value / most));
  const {zero, plus, minus} = hues();
  const t = strength * Math.min(1, Math.abs(value) / most);
  return zero.map((z, i) => Math.round(z + t * ((value > 0 ? plus : minus)[i] - z)));
}
function inkOn([r, g, b]) { return 0.3 * r + 0.59 * g + 0.11 * b > 140 ? "#16181d" : "#ffffff"; }
const css = colour => `rgb(${colour.join(" ")})`;

function planesOf(tensor) {
  const w = tensor.shape.at(-1) ?? 1;
  const h = tensor.shape.at(-2) ?? 1;
  return {w, h, tiles: tensor.values.length / (w * h)};
}
function numberTable(tensor, room) {
  const box = make("div", "row scroll");
  let {w, h, tiles} = planesOf(tensor);
  if (h === 1 && tiles === 1) w = Math.ceil(w / Math.ceil((w * 80) / (room + 60)));  // a row goes on in the next line
  const perTable = w * (h === 1 && tiles === 1 ? Infinity : h);
  for (let from = 0; from < tensor.values.length; from += perTable) {
    const table = make("table", tensor.values.length === 1 ? "numbers scalar" : "numbers");
    const body = table.appendChild(make("tbody"));
    tensor.values.slice(from, from + perTable).forEach((value, i) => {
      if (i % w === 0) body.append(make("tr"));
      const cell = make("td", "", number(value));
      const colour = tensor.low >= 0 || tensor.values.length === 1 ? null : colourOf(value, tensor, 0.55);
      cell.style.background = colour ? css(colour) : "var(--faint)";
      if (colour) cell.style.color = inkOn(colour);
      cell.title = value;
      body.lastChild.append(cell);
    });
    box.append(table);
  }
  return box;
}
/** The planes that a tensor shows, with their values: all of a small one's, the first ones of a large one's. */
function pictureOf(tensor) {
  if (!tensor.picture) {
    const {w, h, tiles} = planesOf(tensor);
    return {tiles, height: h, width: w, of: [tiles, h, w], at: i => tensor.values[i]};
  }
  const pixels = atob(tensor.picture.pixels);
  const at = i => {
    const code = pixels.charCodeAt(i);
    return code === 0 ? NaN : tensor.low + (code - 1) / 254 * (tensor.high - tensor.low);
  };
  return {...tensor.picture, at};
}
function canvasOf(tensor, room) {
  let {tiles, height, width, at} = pictureOf(tensor);
  const isRow = height === 1 && tiles === 1 && width > 24;  // a long row goes on in the next line
  const w = isRow ? Math.ceil(Math.sqrt(2 * width)) : width;
  const h = isRow ? Math.ceil(width / w) : height;
  const gap = tiles > 1 ? 1 : 0;
  const channels = tensor.shape.at(-3) ?? 1;
  if (channels > 1 && tiles > channels && channels * (w + gap) * 2 > room) tiles = channels;  // the first image, larger
  // Of several images, each stays in a row.
  const group = tiles > channels ? channels : 1;
  const pleasant = Math.sqrt((1.5 * tiles * (h + gap)) / (w + gap));  // half as wide again as high
  const columns = Math.min(tiles, group * Math.max(1, Math.round(pleasant / group)));
  const rows = Math.ceil(tiles / columns);
  const canvas = make("canvas");
  canvas.width = columns * (w + gap) - gap;
  canvas.height = rows * (h + gap) - gap;
  const fit = Math.min(20, room / canvas.width, room / canvas.height);
  const scale = fit >= 3 ? Math.floor(fit) : Math.max(1, Math.floor(2 * fit) / 2);
  canvas.style.width = `${canvas.width * scale}px`;
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  for (let i = 0; i < tiles * height * width; ++i) {
    const tile = isRow ? 0 : Math.floor(i / (h * w));
    const x = tile % columns * (w + gap) + i % w;
    const y = Math.floor(tile / columns) * (h + gap) + (isRow ? Math.floor(i / w) : Math.floor(i / w) % h);
    image.data.set([...colourOf(at(i), tensor), 255], 4 * (y * canvas.width + x));
  }
  context.putImageData(image, 0, 0);
  canvas.setAttribute("role", "img");
  const some = tensor.values.slice(0, 8).map(x => number(x)).join(", ");
  const range = `from ${number(tensor.low)} to ${number(tensor.high)}`;
  canvas.setAttribute("aria-label", `${shapeText(tensor)}, ${range}; begins with ${some}`);
  canvas.title = `begins with ${some}`;
  return {canvas, tiles};
}
function rangeOf(tensor) {
  const most = Math.max(Math.abs(tensor.low), Math.abs(tensor.high));
  const [from, to] = tensor.low >= 0 ? [0, most] : [-most, most];
  const bar = make("i");
  const stops = [0, 0.5, 1].map(t => css(colourOf(from + t * (to - from), tensor)));
  bar.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
  const bad = tensor.bad ? ` · ${count(tensor.bad, "value")} not finite` : "";
  return make("div", "range", number(from, 3), bar, number(to, 3), bad);
}
function cutText(tensor, tiles) {
  const {height, width, of} = pictureOf(tensor);
  const thousands = n => n.toLocaleString("en");
  const channels = tensor.shape.length > 3 ? tensor.shape.at(-3) : 1;
  let planes = "";
  if (tiles < of[0] && channels > 1 && tiles % channels === 0) {
    const images = tiles / channels;
    planes = `first ${images === 1 ? "" : `${images} `}of ${thousands(of[0] / channels)} × ${count(channels, "plane")}`;
  } else if (tiles < of[0]) {
    planes = `first ${count(tiles, "plane")} of ${thousands(of[0])}`;
  }
  const crop = height < of[1] || width < of[2] ? `corner of ${height} × ${width}` : "";
  return [planes, crop].filter(Boolean).join(", ");
}
/** A tensor with a caption: numbers where they are few, else a picture. */
function figureOf(caption, tensor, kind, room) {
  const figure = make("figure", kind, make("figcaption", "", caption));
  if (tensor.values.length === 0) {
    figure.append(make("span", "quiet", "no elements"));
  } else if (!tensor.picture && tensor.values.length <= 36 && planesOf(tensor).w <= 8) {
    figure.append(numberTable(tensor, room));
  } else {
    const {canvas, tiles} = canvasOf(tensor, room);
    figure.append(canvas, rangeOf(tensor));
    const cut = cutText(tensor, tiles);
    if (cut) figure.append(make("div", "small quiet", cut));
  }
  return figure;
}
