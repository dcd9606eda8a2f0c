"""Generate with a trained generator: `python -m ms_gan.generate [--ckpt generator.ckpt]`. See
`--help`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ms_gan import latents
from ms_gan.errors import run_command
from ms_gan.load import STATISTICS, add_generator, load
from ms_gan.options import Parser, number, path


def main(argv: Sequence[str] | None = None) -> int:
    """Generate as the command line says and return the exit status."""
    asked = vars(_parser().parse_args(argv))
    generator = load(*(asked.pop(name) for name in ("ckpt", "device", "device_id", "statistics")))
    from ms_gan.samplers.base import Request  # imports MindSpore, which waits for `load`

    generator.write(Request(**asked))
    return 0


def _parser() -> Parser:
    parser = Parser(
        prog="python -m ms_gan.generate",
        description="Generate with a trained generator: images or points "
        "from seeds, or translations of images.",
    )
    add_generator(parser)
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--seeds",
        type=latents.parse_seeds,
        metavar="LIST",
        help="one image or point for each of these, e.g. 0,1,4-6 "
        "(default: 0-23, or 0-999 for points)",
    )
    which.add_argument(
        "--count", type=number(int, 1, 10**5), metavar="N", help="the same as --seeds 0-(N-1)"
    )
    which.add_argument(
        "--input", type=path, metavar="FOLDER", help="images to translate, for generators that do"
    )
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument(
        "--separate", type=path, metavar="FOLDER", help="write one PNG a seed into this folder"
    )
    kind.add_argument(
        "--interpolate",
        type=number(int, 2, 1000),
        metavar="N",
        help="write a GIF of N frames that walks through the seeds (default: 0-7) and back",
    )
    parser.add_argument(
        "--out",
        type=path,
        metavar="PATH",
        help="where to write: a picture (default: generated.png or walk.gif), "
        "a table of points (generated.csv), a folder of translations",
    )
    parser.add_argument(
        "--statistics",
        choices=STATISTICS,
        default="recipe",
        help="batch normalisation by running statistics, or by those of the batch itself "
        "(default: as the recipe does it)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(run_command("ms_gan.generate", main))
