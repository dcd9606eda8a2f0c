"""What probe.py tries, by name: `python tests/versions/attempts.py MADE ABILITY …`.

Prints a line of JSON for each, as soon as it has been tried: a crash spoils only the one in
progress. The runs and pictures stay in the folder MADE, for other versions to read.
"""

import contextlib
import json
import math
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 600  # seconds that a command may take
LEVELS = 2  # of 255, for other processors and versions
SEEDS = range(8)
STEPS = 4
SIZES = {"ngf": 8, "ndf": 8, "batch_size": 4, "log_every": 1}
TINY = {"image_size": 32, "nz": 8, **SIZES}
RUN, POINTS = "whole/0000-faces", "points/0000-gaussian"  # folders in MADE

sys.path[:0] = str(ROOT), str(ROOT / "tests")


class Failed(Exception):
    """What was tried went wrong; says why."""


class Absent(Exception):
    """What was tried isn't there; says what is missing."""


def train(made):
    """A few steps, by MindSpore's own layers; returns the last losses."""
    return {"faces": trained(made, "whole", "faces", steps=STEPS, layers="mindspore", **TINY)}


def resume(made):
    """Stopped after half of the steps and resumed, the run is what it is without a stop."""
    import ms_gan

    trained(made, "parts", "faces", steps=STEPS // 2, layers="mindspore", **TINY)
    parts, whole = made / "parts" / "0000-faces", made / RUN
    ms_gan.fit("faces", resume=parts, steps=STEPS)
    if losses(parts) != losses(whole):
        raise Failed(f"losses {losses(parts)}, without a stop {losses(whole)}")
    last = f"samples/{STEPS:07d}.png"
    if (parts / last).read_bytes() != (whole / last).read_bytes():
        raise Failed("the last sample differs from that of a run that wasn't stopped")
    trained(made, "points", "gaussian", steps=STEPS, log_every=1)  # for others to go on with


def generate(made):
    """Pictures of a trained generator, of the same one in float16, and of the package's own."""
    from first_day import levels_off

    from ms_gan import pretrained
    from ms_gan.tools.halve import halve

    generator, half = made / RUN / "generator.ckpt", made / "half.ckpt"
    picture(generator).save(made / "generator.png")
    halve(generator, half)
    picture(half).save(made / "half.png")
    for name in pretrained.names():
        off = levels_off(name)
        if off > LEVELS:
            raise Failed(f"the package's {name} is {off} of 255 levels off")


def second_order(made):
    """Penalties on gradients: WGAN-GP's by MindSpore's own layers, and R1, due at the first step,
    by im2col.
    """
    wgan = {"layers": "mindspore", "critic_updates": 2, **SIZES}
    return {
        "faces-wgan-gp": trained(made, "wgan", "faces-wgan-gp", steps=2, **wgan),
        "faces --r1 10": trained(made, "r1", "faces", steps=2, layers="im2col", r1=10.0, **TINY),
    }


def export(made):
    """A generator as MindIR, computed by MindSpore without its class."""
    if not any((ROOT / "ms_gan" / name).exists() for name in ("export", "export.py")):
        raise Absent("this ms_gan has no export")
    generator, graph = made / RUN / "generator.ckpt", made / "generator.mindir"
    command("export", "--ckpt", generator, "--format", "mindir", "--out", graph)
    run_command([sys.executable, __file__, made, "--mindir", graph])


def distributed(made):
    """Two ranks on this machine's processor."""
    from ms_gan.options import typed

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    job = ["--device", "CPU", "--log-dir", made / "logs", "--master-port", port]
    sizes = {**TINY, "steps": 2, "layers": "mindspore"}
    where = ["--data", made / "images", "--datasets", made / "datasets", "--out", made / "ranks"]
    try:
        command("launch", 2, "faces", *job, *where, *typed(sizes))
    except Failed as why:
        if "msrun not found" in str(why):
            raise Absent(str(why).rpartition("error: ")[2]) from None
        raise
    return {"faces, two ranks": finite(made / "ranks" / "0000-faces")}


ABILITIES = {
    "train": train,
    "resume": resume,
    "generate": generate,
    "second order": second_order,
    "export": export,
    "distributed": distributed,
}


def reading(folder):
    """What this version makes of what another has made in `folder`: how far its pictures are from
    the writer's, in levels of 255, and the loss of a next step of its run.
    """
    from PIL import Image

    found = {}
    for name, file in (("generator", f"{RUN}/generator.ckpt"), ("half", "half.ckpt")):
        found[name] = levels_between(picture(folder / file), Image.open(folder / f"{name}.png"))
    return {**found, "loss": loss_of_next_step(folder / POINTS)}


def loss_of_next_step(run):
    """Go on with a copy of a run for a step; the discriminator's loss in it."""
    import ms_gan

    with tempfile.TemporaryDirectory() as copy:
        shutil.copytree(run, f"{copy}/{run.name}")
        gone_on = ms_gan.fit("gaussian", resume=f"{copy}/{run.name}", steps=STEPS + 1)
        return gone_on.log[-1]["loss_d"]


def mindir(made, graph):
    """Compare an exported generator with the one that it was made of."""
    import mindspore as ms
    import numpy as np
    from mindspore import nn

    import ms_gan
    from ms_gan import pictures

    generator = ms_gan.load(made / RUN / "generator.ckpt", device="CPU")
    latents = generator.latents(range(generator.batch))  # 2.0 exports for this many at a time
    expected = generator.render(latents).astype(int)
    ms.set_context(mode=ms.GRAPH_MODE)  # MindSpore 2.0 computes a loaded graph in no other
    network = nn.GraphCell(ms.load(graph))
    images = network(ms.Tensor(latents)).asnumpy()
    off = np.abs(pictures.to_pixels(images).astype(int) - expected).max()
    if off > LEVELS:
        sys.exit(f"error: the exported generator's pictures are {off} of 255 levels off")


def draw_images(folder):
    """A few images in smooth colours, always the same."""
    import numpy as np
    from PIL import Image

    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for number in range(16):
        colours = Image.fromarray(rng.integers(0, 256, (4, 4, 3), np.uint8))
        colours.resize((64, 64), Image.BICUBIC).save(folder / f"{number}.png")


def trained(made, name, recipe, **options):
    """Train on the images in a folder of its own; the last losses."""
    import ms_gan

    if recipe != "gaussian":
        options = {"data": made / "images", "datasets": made / "datasets", **options}
    return finite(ms_gan.fit(recipe, out=made / name, device="CPU", **options).path)


def finite(run):
    """The last losses of a run, all of which have to be finite."""
    found = losses(run)
    wrong = [loss for line in found for loss in line.values() if not math.isfinite(loss)]
    if wrong:
        raise Failed(f"{run.name}: a loss is {wrong[0]}")
    return found[-1]


def losses(run):
    """The losses of each line of a run's log."""
    lines = map(json.loads, (run / "log.jsonl").read_text(encoding="utf-8").splitlines())
    return [{key: value for key, value in line.items() if key.startswith("loss")} for line in lines]


def picture(checkpoint):
    import ms_gan

    return ms_gan.grid(ms_gan.load(checkpoint, device="CPU").generate(SEEDS))


def levels_between(one, other):
    """The largest difference of two pictures, in levels of 255."""
    from PIL import ImageChops

    if one.size != other.size:
        raise Failed(f"a picture of {one.size} instead of {other.size}")
    extrema = ImageChops.difference(one.convert("RGB"), other.convert("RGB")).getextrema()
    return max(high for _, high in extrema)


def command(name, *arguments):
    """Run one of ms_gan's commands as a user does. Raises Failed with what it said."""
    run_command([sys.executable, "-m", f"ms_gan.{name}", *arguments])


def run_command(words):
    words = [str(word) for word in words]
    try:
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        raise Failed(f"took longer than {LIMIT} s") from None
    if done.returncode:
        raise Failed(reason(done.returncode, done.stderr))


def reason(status, said):
    """Why a process has failed, in one line."""
    if status < 0:
        return f"ended by {signal.Signals(-status).name}"
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    told = [line for line in lines if re.search(r"error:|Error:", line)] or lines
    return told[-1] if told else f"ended with status {status}"


def first_line(error):
    """What an error says, without MindSpore's call stacks."""
    return str(error).strip().partition("\n")[0] or repr(error)


def attempt(ability, made):
    """What came of one ability, as JSON can hold it."""
    try:
        with contextlib.redirect_stdout(sys.stderr):
            return {"state": "works", "losses": ABILITIES[ability](made) or {}}
    except Absent as why:
        return {"state": "absent", "reason": str(why)}
    except Exception as why:  # anything that a version may raise
        return {"state": "failed", "reason": first_line(why)}


def main(made, *words):
    if words[0] == "--mindir":
        mindir(Path(made), words[1])
        return
    for ability in words:
        print(json.dumps({ability: attempt(ability, Path(made))}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
