"""Explore trained networks: `python -m ms_gan.explore KIND`. See `--help`."""

from __future__ import annotations

import importlib
import sys
from argparse import ArgumentTypeError
from collections.abc import Callable, Sequence
from pathlib import Path

from ms_gan import latents, pretrained, runtime
from ms_gan.errors import UsageError, run_command
from ms_gan.load import add_generator
from ms_gan.options import Parser, number, path

KINDS = {
    "walk": "walk between seeds: a GIF, and strips",
    "arithmetic": "A - B + C of seeds' latent vectors",
    "filters": "what the discriminator looks for",
    "features": "how well digits can be read from the discriminator's features",
    "directions": "principal directions of the generator's first layer",
    "find": "the latent vector of a given picture",
}
OF_DISCRIMINATORS = ("filters", "features")


def main(argv: Sequence[str] | None = None) -> int:
    """Explore as the command line says and return the exit status."""
    asked = vars(_parser().parse_args(argv))
    kind = asked.pop("kind")
    if kind in OF_DISCRIMINATORS and asked["discriminator"] is None:
        if asked["ckpt"] in pretrained.names():
            raise UsageError(
                f"{kind}: needs the discriminator of a run; give --ckpt RUN/generator.ckpt or "
                "--discriminator RUN/discriminator.ckpt"
            )
        asked["discriminator"] = str(Path(asked["ckpt"]).with_name("discriminator.ckpt"))
    runtime.check()
    # Only now: it imports MindSpore, and what --help and wrong options needn't wait for.
    importlib.import_module(f"ms_gan.explore.{kind}").explore(asked)
    return 0


def _parser() -> Parser:
    parser = Parser(
        prog="python -m ms_gan.explore",
        description="What trained networks have learnt, as the DCGAN paper looked at it.",
    )
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
    made = {}
    for kind, summary in KINDS.items():
        made[kind] = kinds.add_parser(kind, help=summary, description=summary)
        add_generator(made[kind])
    for kind in OF_DISCRIMINATORS:
        _add_data(made[kind])
    for kind, out in {
        "walk": "walk.gif",
        "arithmetic": "arithmetic.png",
        "filters": "filters.png",
        "directions": "directions.png",
        "find": "found.png",
    }.items():
        made[kind].add_argument(
            "--out", type=path, default=out, metavar="FILE", help=f"the picture (default: {out})"
        )
    _add_own(made)
    return parser


def _add_data(parser: Parser) -> None:
    parser.add_argument(
        "--discriminator",
        type=path,
        metavar="FILE",
        help="discriminator.ckpt of a run (default: the one beside --ckpt)",
    )
    parser.add_argument(
        "--data",
        type=path,
        metavar="PATH",
        help="real images, as training takes them (default: the recipe's own)",
    )
    parser.add_argument(
        "--datasets",
        type=path,
        default="datasets",
        metavar="FOLDER",
        help="folder of data and caches, as in training",
    )


def _add_own(made: dict[str, Parser]) -> None:
    """The options of each kind."""
    walk, arithmetic, filters = made["walk"], made["arithmetic"], made["filters"]
    _whole(walk, "frames", 60, (2, 1000), "frames of the GIF")
    walk.add_argument(
        "--seeds",
        type=_seeds(2, 32),
        default=list(range(8)),
        metavar="LIST",
        help="where it leads through, 2 to 32 (default: 0-7)",
    )
    for name in "abc":
        arithmetic.add_argument(
            f"--{name}",
            type=_seeds(1, 12),
            required=True,
            metavar="LIST",
            help=f"seeds of {name.upper()} in A - B + C, e.g. 0,3,5; up to 12",
        )
    _whole(filters, "count", 2000, (1, 10**5), "real images to look through")
    _whole(
        filters, "layer", None, (1, 100), "which layer of convolutions, from 1 (default: the last)"
    )
    filters.add_argument(
        "--channels",
        type=_seeds(1, 32),
        metavar="LIST",
        help="which channels (default: those with the largest response)",
    )
    made["features"].add_argument("--json", type=path, metavar="FILE", help="also write it here")
    directions, find = made["directions"], made["find"]
    _whole(directions, "count", 8, (1, 64), "directions to show")
    _whole(directions, "around", 0, (0, None), "the seed that they begin at")
    _whole(directions, "samples", 2000, (2, 10**4), "latent vectors to find them with")
    find.add_argument("picture", type=path, metavar="PICTURE", help="a JPEG, PNG or BMP file")
    _whole(find, "tries", 1024, (1, 10**5), "random latent vectors to begin with")
    _whole(find, "steps", 300, (0, 10**5), "steps of the descent")
    find.add_argument(
        "--out-latent",
        type=path,
        default="found.npy",
        metavar="FILE",
        help="the vector (default: found.npy)",
    )
    for kind, what in {
        "arithmetic": "the noise",
        "directions": "the latent vectors",
        "find": "the latent vectors",
    }.items():
        _whole(made[kind], "seed", 0, (0, 2**32 - 1), f"seed of {what}")


def _whole(parser: Parser, name: str, default: int | None, bounds: tuple, what: str) -> None:
    told = what if default is None else f"{what} (default: {default})"
    parser.add_argument(
        f"--{name}", type=number(int, *bounds), default=default, metavar="N", help=told
    )


def _seeds(fewest: int, most: int) -> Callable[[str], list[int]]:
    """A reader of a list of seeds for argparse, of so many."""

    def read(text: str) -> list[int]:
        found = latents.parse_seeds(text)
        if not fewest <= len(found) <= most:
            raise ArgumentTypeError(
                f"{text!r} names {len(found)}, expected from {fewest} to {most}"
            )
        return found

    return read


if __name__ == "__main__":
    sys.exit(run_command("ms_gan.explore", main))
