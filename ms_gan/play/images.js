"use strict";
// Images from latent vectors: by seed, along directions, A - B + C, and on the way between two.
// An image is {vector, source, name, seed}; the seed is null where the vector is no seed's own.

// The content of a NumPy file, format 1.0, of a float32 vector.
function npy(vector) {
  const head = `{'descr': '<f4', 'fortran_order': False, 'shape': (${vector.length},), }`;
  const text = head.padEnd(Math.ceil((10 + head.length + 1) / 64) * 64 - 11) + "\n";
  const bytes = new Uint8Array(10 + text.length + 4 * vector.length), view = new DataView(bytes.buffer);
  bytes.set([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0]);
  view.setUint16(8, text.length, true);
  bytes.set(new TextEncoder().encode(text), 10);
  vector.forEach((value, index) => view.setFloat32(10 + text.length + 4 * index, value, true));
  return new Blob([bytes], { type: "application/octet-stream" });
}

function playImages(about) {
  const groups = { a: [], b: [], c: [] };
  const walk = element("walk"), seed = element("seed");
  const sliders = about.directions.map(makeSlider);
  let base = null; // the image that the sliders move
  let current = null; // the image that is shown large
  let from = null, to = null; // the ends of the walk
  let first = null; // the first seed of the grid
  let picks = 0; // answers to what was asked before the last pick come too late

  const post = (body) => ask("/api/render", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const renderGrid = latest(({ seeds }) => post({ seeds }), showGrid);
  // While a slider moves, its image is computed quickly; when it rests, to the last bit.
  const sendOne = latest(({ body }) => post(body), ({ images, vectors }, { name, seed: own, isBase, picked }) => {
    if (picked === picks) show({ vector: vectors[0], source: images[0], name, seed: own }, isBase);
  });
  const renderOne = (request) => sendOne({ ...request, picked: picks });

  function show(image, isBase) {
    current = image;
    if (isBase) base = image;
    element("large").src = image.source;
    element("large").alt = image.name;
    element("caption").textContent = image.name;
    element("command").textContent = image.seed === null ? about.python : `${about.generate} --seeds ${image.seed} --separate images`;
  }

  function thumbnail(image, act) {
    const button = make("button", { type: "button", title: image.name }, make("img", { src: image.source, alt: image.name }));
    button.addEventListener("click", act);
    return button;
  }

  function pick(image, button = null) {
    for (const each of element("grid").children) each.setAttribute("aria-pressed", String(each === button));
    picks += 1;
    rest();
    show(image, true);
  }

  function showGrid({ images, vectors }, { seeds }) {
    const buttons = seeds.map((number, index) => {
      const image = { vector: vectors[index], source: images[index], name: `Seed ${number}`, seed: number };
      const button = thumbnail(image, () => pick(image, button));
      return button;
    });
    element("grid").replaceChildren(...buttons);
    buttons[0].click();
  }

  // The images of the seed in the field and those after it; the next ones where these are there.
  function fill() {
    if (seed.value === "" || !seed.checkValidity()) return tell("The seed has to be a whole number of at least 0.");
    if (Number(seed.value) === first) seed.value = first + about.shown;
    first = Number(seed.value);
    renderGrid({ seeds: Array.from({ length: about.shown }, (_, index) => first + index) });
  }

  function makeSlider(direction, index) {
    const input = make("input", { type: "range", min: -3, max: 3, step: 0.05, value: 0 });
    const output = make("output", {}, "0.00");
    const share = `${index + 1} (${(100 * about.shares[index]).toFixed(1)} %)`;
    element("directions").append(make("label", {}, `Direction ${share}`, input, output));
    input.addEventListener("input", () => move(true));
    input.addEventListener("change", () => move(false));
    return { input, output, direction };
  }

  function move(quick) {
    for (const { input, output } of sliders) output.textContent = Number(input.value).toFixed(2);
    const moved = sliders.filter(({ input }) => Number(input.value) !== 0);
    const sum = (value, index) => moved.reduce((all, { input, direction }) => all + Number(input.value) * direction[index], value);
    const name = moved.length ? `${base.name}, moved` : base.name;
    renderOne({ body: { vectors: [base.vector.map(sum)], quick }, name, seed: moved.length ? null : base.seed });
  }

  function rest() {
    for (const { input, output } of sliders) [input.value, output.textContent] = [0, "0.00"];
  }

  function showGroup(name) {
    const group = groups[name];
    element(`group-${name}`).replaceChildren(...group.map((image, index) => thumbnail(image, () => {
      group.splice(index, 1);
      showGroup(name);
    })));
  }

  function put(name) {
    if (groups[name].length === 64) return tell("A group holds at most 64 images.");
    groups[name].push(current);
    showGroup(name);
  }

  function mix() {
    const empty = Object.keys(groups).filter((name) => !groups[name].length).map((name) => name.toUpperCase());
    if (empty.length) return tell(`Put an image into ${empty.join(" and ")} first.`);
    const vectors = Object.entries(groups).map(([name, images]) => [name, images.map(({ vector }) => vector)]);
    rest();
    renderOne({ body: { mix: Object.fromEntries(vectors) }, name: "A − B + C", seed: null, isBase: true });
  }

  function setEnd(which) {
    if (which === "from") from = current;
    else to = current;
    const image = current;
    element(which).replaceChildren(thumbnail(image, () => pick(image)));
    walk.disabled = !(from && to);
    walk.value = which === "from" ? 0 : 1;
  }

  function stroll(quick) {
    const at = Number(walk.value);
    rest();
    const name = `${Math.round(100 * at)} % of the way from ${from.name} to ${to.name}`;
    renderOne({ body: { walk: { from: from.vector, to: to.vector, at }, quick }, name, seed: null, isBase: true });
  }

  element("new").addEventListener("click", fill);
  seed.addEventListener("keydown", ({ key }) => { if (key === "Enter") fill(); });
  element("reset").addEventListener("click", () => { picks += 1; rest(); show(base, true); });
  for (const button of document.querySelectorAll("[data-put]")) button.addEventListener("click", () => put(button.dataset.put));
  element("mix").addEventListener("click", mix);
  element("set-from").addEventListener("click", () => setEnd("from"));
  element("set-to").addEventListener("click", () => setEnd("to"));
  walk.addEventListener("input", () => stroll(true));
  walk.addEventListener("change", () => stroll(false));
  element("save-png").addEventListener("click", () => download(current.source, current.seed === null ? "image.png" : `seed${String(current.seed).padStart(6, "0")}.png`));
  element("save-latent").addEventListener("click", () => {
    const address = URL.createObjectURL(npy(current.vector));
    download(address, "latent.npy");
    setTimeout(() => URL.revokeObjectURL(address), 60000);
  });
  fill();
}
