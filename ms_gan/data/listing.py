"""Which images a folder holds, by their names."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from ms_gan.errors import GanError, os_reason

log = logging.getLogger(__name__)

EXTENSIONS = (".jpg", ".jpeg", ".png", ".bmp")


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


def shown(path: str | Path) -> str:
    """A path on one line, whatever its name is made of: control characters and stray bytes as
    escapes, in quotes.
    """
    text = str(path)
    return text if text.isprintable() else repr(text)


def refuse_odd_bytes(path: Path) -> None:
    """Raise GanError for a path that isn't text, which could neither be printed nor recorded with
    the run.
    """
    try:
        str(path.resolve()).encode()
    except UnicodeEncodeError:
        raise GanError(
            f"{shown(path)}: its path holds bytes that aren't UTF-8; rename it"
        ) from None


def _name_unreadable(error: OSError) -> None:
    log.warning("%s: can't be read: %s", shown(error.filename), os_reason(error))
