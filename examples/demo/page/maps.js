const orange = [255, 138, 60], blue = [74, 163, 255];

/** What the program answered: JSON behind its length, and then a byte for each number that it tells the shape of. */
function read(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const answer = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  let at = 4 + length;
  answer.take = shape => {
    const size = shape.reduce((a, b) => a * b, 1);
    at += size;
    return new Int8Array(buffer, at - size, size);
  };
  return answer;
}

/** A number from -127 to 127 into a pixel: orange, blue or black, on top of a grey. */
function colour(pixels, at, value, grey = 0) {
  const strength = (Math.abs(value) / 127) ** 0.8, tint = value > 0 ? orange : blue;
  for (let c = 0; c < 3; ++c) pixels[at + c] = grey * (1 - strength) + tint[c] * strength;
  pixels[at + 3] = 255;
}

/** Channels [C, H, W] side by side, in as many columns as there is room for; a vector [C] as one strip. */
class LayerView {
  constructor(layer) {
    const [channels, height = 1, width = 1] = layer.shape;
    this.isStrip = layer.shape.length === 1;
    this.key = `${layer.name} ${layer.shape}`;
    [this.channels, this.height, this.width] = this.isStrip ? [1, 1, channels] : [channels, height, width];
    this.canvas = make("canvas");
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", `What ${layer.name} gives`);
    this.element = make("div", "layer", make("h2", "", layer.name, make("span", "", layer.shape.join(" × "))), this.canvas);
  }

  fit(room) {
    const tile = this.width + 1;
    // Large where there is room for all in a row, and never too small to be seen.
    const [least, most] = [Math.ceil(40 / tile), Math.floor(92 / tile)];
    this.scale = Math.max(least, Math.min(most, Math.floor(room / (this.channels * tile))), 1);
    this.columns = this.isStrip ? 1 : Math.max(1, Math.min(this.channels, Math.floor(room / this.scale / tile)));
    this.canvas.width = this.columns * tile - 1;
    this.canvas.height = Math.ceil(this.channels / this.columns) * (this.height + 1) - 1;
    if (this.isStrip) {
      this.canvas.style.width = `${Math.min(room, 8 * this.width)}px`;
      this.canvas.style.height = "16px";
    } else {
      this.canvas.style.width = `${this.canvas.width * this.scale}px`;
    }
    this.context = this.canvas.getContext("2d");
    this.image = this.context.createImageData(this.canvas.width, this.canvas.height);
    this.image.data.fill(255);
    for (let i = 0; i < this.image.data.length; i += 4) this.image.data.set([96, 100, 110], i);
  }

  draw(values) {
    let from = 0;
    for (let c = 0; c < this.channels; ++c) {
      const left = (c % this.columns) * (this.width + 1);
      const top = Math.floor(c / this.columns) * (this.height + 1);
      for (let y = 0; y < this.height; ++y) {
        let at = 4 * ((top + y) * this.canvas.width + left);
        for (let x = 0; x < this.width; ++x, at += 4) colour(this.image.data, at, values[from++]);
      }
    }
    this.context.putImageData(this.image, 0, 0);
  }
}
