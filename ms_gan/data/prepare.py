"""Pack images once into a file to train from: `python -m ms_gan.data.prepare SOURCE --out FILE`.

The file can be moved, also to another machine: `--data FILE` is all that a training needs.
"""

from __future__ import annotations

import logging
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ms_gan import runtime
from ms_gan.data import prepared
from ms_gan.data.decode import Square
from ms_gan.data.locate import SYNTHETIC
from ms_gan.data.sources import find_source
from ms_gan.errors import GanError, UsageError, run_command
from ms_gan.options import Parser, add_options, option, path
from ms_gan.run_options import RunOptions

log = logging.getLogger("ms_gan.data.prepare")  # as a command, its __name__ is "__main__"


@dataclass(frozen=True)
class Preparation:
    """How images are packed."""

    size: int = option(64, "side of the squares that images are scaled to", low=8, high=1024)
    crop: int = option(
        0,
        "side of the square that is cut out of each image's middle before, in pixels (0: none; "
        "CelebA: 108 or 178)",
        low=0,
        high=10**5,
    )
    datasets: str = option(RunOptions.datasets, "folder that a zip is unpacked into")
    workers: int = option(
        RunOptions.workers, "threads that read images", low=1, high=runtime.cores()
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Prepare a file as the command line says."""
    given = vars(_parser().parse_args(argv))
    place, out = Path(given.pop("source")), Path(given.pop("out"))
    told = Preparation(**given)
    if out.suffix != prepared.ENDING:
        raise UsageError(f"--out {out}: expected a name that ends in {prepared.ENDING}")
    if out.exists():
        raise UsageError(f"--out {out}: exists already; choose another name, or remove it")
    runtime.check()
    source = find_source(place, Path(told.datasets))
    if (source.path / SYNTHETIC).exists():
        raise GanError(
            f"{place}: synthetic stand-ins, which a training finds by itself; expected real images"
        )
    count = prepared.write(source, out, Square(told.size, told.crop), told.workers)
    words = ["--data", str(out)]
    words += ["--image-size", str(told.size)] * (told.size != 64)
    words += ["--crop", str(told.crop)] * (told.crop != 0)
    log.info(
        f"{out}: {count:,} images of {told.size}x{told.size}, {out.stat().st_size / 1e6:,.0f} MB; "
        f"train with:\n  python -m ms_gan.train faces {shlex.join(words)}"
    )


def _parser() -> Parser:
    parser = Parser(
        prog="python -m ms_gan.data.prepare",
        description="Pack images once into a file to train from. Interrupted, the same command "
        "goes on where it stopped.",
    )
    parser.add_argument(
        "source",
        type=path,
        metavar="SOURCE",
        help="folder or zip of images, cifar-10-python.tar.gz, or parquet files",
    )
    parser.add_argument(
        "--out", type=path, metavar="FILE", required=True, help="new file, ending in .npy"
    )
    add_options(parser, Preparation(), "how images are packed")
    return parser


if __name__ == "__main__":
    sys.exit(run_command("ms_gan.data.prepare", main))
