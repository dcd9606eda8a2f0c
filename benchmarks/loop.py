"""Seconds per step of a run as a user starts it: `python benchmarks/loop.py [16,32,16,64 ...]
[--torch-python PATH]`.

Trains the recipe faces by the real command, `python -m ms_gan.train`, and reads its log: the time
that training took, without samples and checkpoints, as means over 20 steps once the run has
settled. Where an interpreter with torch is given, rounds in turns with it make the steps of
PyTorch's usual loop for the same networks, with data that is in memory.
"""

import argparse
import functools
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from common import add_torch_python, alternate, run, run_json, table, versions
from steps import REFERENCE, SETTLING

from ms_gan.errors import run_command
from ms_gan.options import Parser, number, typed

EVERY = 20  # steps between lines of the log, and in a mean
NETWORKS = (
    "16,32,16,64",
    "32,32,32,64",
    "64,64,64,32",
    "64,64,64,64",
    "16,64,64,64",
    "16,64,64,128",
)


class Sizes(NamedTuple):
    """What is trained; the names are those of the recipe's options."""

    batch_size: int
    ngf: int
    ndf: int
    image_size: int


def main(argv=None):
    parser = Parser(prog="benchmarks/loop.py", description="Measure a run's steps on a CPU.")
    parser.add_argument(
        "sizes",
        nargs="*",
        type=sizes,
        default=[sizes(text) for text in NETWORKS],
        metavar="BATCH,NGF,NDF,SIDE",
        help=f"what is trained, once or several times (default {' '.join(NETWORKS)})",
    )
    parser.add_argument(
        "--rounds", type=number(int, 1), default=3, help="rounds, taken in turns (default 3)"
    )
    parser.add_argument(
        "--skip", type=number(int, 1), default=50, help="first steps, left out (default 50)"
    )
    parser.add_argument(
        "--means", type=number(int, 1), default=3, help="means over 20 steps in a run (default 3)"
    )
    parser.add_argument("--data", help="folder or zip of faces (default: synthetic ones)")
    add_torch_python(parser)
    options = parser.parse_args(argv)
    print(f"{versions(options.torch_python)}\n", flush=True)
    head = [
        "batch",
        "ngf",
        "ndf",
        "image",
        "ms_gan, s a step",
        "20-step means",
        "slowest / fastest",
    ]
    theirs = ["PyTorch, s a step", "rounds", "times PyTorch"] if options.torch_python else []
    with tempfile.TemporaryDirectory(prefix="ms_gan-benchmark-") as scratch:
        table([head + theirs, *(row(each, options, Path(scratch)) for each in options.sizes)])


def sizes(text):
    """A reader for argparse."""
    try:
        return Sizes(*map(int, text.split(",")))
    except (TypeError, ValueError):
        raise argparse.ArgumentTypeError(
            f"{text!r} isn't BATCH,NGF,NDF,SIDE, four whole numbers"
        ) from None


def row(network, options, scratch):
    """The table's row of networks and batch of these sizes."""
    ways = {"ms_gan": functools.partial(trained, network, options, scratch)}
    if options.torch_python:
        ways["torch"] = functools.partial(peer, network, options.torch_python)
    taken = alternate(ways, options.rounds)
    means = [mean for each in taken.pop("ms_gan") for mean in each]
    step = statistics.median(means)
    found = [*network[:3], f"{network.image_size}x{network.image_size}", step, span(means)]
    found.append(max(means) / min(means))
    for rounds in taken.values():
        found += [statistics.median(rounds), span(rounds), step / statistics.median(rounds)]
    return found


def trained(network, options, scratch):
    """Train by the command: the means of seconds a step over 20 steps, after the first ones."""
    first = -(-options.skip // EVERY) * EVERY
    told = {
        **network._asdict(),
        "steps": first + options.means * EVERY,
        "log_every": EVERY,
        "device": "CPU",
        "datasets": scratch / "datasets",
        "data_url": "none",
    }
    if options.data:
        told["data"] = options.data
    with tempfile.TemporaryDirectory(dir=scratch) as out:
        run([sys.executable, "-m", "ms_gan.train", "faces", *typed(told), "--out", out])
        text = Path(out, "0000-faces", "log.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    seconds = [line["seconds"] for line in lines if line["step"] >= first]
    return [(after - before) / EVERY for before, after in zip(seconds, seconds[1:])]


def peer(network, torch_python):
    """The mean seconds of 20 of PyTorch's steps, after the first ones."""
    batch, ngf, ndf, side = network
    words = [torch_python, REFERENCE, "usual", batch, side, ngf, ndf, SETTLING + EVERY]
    return statistics.mean(run_json(words)["seconds"][SETTLING:])


def span(numbers):
    """The least and the largest."""
    return f"{min(numbers):.3g} - {max(numbers):.3g}"


if __name__ == "__main__":
    sys.exit(run_command("benchmarks/loop.py", main))
