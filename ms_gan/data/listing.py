"""Which images a folder holds, by their names, and how those are named that can't be used."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path

from ms_gan.errors import GanError, os_reason

log = logging.getLogger(__name__)

EXTENSIONS = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp")
ENDING = f"ending in {', '.join(EXTENSIONS)}"
NAMED = 10  # how many broken files are named; all are counted


def list_images(folder: Path) -> list[Path]:
    """Paths of the files in `folder`, at any depth, that end like images, sorted; hidden ones are
    passed over.

    Links to folders are followed, but each folder is gone through once, however many ways lead to
    it. One that can't be read is named in a warning.
    """
    found: list[Path] = []
    seen: set[tuple[int, int]] = set()
    for parent, folders, names in os.walk(folder, followlinks=True, onerror=_name_unreadable):
        facts = os.stat(parent)
        if (facts.st_dev, facts.st_ino) in seen:
            folders.clear()
            continue
        seen.add((facts.st_dev, facts.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        found += [
            Path(parent, name)
            for name in sorted(names)
            if name.lower().endswith(EXTENSIONS) and not name.startswith(".")
        ]
    return found


def require_images(folder: Path, what: str = "files") -> list[Path]:
    """As `list_images`.

    Raises:
        GanError: there is none (it says `what` is expected), or the folder's path isn't text.
    """
    refuse_odd_bytes(folder)
    files = list_images(folder)
    if not files:
        raise GanError(
            f"{folder}: 0 images found; expected {what} {ENDING}, in it or its sub-folders"
        )
    return files


def name_some(faults: Mapping[Path, str]) -> None:
    """Name the first ten files in warnings, each with what is wrong with it."""
    for file, fault in list(faults.items())[:NAMED]:
        log.warning("%s: %s", shown(file), fault)


def shown(path: str | Path) -> str:
    """A path on one line: with control characters and stray bytes as escapes, in quotes."""
    text = str(path)
    return text if text.isprintable() else repr(text)


def refuse_odd_bytes(path: Path) -> None:
    """Raise GanError for a path that isn't text, which can't be printed or recorded."""
    try:
        str(path.resolve()).encode()
    except UnicodeEncodeError:
        raise GanError(
            f"{shown(path)}: its path holds bytes that aren't UTF-8; rename it"
        ) from None


def _name_unreadable(error: OSError) -> None:
    log.warning("%s: can't be read: %s", shown(error.filename), os_reason(error))
