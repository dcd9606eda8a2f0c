"""The memory that training the DCGAN takes: `python benchmarks/memory.py [--torch-python PATH]`.

For each way, as in train_step.py, the most memory that a new process has held by the end of its
third step, in megabytes. What it held right before the first step, imports and networks, is told
apart.
"""

import argparse
import sys

from common import run_json, table, versions
from steps import TITLES, add_sizes, command, ways

from ms_gan.errors import run_command
from ms_gan.options import number

STEPS = 3


def main(argv=None):
    parser = argparse.ArgumentParser(description="Measure how much memory training takes on a CPU.")
    add_sizes(parser, [64, 128])
    parser.add_argument(
        "--accumulate",
        type=number(int, 1, 2**16),
        default=1,
        metavar="K",
        help="parts that ms_gan computes a batch in (default 1)",
    )
    options = parser.parse_args(argv)
    print(
        f"ngf {options.ngf}, ndf {options.ndf}, batches in {options.accumulate} parts; "
        "megabytes, of a whole process and of what its steps add\n"
        f"{versions(options.torch_python)}\n",
        flush=True,
    )
    head = [
        "batch",
        "image",
        "",
        "before",
        "peak",
        "added",
        "times plain MindSpore",
        "added, times",
    ]
    rows = [head + ["times PyTorch, usual", "added, times"] if options.torch_python else head]
    for image_size in options.image_size:
        for batch_size in options.batch_size:
            rows += measured(options, batch_size, image_size)
    table(rows)


def measured(options, batch_size, image_size):
    """The rows of one batch size and one image size."""
    found = {
        way: run_json(command(way, options, batch_size, image_size, STEPS)) for way in ways(options)
    }
    peak = {way: taken["peak"] for way, taken in found.items()}
    added = {way: taken["peak"] - taken["before"] for way, taken in found.items()}
    rows = []
    for way in found:
        ratios = [
            of[way] / of[peer]
            for peer in ("plain", "usual")
            if peer in found
            for of in (peak, added)
        ]
        rows.append(
            (
                batch_size,
                f"{image_size}x{image_size}",
                TITLES[way],
                found[way]["before"],
                peak[way],
                added[way],
                *ratios,
            )
        )
    return rows


if __name__ == "__main__":
    sys.exit(run_command("benchmarks/memory.py", main))
