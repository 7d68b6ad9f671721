// What did the last seconds sound like? One line: you above it, the assistant below it, and the wait between them.

const SPAN_S = 14;
const BAR_PX = 3;
const GAP_PX = 1.5;
const FLOOR_DB = -60;

/** Draws on a canvas. `feed` takes levels, `mark` a measured wait; `run` and `stop` begin and end the drawing. */
export class Strip {
  #canvas;
  #bars = [];
  #waits = [];
  #nowS = 0;
  #seenMs = 0;
  #running = false;
  #colours = {};

  constructor(canvas) {
    this.#canvas = canvas;
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", () => this.#restyle());
    new ResizeObserver(() => this.#draw()).observe(canvas);
    this.#restyle();
  }

  feed(endS, lengthS, youDb, agentDb) {
    this.#nowS = endS;
    this.#seenMs = performance.now();
    const stepS = this.#stepS();
    let bar = this.#bars.at(-1);
    if (!bar || endS - bar.startS > stepS) {
      const startS = Math.floor(endS / stepS) * stepS;
      bar = { startS, you: 0, agent: 0 };
      this.#bars.push(bar);
      while (this.#bars[0].startS < endS - SPAN_S - 1) this.#bars.shift();
    }
    bar.you = Math.max(bar.you, height(youDb));
    bar.agent = Math.max(bar.agent, height(agentDb));
  }

  mark(startS, endS, words) {
    this.#waits.push({ startS, endS, words });
    if (this.#waits.length > 16) this.#waits.shift();
  }

  run() {
    this.#bars = [];
    this.#waits = [];
    this.#running = true;
    const frame = () => {
      if (!this.#running) return;
      this.#draw();
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  stop() {
    this.#running = false;
    this.#draw();
  }

  #stepS() {
    return ((BAR_PX + GAP_PX) / Math.max(1, this.#canvas.clientWidth)) * SPAN_S;
  }

  #restyle() {
    const style = getComputedStyle(document.documentElement);
    for (const name of ["you", "agent", "edge", "ink"]) {
      this.#colours[name] = style.getPropertyValue(`--${name}`).trim();
    }
    this.#draw();
  }

  #draw() {
    const { clientWidth: width, clientHeight: tall } = this.#canvas;
    if (!width || !tall) return;
    const scale = devicePixelRatio || 1;
    if (this.#canvas.width !== Math.round(width * scale) || this.#canvas.height !== Math.round(tall * scale)) {
      this.#canvas.width = Math.round(width * scale);
      this.#canvas.height = Math.round(tall * scale);
    }
    const pen = this.#canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, tall);
    const nowS = this.#running ? this.#nowS + Math.min(0.1, (performance.now() - this.#seenMs) / 1000) : this.#nowS;
    const place = (s) => width - 16 - ((nowS - s) / SPAN_S) * width;
    pen.fillStyle = this.#colours.edge;
    pen.fillRect(0, tall / 2 - 0.5, width, 1);
    this.#drawBars(pen, place, tall);
    for (const wait of this.#waits) this.#drawWait(pen, wait, place, tall);
  }

  #drawBars(pen, place, tall) {
    const most = tall / 2 - 8;
    for (const { startS, you, agent } of this.#bars) {
      const x = place(startS);
      if (you > 0) this.#bar(pen, this.#colours.you, x, tall / 2 - 1 - you * most, you * most);
      if (agent > 0) this.#bar(pen, this.#colours.agent, x, tall / 2 + 1, agent * most);
    }
  }

  #bar(pen, colour, x, y, length) {
    pen.fillStyle = colour;
    pen.beginPath();
    pen.roundRect(x, y, BAR_PX, Math.max(length, 1.5), 1.5);
    pen.fill();
  }

  #drawWait(pen, { startS, endS, words }, place, tall) {
    const [left, right] = [place(startS), place(endS)];
    if (right < 0) return;
    const y = tall / 2;
    pen.strokeStyle = this.#colours.ink;
    pen.lineWidth = 1.5;
    pen.beginPath();
    for (const x of [left, right]) {
      pen.moveTo(x, y - 7);
      pen.lineTo(x, y + 7);
    }
    pen.moveTo(left, y);
    pen.lineTo(right, y);
    pen.stroke();
    pen.font = "600 12px system-ui, sans-serif";
    pen.fillStyle = this.#colours.ink;
    pen.fillText(words, left + 6, y - 12); // over the wait and what follows it, when this side is silent
  }
}

function height(level) {
  return Math.max(0, Math.min(1, (level - FLOOR_DB) / -FLOOR_DB));
}
