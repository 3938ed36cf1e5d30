/** A canvas to draw on with mouse, finger or pen; side * side bytes of ink for the program. */
class Pad {
  static side = 112;
  static pen = 0.085;  // of the side

  constructor(canvas, onChange) {
    this.canvas = canvas;
    this.onChange = onChange;
    this.strokes = [];  // of points in [0, 1]
    canvas.width = canvas.height = 4 * Pad.side;
    this.large = canvas.getContext("2d");
    const paper = make("canvas");
    paper.width = paper.height = Pad.side;
    this.small = paper.getContext("2d", {willReadFrequently: true});
    this.clear();
    canvas.addEventListener("pointerdown", event => this.begin(event));
    // Moves as they come, where the browser tells them; else those of a frame at once, up to a sixtieth of a second late.
    const moving = "onpointerrawupdate" in canvas ? "pointerrawupdate" : "pointermove";
    canvas.addEventListener(moving, event => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { this.pointer = null; });
  }

  get isEmpty() { return this.strokes.length === 0; }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  begin(event) {
    if (this.pointer != null || event.button > 0) return;
    event.preventDefault();
    this.pointer = event.pointerId;
    this.canvas.setPointerCapture(event.pointerId);
    this.strokes.push([]);
    this.extend([event]);
  }

  move(event) {
    if (event.pointerId !== this.pointer) return;
    const between = event.getCoalescedEvents?.() ?? [];
    this.extend(between.length > 0 ? between : [event]);
  }

  /** Adds places to the last stroke, and draws them. */
  extend(events) {
    const stroke = this.strokes.at(-1);
    for (const event of events) {
      stroke.push(this.place(event));
      this.segment(stroke.at(-2) ?? stroke.at(-1), stroke.at(-1));
    }
    this.onChange(events.at(-1).timeStamp);
  }

  segment(from, to) {
    for (const context of [this.large, this.small]) {
      const side = context.canvas.width;
      context.strokeStyle = "#fff";
      context.lineCap = context.lineJoin = "round";
      context.lineWidth = Pad.pen * side;
      context.beginPath();
      context.moveTo(from[0] * side, from[1] * side);
      context.lineTo(to[0] * side + 0.01, to[1] * side);  // a line of no length would be no dot
      context.stroke();
    }
  }

  redraw() {
    for (const context of [this.large, this.small]) {
      context.fillStyle = "#000";
      context.fillRect(0, 0, context.canvas.width, context.canvas.height);
    }
    for (const stroke of this.strokes) stroke.forEach((point, i) => this.segment(stroke[Math.max(0, i - 1)], point));
  }

  clear() {
    this.strokes = [];
    this.pointer = null;
    this.redraw();
  }

  undo() {
    this.strokes.pop();
    this.pointer = null;
    this.redraw();
  }

  /** The ink, row by row. */
  bytes() {
    const pixels = this.small.getImageData(0, 0, Pad.side, Pad.side).data;
    const ink = new Uint8Array(Pad.side * Pad.side);
    for (let i = 0; i < ink.length; ++i) ink[i] = pixels[4 * i];
    return ink;
  }
}
