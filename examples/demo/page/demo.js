const state = {
  looks: 0,      // answers that were drawn
  times: [],     // milliseconds from a stroke to its picture
  views: [],     // of layers
  chosen: null,  // a class whose pixels are shown
  pull: null,    // its gradient, -127 to 127
  digit: null,   // the pixels that the net got
};

const rows = Array.from({length: 10}, (_, label) => {
  const bar = make("i"), share = make("span");
  const button = make("button", "", make("b", "", String(label)), make("span", "bar", bar), share);
  button.setAttribute("aria-pressed", "false");
  button.title = `Which pixels pull towards ${label}?`;
  button.addEventListener("click", () => choose(state.chosen === label ? null : label));
  byId("classes").append(button);
  return {button, bar, share};
});

function showShares(shares) {
  const best = shares.indexOf(Math.max(...shares));
  rows.forEach(({button, bar, share}, label) => {
    button.classList.toggle("best", shares.length > 0 && label === best);
    bar.style.transform = `scaleX(${shares[label] ?? 0})`;
    share.textContent = shares.length > 0 ? `${(100 * shares[label]).toFixed(1)} %` : "";
  });
  byId("status").textContent = shares.length > 0 ? `It reads ${best}.` : "";
}

function showDigit() {
  const context = byId("digit").getContext("2d"), image = context.createImageData(28, 28);
  for (let i = 0; i < 784; ++i) {
    const grey = state.digit === null ? 0 : state.digit[i] & 255;
    colour(image.data, 4 * i, state.pull?.[i] ?? 0, state.pull === null ? grey : 0.6 * grey);
  }
  context.putImageData(image, 0, 0);
  const isPulled = state.pull !== null;
  byId("legend").hidden = !isPulled;
  byId("sees").textContent = state.digit === null ? "" : isPulled ? `What would make it more of a ${state.chosen}:`
    : "What the net gets. Choose a class to see which pixels pull towards it.";
}

function showLayers(layers, take) {
  if (layers.some((layer, i) => state.views[i]?.key !== `${layer.name} ${layer.shape}`)) {
    state.views = layers.map(layer => new LayerView(layer));
    byId("layers").replaceChildren(...state.views.map(view => view.element));
    fitLayers();
  }
  layers.forEach((layer, i) => state.views[i].draw(state.views[i].values = take(layer.shape)));
}

function fitLayers() {
  for (const view of state.views) view.fit(byId("layers").clientWidth);
}

async function ask(path) {
  const answer = await fetch(path, {method: "POST", body: pad.bytes()});
  if (!answer.ok) throw new Error((await answer.text()).trim());
  return read(await answer.arrayBuffer());
}

/** Asks for one thing at a time; what changes meanwhile is asked for at the end. */
let waiting = null, isBusy = false;
async function look(time) {
  waiting = time;
  if (isBusy) return;
  isBusy = true;
  try {
    while (waiting !== null && !pad.isEmpty) {
      const begun = waiting;
      waiting = null;
      await lookOnce(begun);
    }
  } catch (error) {
    byId("status").textContent = error instanceof TypeError ? "The program that served this page does not answer." : error.message;
  }
  isBusy = false;
}

async function lookOnce(begun) {
  const answer = await ask("look");
  if (pad.isEmpty) return;  // it was cleared meanwhile
  state.digit = answer.take(answer.digit);
  byId("net").textContent = answer.net;
  byId("waiting").hidden = true;
  showShares(answer.probabilities);
  showDigit();
  showLayers(answer.layers, answer.take);
  const took = performance.now() - begun;
  state.times.push(took);
  byId("speed").textContent = `${took.toFixed(0)} ms from the stroke to the picture, ${answer.milliseconds.toFixed(1)} of them in the net.`;
  if (state.chosen !== null) await pull();
  ++state.looks;
}

async function pull() {
  const label = state.chosen;
  const answer = await ask(`pull?label=${label}`);
  if (state.chosen !== label || pad.isEmpty) return;
  state.pull = answer.take(answer.shape);
  showDigit();
}

function choose(label) {
  state.chosen = label;
  state.pull = null;
  rows.forEach(({button}, i) => button.setAttribute("aria-pressed", String(i === label)));
  showDigit();
  if (label !== null && !pad.isEmpty) pull().catch(error => { byId("status").textContent = error.message; });
}

function changed(time) {
  document.body.classList.toggle("inked", !pad.isEmpty);
  byId("undo").disabled = byId("clear").disabled = pad.isEmpty;
  if (!pad.isEmpty) return look(time);
  state.digit = state.pull = null;
  showShares([]);
  showDigit();
  byId("speed").textContent = "";
  for (const view of state.views) view.draw(new Int8Array(view.channels * view.height * view.width));
}

const pad = new Pad(byId("pad"), changed);
byId("undo").addEventListener("click", () => { pad.undo(); changed(performance.now()); });
byId("clear").addEventListener("click", () => { pad.clear(); changed(performance.now()); });
addEventListener("keydown", event => {
  if (event.altKey || event.metaKey) return;
  if (event.ctrlKey ? event.key === "z" : event.key === "u") byId("undo").click();
  else if (!event.ctrlKey && (event.key === "c" || event.key === "Escape")) byId("clear").click();
  else if (!event.ctrlKey && /^[0-9]$/.test(event.key)) rows[Number(event.key)].button.click();
});
addEventListener("resize", () => {
  fitLayers();
  for (const view of state.views) if (view.values) view.draw(view.values);
});
showDigit();
