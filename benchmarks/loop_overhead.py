"""What the training loop adds to the steps: `python benchmarks/loop_overhead.py [--torch-python
PATH]`.

First table: `ms_gan.training.loop.train`, with batches from memory, its log and its progress bar,
against calls of the compiled step with tensors that are there already. "Waiting" calls wait for
each result, as PyTorch would; "queued" ones only for the last, the least that the steps can take.
Checkpoints and samples are left out, as in the run's own clock.

Second table: a GAN in two dimensions whose arithmetic takes next to nothing, 2,500 steps by the
training loop and by PyTorch's eager mode. Every figure is the median of rounds taken in turns, each
in a process of its own.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

from common import ROOT, add_torch_python, run_json, table, versions

from ms_gan.errors import run_command
from ms_gan.options import number

# batch size, image size, ngf and ndf, steps a turn
SIZES = {"tiny DCGAN": (4, 32, 4, 100), "bigger DCGAN": (8, 64, 16, 50)}
TURNS = 2  # in each process
TOY_STEPS = 2500
REFERENCE = ROOT / "benchmarks" / "reference" / "torch_gaussian.py"


def main(argv=None):
    parser = argparse.ArgumentParser(description="Measure what the training loop costs.")
    parser.add_argument(
        "--rounds", type=number(int, 1), default=3, help="rounds, taken in turns (default 3)"
    )
    parser.add_argument("--child", choices=(*SIZES, "toy"), help=argparse.SUPPRESS)
    add_torch_python(parser)
    options = parser.parse_args(argv)
    if options.child:
        print(json.dumps(toy() if options.child == "toy" else dcgan(*SIZES[options.child])))
        return
    print(f"{versions(options.torch_python)}\n", flush=True)
    commands = {name: [sys.executable, __file__, "--child", name] for name in (*SIZES, "toy")}
    if options.torch_python:
        commands["torch"] = [options.torch_python, REFERENCE, TOY_STEPS]
    taken = {name: [] for name in commands}
    for _ in range(options.rounds):
        for name, command in commands.items():
            taken[name].append(run_json(command))
    found = {
        name: {key: statistics.median(one[key] for one in each) for key in each[0]}
        for name, each in taken.items()
    }
    rows = [
        (
            "milliseconds a step",
            "bare, queued",
            "bare, waiting",
            "loop",
            "over queued %",
            "over waiting %",
            "data_wait %",
        )
    ]
    for name in SIZES:
        queued, waiting, loop = (1000 * found[name][way] for way in ("queued", "waiting", "loop"))
        rows.append(
            (
                name,
                queued,
                waiting,
                loop,
                100 * (loop / queued - 1),
                100 * (loop / waiting - 1),
                100 * found[name]["data_wait"],
            )
        )
    table(rows)
    print()
    rows = [
        (
            f"2-D GAN, {TOY_STEPS:,} steps",
            "seconds",
            "with checkpoints",
            "first step",
            "imports",
            "last loss_g",
            "last loss_d",
        )
    ]
    rows += [
        (
            title,
            *(
                found[name].get(key)
                for key in ("seconds", "whole", "first", "imports", "loss_g", "loss_d")
            ),
        )
        for name, title in (("toy", "ms_gan"), ("torch", "PyTorch eager"))
        if name in found
    ]
    table(rows)


def dcgan(batch_size, image_size, width, steps):
    """Seconds a step of the bare calls and of the loop, the medians of turns, and the loop's own
    `data_wait`.
    """
    from ms_gan import layers, runtime

    device = runtime.start("CPU")
    import mindspore as ms
    import numpy as np

    from ms_gan.data.base import Batches, scaled
    from ms_gan.networks.dcgan import Discriminator, Generator
    from ms_gan.objectives.gan import GAN
    from ms_gan.objectives.optimizers import Rates

    class Memory(Batches):
        """Batches of random pixels that are in memory, with an epoch too long to end here."""

        def __init__(self):
            super().__init__(SimpleNamespace(count=10**6), batch_size, 0)
            self._pixels = np.random.default_rng(0).integers(
                0, 256, (256, 3, image_size, image_size), np.uint8
            )

        def examples(self, epoch, order):
            for numbers in order.reshape(-1, batch_size):
                yield (scaled(self._pixels[numbers % len(self._pixels)]),)

    generator, discriminator = Generator(100, width, image_size), Discriminator(width, image_size)
    layers.prepare([generator, discriminator], "auto", device, im2col_on_cpu=True)
    objective = GAN(generator, discriminator, 100, Rates(0.0002, 0.0002, 0.5))
    with tempfile.TemporaryDirectory(prefix="ms_gan-benchmark-") as scratch:
        training = made(objective, Memory(), scratch)
        to_step(training, 5)
        inputs = (
            next(training.batches.from_step(0))[0],
            ms.Tensor(objective.noise(training.stream(), batch_size)[0]),
        )
        taken = {"queued": [], "waiting": [], "loop": []}
        for _ in range(TURNS):
            taken["queued"].append(bare(objective, inputs, steps, False) / steps)
            taken["waiting"].append(bare(objective, inputs, steps, True) / steps)
            before = training.clock.seconds
            to_step(training, training.step + steps)
            taken["loop"].append((training.clock.seconds - before) / steps)
        waits = [line["data_wait"] for line in training.recorder.run.read_log()[1:]]
    return {
        "data_wait": statistics.median(waits),
        **{way: statistics.median(each) for way, each in taken.items()},
    }


def toy():
    """Seconds of the toy's steps but the first, of these with checkpoints, of the first and of
    imports; last losses.
    """
    imports = time.perf_counter()
    from ms_gan import runtime
    from ms_gan.recipes import RECIPES

    recipe = RECIPES["gaussian"]
    runtime.start("CPU")
    from ms_gan.data.points import PointBatches, Points

    imports = time.perf_counter() - imports
    with tempfile.TemporaryDirectory(prefix="ms_gan-benchmark-") as scratch:
        batches = PointBatches(Points(0), recipe.batch_size, 0)
        objective = recipe.objective(batches.steps_per_epoch)
        training = made(objective, batches, scratch, every=TOY_STEPS)
        to_step(training, 1)
        first = training.clock.seconds
        began = time.perf_counter()
        to_step(training, TOY_STEPS)
        whole = time.perf_counter() - began
        last = training.recorder.run.read_log()[-1]
    return {
        "seconds": training.clock.seconds - first,
        "whole": whole,
        "first": first,
        "imports": imports,
        "loss_g": last["loss_g"],
        "loss_d": last["loss_d"],
    }


def made(objective, batches, scratch, every=0):
    """A `Training` that logs as by default, in a run folder of its own, without samples."""
    from ms_gan.training.recorder import Recorder
    from ms_gan.training.run_folder import RunFolder
    from ms_gan.training.training import Settings, Training

    run = RunFolder.create(Path(scratch), "benchmark")
    silent = SimpleNamespace(sample=lambda step: None, plot=lambda lines: None)
    recorder = Recorder(run, objective, silent, {}, keep=1)
    sample = every or batches.steps_per_epoch
    settings = Settings(seed=0, log=50, sample=sample, plot=0, minutes=10.0)
    return Training(objective, batches, recorder, settings)


def to_step(training, total):
    """Train as a run does."""
    from ms_gan.recipes import RECIPES
    from ms_gan.run_options import Plan
    from ms_gan.training import assemble
    from ms_gan.training.loop import train

    with assemble.callbacks(Plan.of(RECIPES["faces"]), total) as callbacks:
        train(training, total, callbacks)


def bare(objective, inputs, steps, wait):
    """Seconds of so many calls of the compiled step, waiting for each or for the last one only."""
    began = time.perf_counter()
    for _ in range(steps):
        outputs = objective.train_step(*inputs)
        if wait:
            outputs[0].asnumpy()
    outputs[0].asnumpy()
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(run_command("benchmarks/loop_overhead.py", main))
