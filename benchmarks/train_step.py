"""Seconds per training step of the DCGAN: `python benchmarks/train_step.py [--torch-python PATH]`.

Compares convolutions by im2col, MindSpore's own in ms_gan, MindSpore's own in a plain loop and,
where an interpreter with torch is given, two loops of PyTorch's eager mode: the same networks,
losses, order of updates and optimizers. A step is all that a training does between two batches,
noise and waiting included. Every figure is the median of rounds taken in turns, each in a new
process, whose first steps are left out; "rounds" shows the fastest and the slowest of them.
"""

import argparse
import statistics
import sys

from common import run_json, table, versions
from steps import SETTLING, TITLES, TORCH, add_sizes, command, timed, ways

from ms_gan import runtime
from ms_gan.errors import run_command
from ms_gan.options import number


def main(argv=None):
    parser = argparse.ArgumentParser(description="Measure how long a training step takes on a CPU.")
    add_sizes(parser, [64])
    parser.add_argument(
        "--rounds", type=number(int, 1), default=3, help="rounds, taken in turns (default 3)"
    )
    parser.add_argument(
        "--steps", type=number(int, 1), default=5, help="timed steps in a round (default 5)"
    )
    parser.add_argument(
        "--cpu-math",
        choices=runtime.CPU_MATH,
        default="float32",
        help="bf16: coarser matrix products on MindSpore's side, PyTorch stays as it is",
    )
    options = parser.parse_args(argv)
    print(
        f"ngf {options.ngf}, ndf {options.ndf}, {options.cpu_math}; "
        f"{options.rounds} rounds of {options.steps} steps"
    )
    print(f"{versions(options.torch_python)}\n", flush=True)
    head = [
        "batch",
        "image",
        "",
        "s a step",
        "rounds",
        "images/s",
        "s to compile",
        "times plain MindSpore",
    ]
    rows = [head + ["times PyTorch, usual", "lean"] if options.torch_python else head]
    for image_size in options.image_size:
        for batch_size in options.batch_size:
            rows += measured(options, batch_size, image_size)
    table(rows)


def measured(options, batch_size, image_size):
    """The rows of one batch size and one image size."""
    count = SETTLING + options.steps
    found = timed(
        {
            way: lambda way=way: run_json(command(way, options, batch_size, image_size, count))[
                "seconds"
            ]
            for way in ways(options)
        },
        options.rounds,
    )
    step = {way: statistics.median(times) for way, (times, _) in found.items()}
    return [
        (
            batch_size,
            f"{image_size}x{image_size}",
            TITLES[way],
            step[way],
            f"{min(times):.3g} - {max(times):.3g}",
            batch_size / step[way],
            None if way in TORCH else first,
            *(step[way] / step[peer] for peer in ("plain", "usual", "lean") if peer in step),
        )
        for way, (times, first) in found.items()
    ]


if __name__ == "__main__":
    sys.exit(run_command("benchmarks/train_step.py", main))
