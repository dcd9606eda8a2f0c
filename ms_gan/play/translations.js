"use strict";
// Translations of images: of an uploaded picture, or of one that is drawn.

function playTranslations(about) {
  const LARGEST = 10 * 2 ** 20; // bytes, as the server has it
  const canvas = element("canvas"), context = canvas.getContext("2d");
  const upload = element("upload"), pen = element("pen"), image = element("translated");
  let drawing = false;

  const translate = latest((body) => ask("/api/translate", { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body }), ({ images }) => {
    image.src = images[0];
    image.alt = "The translation";
    element("save-translation").disabled = false;
  });

  function clear() {
    context.fillStyle = "#ffffff";
    context.fillRect(0, 0, canvas.width, canvas.height);
  }

  // The picture on the canvas, whole, as a browser shows it. The server gets the file itself.
  function preview(file) {
    const shown = new Image(), address = URL.createObjectURL(file);
    const forget = () => URL.revokeObjectURL(address);
    shown.addEventListener("load", () => {
      const scale = Math.min(canvas.width / shown.width, canvas.height / shown.height);
      const width = shown.width * scale, height = shown.height * scale;
      context.drawImage(shown, (canvas.width - width) / 2, (canvas.height - height) / 2, width, height);
      forget();
    });
    shown.addEventListener("error", forget);
    shown.src = address;
  }

  function point({ clientX, clientY }) {
    const box = canvas.getBoundingClientRect();
    return [(clientX - box.left) * canvas.width / box.width, (clientY - box.top) * canvas.height / box.height];
  }

  function begin(event) {
    drawing = true;
    canvas.setPointerCapture(event.pointerId);
    context.lineWidth = Number(pen.value);
    [context.lineCap, context.lineJoin, context.strokeStyle] = ["round", "round", "#000000"];
    context.beginPath();
    context.moveTo(...point(event));
    draw(event);
  }

  function draw(event) {
    if (!drawing) return;
    context.lineTo(...point(event));
    context.stroke();
  }

  function end() {
    if (!drawing) return;
    drawing = false;
    canvas.toBlob(translate, "image/png");
  }

  upload.addEventListener("change", () => {
    const [file] = upload.files;
    if (!file) return;
    if (file.size > LARGEST) return tell(`${file.name} has ${(file.size / 2 ** 20).toFixed(1)} MB; expected at most 10`);
    clear();
    preview(file);
    translate(file);
  });
  canvas.addEventListener("pointerdown", begin);
  canvas.addEventListener("pointermove", draw);
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  element("clear").addEventListener("click", clear);
  element("save-translation").addEventListener("click", () => download(image.src, "translation.png"));
  element("folder-command").textContent = `${about.generate} --input PHOTOS --out TRANSLATED`;
  clear();
}
