"""Seconds to generate images, next to PyTorch's: `python benchmarks/generate.py [--torch-python
PATH]`.

The tutorial's generator, 64x64 at full width, with random weights. Commands are timed as wholes,
from a cold start; "the computation alone" is in a process that has generated before, from seeds to
pixels (PyTorch's from latents). Each number is the median of rounds taken in turns. PyTorch's
commands end with the same PNG files, written by Pillow one after the other, and in no grid.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from common import ROOT, add_torch_python, alternate, medians, run, run_json, table, versions

from ms_gan.errors import run_command
from ms_gan.options import number

REFERENCE = ROOT / "benchmarks" / "reference" / "torch_generate.py"
BATCH = 32  # PyTorch's; ours is fixed
FEW = 24


def main(argv=None):
    parser = argparse.ArgumentParser(description="Measure how long it takes to generate images.")
    parser.add_argument(
        "--count", type=number(int, 1, 10**5), default=1000, help="images (default 1000)"
    )
    parser.add_argument("--rounds", type=number(int, 1), default=3, help="rounds (default 3)")
    parser.add_argument("--child", metavar="CKPT", help=argparse.SUPPRESS)
    add_torch_python(parser)
    options = parser.parse_args(argv)
    if options.child:
        print(json.dumps(computations(options.child, options.count, options.rounds)))
        return
    with tempfile.TemporaryDirectory(prefix="ms_gan-benchmark-") as scratch:
        compare(options, Path(scratch))


def compare(options, scratch):
    """Measure all ways in turns and print the table."""
    print(f"{versions(options.torch_python)}\n", flush=True)
    checkpoint = scratch / "generator.ckpt"
    write_checkpoint(checkpoint)
    generate = [sys.executable, "-m", "ms_gan.generate", "--ckpt", checkpoint]
    many, out = options.count, scratch / "images"
    ours = {
        "import": whole([sys.executable, "-c", "import mindspore"]),
        "few": whole([*generate, "--count", FEW, "--out", scratch / "grid.png"]),
        "many": whole([*generate, "--count", many, "--separate", out]),
        "compute": alone([sys.executable, __file__, "--child", checkpoint, "--count", many]),
    }
    theirs = {}
    if options.torch_python:
        torch = [options.torch_python, REFERENCE]
        theirs = {
            "import": whole([options.torch_python, "-c", "import torch"]),
            "few": whole([*torch, FEW, FEW, scratch / "torch"]),
            "many": whole([*torch, many, BATCH, scratch / "torch"]),
            "compute": alone([*torch, many, BATCH], "3"),
        }
    titles = {
        "import": "import of the framework alone",
        "few": f"{FEW} images, the whole command",
        "many": f"{many:,} images in files, the whole command",
        "compute": f"{many:,} images, computation alone",
    }
    taken = medians(
        alternate(
            {
                **{(name, "ours"): measure for name, measure in ours.items()},
                **{(name, "torch"): measure for name, measure in theirs.items()},
            },
            options.rounds,
        )
    )
    rows = [("seconds", "ms_gan", *(("PyTorch", "times PyTorch's speed") if theirs else ()))]
    for name, title in titles.items():
        mine, other = taken[name, "ours"], taken.get((name, "torch"))
        rows.append((title, mine, *((other, other / mine) if theirs else ())))
    table(rows)


def whole(command):
    """A measure: the seconds of a whole command."""

    def measure():
        start = time.perf_counter()
        run(command)
        return time.perf_counter() - start

    return measure


def alone(command, *more):
    """A measure: the median of the seconds that a command itself reports as JSON."""
    return lambda: statistics.median(run_json([*command, *more]))


def write_checkpoint(path):
    """Write a generator.ckpt of random weights."""
    from ms_gan import runtime
    from ms_gan.options import values_of
    from ms_gan.recipes import RECIPES

    runtime.start()
    from ms_gan.training import checkpoint

    recipe = RECIPES["faces"]
    checkpoint.save(
        path,
        dict(recipe.generator().parameters_and_names()),
        {"kind": "generator", "step": 0, "recipe": recipe.name, "options": values_of(recipe)},
    )


def computations(path, count, rounds):
    """Seconds of each round of making `count` images' pixels but the first, which compiles."""
    from ms_gan.load import load

    generator, seconds = load(path), []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        for _ in generator.images(range(count)):
            pass
        seconds.append(time.perf_counter() - start)
    return seconds[1:]


if __name__ == "__main__":
    sys.exit(run_command("benchmarks/generate.py", main))
