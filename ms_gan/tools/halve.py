"""A generator in half the bytes: `python -m ms_gan.tools.halve generator.ckpt --out small.ckpt`.

Its numbers are rounded to float16, 11 binary digits, and computed with in float32 as before.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ms_gan.errors import GanError, UsageError, run_command
from ms_gan.options import Parser, path


def main(argv: Sequence[str] | None = None) -> None:
    """Halve as the command line says."""
    parser = Parser(
        prog="python -m ms_gan.tools.halve",
        description="Write a trained generator in half the bytes, for pictures that are the same "
        "to the eye.",
    )
    parser.add_argument("ckpt", type=path, metavar="CKPT", help="generator.ckpt of a run")
    parser.add_argument(
        "--out", type=path, required=True, metavar="FILE", help="where to write, a .ckpt file"
    )
    given = parser.parse_args(argv)
    if Path(given.out).suffix != ".ckpt":
        raise UsageError(f"--out {given.out}: MindSpore loads files named .ckpt; call it that")
    halve(given.ckpt, given.out)


def halve(source: str | Path, target: str | Path) -> None:
    """Write a generator's checkpoint with float16 for float32.

    Args:
        source: a generator.ckpt.
        target: where to write, which may be the same file.

    Raises:
        GanError: the source isn't a generator's checkpoint, or float16 can't hold its numbers.
        OSError: the target can't be written.
    """
    import mindspore as ms

    from ms_gan.training import checkpoint

    values, meta = checkpoint.load(source, "generator")
    halves = {}
    for key, value in values.items():
        with np.errstate(over="ignore"):
            half = value.astype(np.float16) if value.dtype == np.float32 else value
        if not np.isfinite(half).all():
            raise GanError(f"{source}: {key} has numbers beyond float16's largest, 65,504")
        halves[key] = ms.Parameter(ms.Tensor(half), name=key)
    checkpoint.save(Path(target), halves, meta)


if __name__ == "__main__":
    sys.exit(run_command("ms_gan.tools.halve", main))
