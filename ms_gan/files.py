"""Atomic writes: files and folders that appear whole or not at all.

They are written under a temporary name, flushed to disk, then renamed.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ms_gan.errors import os_reason

try:
    import fcntl
except ImportError:  # not Unix
    fcntl = None  # type: ignore[assignment]


@contextlib.contextmanager
def atomic_file(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path with the name of `path`, which becomes `path` when the block ends.

    If the block raises, what it wrote is removed and whatever stood at `path` is untouched. Missing
    parent folders are made.

    Raises:
        OSError: `path`, which it names, can't be written.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # In a folder of its own, so that what libraries leave beside a file goes with it.
    with _naming(path), _beside(path) as folder:
        temporary = folder / path.name
        yield temporary
        _flush(temporary)
        os.replace(temporary, path)
        _flush(path.parent)


@contextlib.contextmanager
def atomic_folder(path: str | Path) -> Iterator[Path]:
    """Yield a new temporary folder beside `path`, which becomes `path` when the block ends.

    If `path` has come into being meanwhile (another run made the same thing), that one is kept.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _beside(path) as temporary:
        yield temporary
        temporary.chmod(0o755)  # mkdtemp makes it private to the user
        if not path.is_dir():
            os.replace(temporary, path)
            _flush(path.parent)


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    with atomic_file(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def append_line(path: Path, line: str) -> None:
    """Add a line to a text file. Raises OSError, which names `path`, where it can't be written."""
    with _naming(path), open(path, "a", encoding="utf-8") as file:
        file.write(line + "\n")


def lock(folder: Path) -> int | None:
    """Keep other processes from locking a folder.

    Returns:
        A descriptor, which holds the lock until it is closed or this process ends. None where there
          are no locks.

    Raises:
        BlockingIOError: another process has locked it.
    """
    if fcntl is None:
        return None
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            raise
        return None  # a file system without locks
    return descriptor


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary folders of processes that were killed while writing in `folder`.

    Those of a process that is still writing there would go as well: make sure that there is none.
    """
    for left in folder.glob(".*.????????.tmp"):  # as `_beside` names them
        shutil.rmtree(left, ignore_errors=True)


@contextlib.contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """Yield a temporary folder beside `path` and remove it afterwards, as far as that works.

    Not tempfile.TemporaryDirectory: in a folder that has turned read-only, it recurses until Python
    gives up.
    """
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent))
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextlib.contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Let an OSError name `path`: one that comes from writing, as on a full disk, names nothing."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, os_reason(error), str(path)) from None


def _flush(path: Path) -> None:
    """Wait until a file's content, or a folder's list of names, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError:  # some file systems can't sync a folder; the rename is atomic all the same
        if not path.is_dir():
            raise
    finally:
        os.close(descriptor)
