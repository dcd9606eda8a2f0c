"""Score a trained generator, or any two sets of images: `python -m ms_gan.evaluate --ckpt
generator.ckpt --data faces.zip`. See `--help`.
"""

from __future__ import annotations

import logging
import sys
from argparse import SUPPRESS
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ms_gan import pictures
from ms_gan.errors import UsageError, run_command
from ms_gan.files import write_json
from ms_gan.load import DEVICES
from ms_gan.options import Parser, number, path
from ms_gan.score import compare, opened
from ms_gan.scores import libraries
from ms_gan.scores.base import Report, ScoreOptions
from ms_gan.scores.features import CHOICES

OF_CHECKPOINTS = ("floor", "nearest", "device", "device_id")  # what folders of images don't take

log = logging.getLogger("ms_gan.evaluate")  # as a command, this module's name is another


def main(argv: Sequence[str] | None = None) -> int:
    """Evaluate as the command line says and return the exit status."""
    asked = vars(_parser().parse_args(argv))
    libraries.wait_asleep()
    names = ScoreOptions.__dataclass_fields__
    options = ScoreOptions(**{name: asked.pop(name) for name in names if name in asked})
    _check(asked)
    out = pictures.check_format(asked.get("out", "nearest.png"), (".png", ".jpg", ".jpeg"))
    if "images" in asked:
        report = compare(asked["images"], asked["data"], asked.get("size"), **vars(options))
    else:
        device = asked.get("device", "auto"), asked.get("device_id", 0)
        generator, scorer = opened(asked["ckpt"], asked.get("data"), options, *device)
        if "nearest" in asked:
            report, picture = scorer.memorising(generator, asked["nearest"])
            pictures.save(picture, out)
            log.info("%s: generated images, each beside the nearest training images", out)
        else:
            report = scorer.floor() if asked["floor"] else scorer.score(generator)
    _tell(report)
    if "json" in asked:
        write_json(Path(asked["json"]), report.describe())
    return 0


def _check(asked: dict[str, Any]) -> None:
    """Refuse options that contradict each other."""
    if "out" in asked and "nearest" not in asked:
        raise UsageError("--out: the picture of --nearest; give --nearest N, too")
    if "images" not in asked:
        if "size" in asked:
            raise UsageError("--size: for --images; a generator's images have their size")
        return
    given = [name for name in OF_CHECKPOINTS if asked.get(name)]
    if given:
        raise UsageError(f"--{given[0].replace('_', '-')}: for --ckpt, not for --images")
    if "data" not in asked:
        raise UsageError("--images: needs --data FOLDER, the real images to compare with")


def _tell(report: Report) -> None:
    width = max(map(len, report.scores))
    for name, score in report.scores.items():
        log.info("%-*s  %s", width, name, score)
    log.info("%s", "; ".join(f"{name}: {value}" for name, value in report.protocol.items()))
    for warning in report.warnings:
        log.warning(warning)


def _parser() -> Parser:
    parser = Parser(
        prog="python -m ms_gan.evaluate",
        description="Score a trained generator, or any two sets of images.",
        argument_default=SUPPRESS,
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--ckpt",
        type=path,
        metavar="FILE",
        help="generator.ckpt of a run, or the name of one that comes with ms_gan",
    )
    what.add_argument(
        "--images", type=path, metavar="FOLDER", help="a folder or zip of generated images"
    )
    parser.add_argument(
        "--data",
        type=path,
        metavar="PATH",
        help="real examples to compare with, as training takes them (default: the recipe's own)",
    )
    parser.add_argument(
        "--count",
        type=number(int, 4, 10**5),
        metavar="N",
        help="generated images, and the most real ones (default: 10000)",
    )
    parser.add_argument(
        "--seed", type=number(int, 0, 10**6), metavar="N", help="which of them (default: 0)"
    )
    parser.add_argument(
        "--features",
        choices=CHOICES,
        help="the network whose features are compared (default: auto, Inception where its weights "
        "are there, otherwise EfficientNet-Lite0)",
    )
    parser.add_argument(
        "--weights", type=path, metavar="FILE", help="Inception's weights, as torch-fidelity has it"
    )
    parser.add_argument(
        "--size",
        type=number(int, 16, 1024),
        metavar="N",
        help="with --images: cut and scale all to squares of this side (default: the first one's)",
    )
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument(
        "--floor",
        action="store_true",
        default=False,
        help="score real images that were trained on instead: what a perfect generator would get",
    )
    kind.add_argument(
        "--nearest",
        type=number(int, 1, 100),
        metavar="N",
        help="look for copied training images, and picture the N nearest ones",
    )
    parser.add_argument(
        "--out", type=path, metavar="FILE", help="picture of --nearest (default: nearest.png)"
    )
    parser.add_argument("--json", type=path, metavar="FILE", help="also write all of it here")
    parser.add_argument(
        "--datasets", type=path, metavar="FOLDER", help="folder of data and caches, as in training"
    )
    parser.add_argument("--device", choices=DEVICES, help="default: auto")
    parser.add_argument("--device-id", type=number(int, 0, 4095), metavar="N", help="default: 0")
    return parser


if __name__ == "__main__":
    sys.exit(run_command("ms_gan.evaluate", main))
