// Plots as plain SVG: axes, a legend that toggles, values under the pointer, zoom by dragging.

const NS = "http://www.w3.org/2000/svg";
const HEIGHT = 240, LEFT = 52, RIGHT = 8, TOP = 8, BOTTOM = 38; // pixels
const DASHES = ["", "6 3", "2 3", "8 3 2 3", "12 4", "1 2"];
const UNITS = [[3600, "hours"], [60, "minutes"], [1, "seconds"]];

function draw(parent, tag, attributes, text) {
  const element = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  parent.append(element);
  return element;
}

function short(number) {
  if (number === null || number === undefined) return "–";
  if (typeof number !== "number") return String(number);
  if (Number.isInteger(number)) return String(number);
  return String(Number(number.toPrecision(4)));
}

function duration(seconds) {
  if (seconds < 90) return `${short(Math.round(seconds * 10) / 10)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

// Round numbers within [low, high], about `count` of them.
function ticks(low, high, count) {
  const rough = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
  const first = Math.ceil(low / step), found = [];
  for (let n = first; n * step <= high + step * 1e-9; n++) found.push(Number((n * step).toPrecision(12)));
  return found;
}

// The index of the number in `sorted` that is nearest to `wanted`.
function nearest(sorted, wanted) {
  let low = 0, high = sorted.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < wanted) low = middle;
    else high = middle;
  }
  return Math.abs(sorted[low] - wanted) <= Math.abs(sorted[high] - wanted) ? low : high;
}

class Plot {
  // series: {label, x: {step, seconds}, y, colour, dash, on}; x is sorted, y has null for gaps
  constructor(title, series) {
    this.series = series;
    this.title = title;
    this.unit = "step";
    this.zoom = null;
    this.now = null;
    this.reset = make("button", { type: "button", hidden: "" }, "Reset zoom");
    this.reset.addEventListener("click", () => this.zoomTo(null));
    this.legend = make("div", { class: "legend" }, ...series.map((each) => this.toggle(each)));
    this.svg = document.createElementNS(NS, "svg");
    this.svg.setAttribute("role", "img");
    this.svg.setAttribute("height", HEIGHT);
    this.values = make("div", { class: "values" });
    const head = make("div", { class: "head" }, make("h3", {}, title), this.reset);
    this.element = make("div", { class: "plot" }, head, this.legend, this.svg, this.values);
    this.listen();
    const resized = () => this.element.clientWidth !== this.width && this.redraw();
    new ResizeObserver(resized).observe(this.element);
  }

  toggle(series) {
    const button = make("button", { type: "button", "aria-pressed": String(series.on) });
    const key = draw(button, "svg", { width: 22, height: 8, "aria-hidden": "true" });
    draw(key, "line", { x1: 0, x2: 22, y1: 4, y2: 4, ...this.stroke(series), "stroke-width": 2.5 });
    button.append(series.label);
    button.addEventListener("click", () => {
      series.on = !series.on;
      button.setAttribute("aria-pressed", String(series.on));
      this.redraw();
    });
    return button;
  }

  stroke(series) {
    return { style: `stroke: var(--c${series.colour % 8})`, "stroke-dasharray": DASHES[series.dash % DASHES.length] };
  }

  listen() {
    const at = (event) => this.toX(event.clientX - this.svg.getBoundingClientRect().left);
    this.svg.addEventListener("pointerdown", (event) => {
      this.from = at(event);
      this.svg.setPointerCapture(event.pointerId);
    });
    this.svg.addEventListener("pointermove", (event) => this.hover(at(event)));
    this.svg.addEventListener("pointerup", (event) => {
      const [low, high] = [this.from, at(event)].sort((a, b) => a - b);
      this.from = undefined;
      if (this.x(high) - this.x(low) > 8) this.zoomTo([low, high]);
      else this.hover(at(event));
    });
    for (const name of ["pointercancel", "pointerleave"]) {
      this.svg.addEventListener(name, (event) => this.leave(event.pointerType === "mouse"));
    }
    this.svg.addEventListener("dblclick", () => this.zoomTo(null));
  }

  zoomTo(range) {
    this.zoom = range;
    this.reset.hidden = range === null;
    this.redraw();
  }

  show(unit) {
    this.unit = unit;
    this.zoomTo(null);
  }

  // Mark where the samples' slider stands.
  mark(now) {
    this.now = now;
    if (this.marker) this.place(this.marker, now);
  }

  place(line, at) {
    const inside = at !== null && at >= this.range[0] && at <= this.range[1];
    line.setAttribute("visibility", inside ? "visible" : "hidden");
    if (inside) for (const end of ["x1", "x2"]) line.setAttribute(end, this.x(at));
  }

  x(value) {
    const [low, high] = this.range;
    return LEFT + ((value - low) / (high - low)) * (this.width - LEFT - RIGHT);
  }

  toX(pixel) {
    const [low, high] = this.range;
    const share = (pixel - LEFT) / (this.width - LEFT - RIGHT);
    return low + Math.min(Math.max(share, 0), 1) * (high - low);
  }

  y(value) {
    const [low, high] = this.domain;
    return TOP + ((high - value) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  }

  measure() {
    this.width = this.element.clientWidth;
    const shown = this.series.filter((series) => series.on);
    let [low, high] = [Infinity, -Infinity];
    for (const { x } of shown) {
      for (const value of x[this.unit]) [low, high] = [Math.min(low, value), Math.max(high, value)];
    }
    if (low > high) [low, high] = [0, 1];
    this.range = this.zoom || [Math.min(low, 0), high > low || high > 0 ? high : low + 1];
    [low, high] = [Infinity, -Infinity];
    for (const { x, y } of shown) {
      y.forEach((value, n) => {
        const at = x[this.unit][n];
        if (value !== null && at >= this.range[0] && at <= this.range[1]) [low, high] = [Math.min(low, value), Math.max(high, value)];
      });
    }
    if (low > high) [low, high] = [0, 1];
    const margin = (high - low) * 0.05 || Math.abs(high) * 0.1 || 1;
    this.domain = [low - margin, high + margin];
    return shown;
  }

  redraw() {
    const shown = this.measure();
    this.svg.replaceChildren();
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${HEIGHT}`);
    const labels = shown.map((series) => series.label).join(", ");
    this.svg.setAttribute("aria-label", `${this.title} by ${this.unit === "step" ? "step" : "time"}: ${labels}`);
    this.axes();
    for (const series of shown) this.curve(series);
    const ends = { y1: TOP, y2: HEIGHT - BOTTOM, visibility: "hidden" };
    this.marker = draw(this.svg, "line", { class: "now", ...ends });
    this.cursor = draw(this.svg, "line", { class: "cursor", ...ends });
    this.dragged = draw(this.svg, "rect", { class: "span", y: TOP, height: HEIGHT - TOP - BOTTOM, width: 0 });
    this.place(this.marker, this.now);
    this.values.textContent = "";
  }

  axes() {
    const [size, name] = this.unit === "step" ? [1, "step"] : UNITS.find(([least]) => this.range[1] >= 2 * least) || UNITS[2];
    const bottom = HEIGHT - BOTTOM, right = this.width - RIGHT;
    for (const value of ticks(...this.domain, 5)) {
      draw(this.svg, "line", { class: "grid", x1: LEFT, x2: right, y1: this.y(value), y2: this.y(value) });
      draw(this.svg, "text", { x: LEFT - 6, y: this.y(value) + 4, "text-anchor": "end" }, short(value));
    }
    for (const value of ticks(this.range[0] / size, this.range[1] / size, Math.max(this.width / 110, 2))) {
      const at = this.x(value * size), anchor = at > right - 16 ? "end" : "middle";
      draw(this.svg, "line", { class: "grid", x1: at, x2: at, y1: bottom, y2: bottom + 4 });
      draw(this.svg, "text", { x: at, y: bottom + 17, "text-anchor": anchor }, short(value));
    }
    draw(this.svg, "text", { x: (LEFT + right) / 2, y: HEIGHT - 4, "text-anchor": "middle" }, name);
  }

  curve(series) {
    const x = series.x[this.unit], points = [];
    let path = "", pen = "M";
    series.y.forEach((value, n) => {
      const inside = x[n] >= this.range[0] && x[n] <= this.range[1];
      if (value === null || !inside) pen = "M";
      else {
        path += `${pen}${this.x(x[n]).toFixed(1)} ${this.y(value).toFixed(1)}`;
        points.push(n);
        pen = "L";
      }
    });
    draw(this.svg, "path", { class: "curve", d: path, ...this.stroke(series) });
    if (points.length > 40) return;
    for (const n of points) {
      const place = { cx: this.x(x[n]), cy: this.y(series.y[n]), r: 2.5 };
      draw(this.svg, "circle", { ...place, style: `fill: var(--c${series.colour % 8})` });
    }
  }

  hover(wanted) {
    const shown = this.series.filter((series) => series.on && series.y.length);
    if (!shown.length) return;
    const found = shown.map((series) => [series, nearest(series.x[this.unit], wanted)]);
    const ats = found.map(([series, n]) => series.x[this.unit][n]);
    const at = ats.reduce((best, each) => (Math.abs(each - wanted) < Math.abs(best - wanted) ? each : best));
    this.place(this.cursor, at);
    const place = this.unit === "step" ? `step ${short(at)}` : duration(at);
    const texts = found.map(([series, n]) => make("span", {}, `${series.label} ${short(series.y[n])}`));
    this.values.replaceChildren(make("span", {}, place), ...texts);
    if (this.from === undefined) return;
    const [left, right] = [this.x(this.from), this.x(wanted)].sort((a, b) => a - b);
    this.dragged.setAttribute("x", left);
    this.dragged.setAttribute("width", right - left);
  }

  // A finger that is lifted leaves the values to be read.
  leave(entirely) {
    this.from = undefined;
    this.dragged.setAttribute("width", 0);
    if (!entirely) return;
    this.cursor.setAttribute("visibility", "hidden");
    this.values.textContent = "";
  }
}
