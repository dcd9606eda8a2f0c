"""Trained generators that come with the package, by their names: see README.md beside this file."""

from __future__ import annotations

import os
from pathlib import Path

from ms_gan.errors import GanError

FOLDER = Path(__file__).parent
DEFAULT = "faces-plus"


def names() -> list[str]:
    """The names of all of them."""
    return sorted(file.stem for file in FOLDER.glob("*.ckpt"))


def found(path: str | os.PathLike) -> Path:
    """The checkpoint of a generator.

    Args:
        path: of a file, or one of `names` where there is no such file.

    Raises:
        GanError: it is a name, but of none of them.
    """
    path = Path(path)
    if path.exists() or path.name != str(path) or path.suffix:
        return path
    if str(path) not in names():
        known = ", ".join(names())
        raise GanError(f"{path}: no such file, and none that comes with ms_gan ({known})")
    return FOLDER / f"{path}.ckpt"
