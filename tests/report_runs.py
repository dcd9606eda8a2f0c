"""Run folders made by hand, for the tests of reports: no training."""

import json

import numpy as np
from PIL import Image


def line(step, **numbers):
    """A line of the log; half a second a step."""
    common = {"epoch": 1 + step // 100, "batch_size": 8, "images_per_second": 16.0}
    return {"step": step, **common, "data_wait": 0.01, "seconds": step / 2, **numbers}


def score(step, value, other=0.5):
    scores = {"KID": value, "recall": other}
    return {"step": step, "epoch": 1, "main_score": "KID", "scores": scores, "seconds": step / 2}


LINES = [
    line(step, loss_g=1 + step / 100, loss_d=2.0, d_x=0.75, d_g_z1=0.25, k=0.1)
    for step in (1, 50, 100, 150, 200)
]


def grid(size=(40, 30), level=0, noisy=False):
    """A plain picture, or one of noise, which no format makes small."""
    if not noisy:
        return Image.new("RGB", size, (level % 256, 90, 160))
    rng = np.random.default_rng(level)
    return Image.fromarray(rng.integers(0, 256, (size[1], size[0], 3), np.uint8))


def made(folder, lines=LINES, steps=(0, 100, 200), **options):
    """A run folder with a log, a sample for each of `steps`, and these options."""
    (folder / "samples").mkdir(parents=True)
    record = {
        "recipe": "faces",
        "source": "a paper",
        "options": {"epochs": 3, "lr": 0.0002, "data": "my faces.zip", **options},
        "data": {"path": "datasets/faces", "images": 800, "synthetic": False},
        "environment": {"device": "CPU", "mindspore": "2.10.0", "cores": 2},
    }
    (folder / "options.json").write_text(json.dumps(record))
    (folder / "log.jsonl").write_text("".join(json.dumps(each) + "\n" for each in lines))
    for step in steps:
        grid(level=step).save(folder / "samples" / f"{step:07d}.png")
    grid(level=77).save(folder / "real.png")
    return folder


def facts_in(page):
    """The facts that a page holds, as its script reads them."""
    text = page.read_text(encoding="utf-8")
    block = text.split('<script type="application/json" id="facts">')[1].split("</script>")[0]
    return json.loads(block)
