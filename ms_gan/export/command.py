"""The command: write a trained generator in a format."""

from __future__ import annotations

from collections.abc import Sequence

from ms_gan.export.formats import FORMATS, write
from ms_gan.load import add_generator
from ms_gan.options import Parser, path


def main(argv: Sequence[str] | None = None) -> int:
    """Export as the command line says and return the exit status."""
    write(**vars(_parser().parse_args(argv)))
    return 0


def _parser() -> Parser:
    parser = Parser(
        prog="python -m ms_gan.export", description="Write a trained generator for other programs."
    )
    add_generator(parser)
    parser.add_argument(
        "--format",
        choices=FORMATS,
        required=True,
        help="mindir: MindSpore's networks; onnx: networks for many programs; safetensors: the "
        "weights; pytorch: the weights as PyTorch's DCGAN tutorial names them",
    )
    parser.add_argument(
        "--out",
        type=path,
        required=True,
        metavar="FILE",
        help="where to write, with the ending"
        f" {', '.join(ending for endings in FORMATS.values() for ending in endings)}",
    )
    return parser
