// The page: made of the facts that the document holds. The same for one run and for several.

const PACE = 180; // milliseconds between frames that play
const facts = JSON.parse(document.getElementById("facts").textContent);
const { runs, panels, stops } = facts;
const several = runs.length > 1;
const page = document.getElementById("page");
const plots = [];
const followers = []; // functions that are told of another unit

function section(title, ...children) {
  page.append(make("section", {}, make("h2", {}, title), ...children));
}

function plain(value) {
  if (value === null || value === undefined) return "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function list(table) {
  const rows = Object.entries(table).map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, plain(value))));
  return make("dl", { class: "list small" }, ...rows);
}

function table(head, rows) {
  const cells = (tag, row) => make("tr", {}, ...row.map((value) => make(tag, {}, plain(value))));
  return make("div", { class: "wide small" }, make("table", {}, cells("th", head), ...rows.map((row) => cells("td", row))));
}

function figure(source, alt, caption) {
  return make("figure", {}, make("img", { src: source, alt }), make("figcaption", {}, caption));
}

function header() {
  const names = runs.map((run) => run.name);
  document.title = `${names.join(", ")} – ms_gan`;
  page.append(make("h1", {}, several ? `${runs.length} runs compared` : names[0]));
  if (several) return section("Runs", summary());
  const { recipe, source, progress, speed, environment, data } = runs[0];
  const parts = [`step ${plain(progress.step)}`, `epoch ${plain(progress.epoch)}`, `${duration(progress.seconds)} of training`];
  if (speed !== undefined && speed !== null) parts.push(`${short(speed)} images/s`);
  if (environment.device) parts.push(plain(environment.device));
  page.append(make("p", {}, parts.join(" · ")));
  page.append(make("p", { class: "quiet small" }, source ? `${recipe}: ${plain(source)}` : recipe));
  if (data.synthetic) page.append(make("p", {}, "Trained on synthetic data, a stand-in for a real set."));
}

function summary() {
  const rows = runs.map(({ name, recipe, progress, speed, environment }) => [
    ...[name, recipe, progress.step, progress.epoch, duration(progress.seconds), short(speed)],
    ...[environment.device, environment.cores, environment.mindspore],
  ]);
  return table(["run", "recipe", "step", "epoch", "training", "images/s", "device", "cores", "MindSpore"], rows);
}

function unitSwitch() {
  const buttons = [["step", "by step"], ["seconds", "by time"]].map(([unit, text]) => {
    const button = make("button", { type: "button", "data-unit": unit, "aria-pressed": String(unit === "step") }, text);
    button.addEventListener("click", () => {
      for (const each of buttons) each.setAttribute("aria-pressed", String(each === button));
      for (const follow of followers) follow(unit);
    });
    return button;
  });
  return make("div", { class: "bar", role: "group", "aria-label": "Curves and samples by step or by time" }, ...buttons);
}

// The samples through training: a slider, a play button, and a picture of each run.
function samples() {
  const shown = runs.map((run, index) => ({ ...run.samples, name: run.name, index })).filter((each) => each.pictures.length);
  if (!shown.length) return;
  const slider = make("input", { type: "range", min: 0, value: 0, "aria-label": "Samples through training" });
  const label = make("output", { class: "small" });
  const play = make("button", { type: "button" }, "Play");
  for (const each of shown) {
    each.figure = figure(each.pictures[0], "", "");
    [each.image, each.caption] = each.figure.children;
  }
  let unit = "step", timer = null;

  function show() {
    const { at, frames } = stops[unit][Number(slider.value)];
    label.textContent = unit === "step" ? `step ${short(at)}` : `${duration(at)} of training`;
    slider.setAttribute("aria-valuetext", label.textContent);
    for (const { image, caption, pictures, step, seconds, name, index } of shown) {
      const frame = frames[index], last = step.length - 1;
      image.src = pictures[frame];
      image.alt = `Samples of ${name} at step ${step[frame]}`;
      const end = several && frame === last && at > (unit === "step" ? step : seconds)[last] ? ", its last" : "";
      caption.textContent = `${several ? `${name}: ` : "Generated: "}step ${step[frame]}, after ${duration(seconds[frame])}${end}`;
    }
    for (const plot of plots) plot.mark(at);
  }

  function pause() {
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
  }

  function next() {
    slider.value = Number(slider.value) + 1;
    show();
    if (slider.value === slider.max) pause();
  }

  play.addEventListener("click", () => {
    if (timer !== null) return pause();
    if (slider.value === slider.max) slider.value = 0;
    show();
    timer = setInterval(next, PACE);
    play.textContent = "Pause";
  });
  slider.addEventListener("input", () => {
    pause();
    show();
  });
  followers.push((wanted) => {
    const share = Number(slider.value) / Math.max(Number(slider.max), 1);
    pause();
    unit = wanted;
    slider.max = stops[unit].length - 1;
    slider.value = Math.round(share * Number(slider.max));
    show();
  });
  slider.max = stops[unit].length - 1;
  slider.value = slider.max;
  show();
  section("Samples", make("div", { class: "bar" }, play, slider, label), make("div", { class: "pictures" }, ...shown.map((each) => each.figure), ...reals()));
}

// The pictures of real data, each that several runs share once.
function reals() {
  const seen = new Map();
  for (const { name, real } of runs) if (real) seen.set(real, [...(seen.get(real) || []), name]);
  return [...seen].map(([real, names]) => {
    const what = seen.size > 1 ? `Real data of ${names.join(", ")}` : "Real data";
    return figure(real, what, `${what}, as the discriminator sees it`);
  });
}

function makePlots() {
  for (const { title, table: kind, curves: names } of panels) {
    const series = [];
    runs.forEach((run, number) => {
      const numbers = run.numbers[kind];
      Object.entries(names).forEach(([name, label], rank) => {
        if (!(name in numbers.values)) return;
        const looks = several ? { colour: number, dash: rank, on: rank < 2 } : { colour: rank, dash: 0, on: true };
        const whose = several ? `${run.name}${Object.keys(names).length > 1 ? `: ${label}` : ""}` : label;
        series.push({ label: whose, x: numbers, y: numbers.values[name], ...looks });
      });
    });
    plots.push(new Plot(title, series));
  }
  for (const plot of plots) followers.push((unit) => plot.show(unit));
}

function curves() {
  const help = make("p", { class: "quiet small" }, "A name shows or hides its curve. Dragging zooms in, a double click resets. The dotted line is where the slider stands.");
  section("Curves", make("div", { class: "plots" }, ...plots.map((plot) => plot.element)), help);
}

function best() {
  for (const { name, best: found } of runs) {
    if (!found) continue;
    const figures = found.shown.map(({ title, score, scored, step, picture }) =>
      figure(picture, `Samples of ${name} near its ${title} score`, `The ${title}: ${found.name} ${short(score)} at step ${scored}, sample of step ${step}`));
    section(several ? `Best against last: ${name}` : "Best against last", make("div", { class: "pictures" }, ...figures));
  }
}

function commands() {
  for (const { name, commands: known } of runs) {
    const rows = known.flatMap(({ title, text }) => {
      const code = make("code", {}, text);
      const button = make("button", { type: "button", "aria-label": `Copy: ${title}`, class: "copy" }, "Copy");
      button.addEventListener("click", () => copy(button, code));
      return [make("p", { class: "small" }, title), make("div", { class: "command" }, code, button)];
    });
    section(several ? `Commands: ${name}` : "Commands", ...rows);
  }
}

function settings() {
  if (several) {
    const rows = facts.differences.map(({ name, values }) => [name, ...values]);
    const same = make("p", { class: "quiet" }, "All options are the same.");
    return section("Options that differ", rows.length ? table(["option", ...runs.map((run) => run.name)], rows) : same);
  }
  const { recipe, options, data, environment } = runs[0];
  section("Settings", list({ recipe, ...options }));
  section("Data", list(data));
  section("Device and versions", list(environment));
}

makePlots();
header();
page.append(unitSwitch());
samples();
curves();
best();
settings();
commands();
