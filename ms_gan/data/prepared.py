"""Prepared files: packed files of the user's own, which depend on nothing else.

They are as packed.py says. Their note holds, besides "by" and "broken", "size" and "crop" of the
squares and the name of the "source". Until such a file is whole, a folder beside it holds what is
done: the examples, and a state, which is saved after them now and then.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import math
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ms_gan.data import packed
from ms_gan.data.decode import Square
from ms_gan.data.sources.base import Source
from ms_gan.errors import GanError, UsageError, os_reason
from ms_gan.files import lock, write_json

log = logging.getLogger(__name__)

ENDING = ".npy"
EXAMPLES, STATE = "examples", "state.json"  # within the folder beside a file
SAVE = 2048  # images between saved states
SPARE = 1 << 20  # bytes for the note
COMMAND = "python -m ms_gan.data.prepare"


def is_prepared(path: Path) -> bool:
    """Whether a path is a file that is called like a prepared one."""
    return path.suffix == ENDING and path.is_file()


def read(path: Path, square: Square) -> np.ndarray:
    """The examples in a prepared file, uint8 (n, 3, size, size), mapped into memory, all checked.

    Raises:
        GanError: it is damaged, or not a prepared file.
        UsageError: it holds other squares than these.
    """
    try:
        content, note = packed.mapped(path)
        if "size" not in note:
            raise packed.Stale("a file of the cache, which may be made again at any time")
        if (note["size"], note["crop"]) != (square.size, square.crop):
            raise UsageError(
                f"--data {path}: prepared by --size {note['size']} --crop {note['crop']}, but this "
                f"run has images of {square.size}x{square.size} and --crop {square.crop}; give it "
                "--image-size and --crop like that, or prepare another file"
            )
        return packed.shaped(content, square.shape)
    except packed.Stale as reason:
        raise GanError(
            f"{path}: {reason}; expected a whole file made by {COMMAND}; copy or make it again"
        ) from None


@dataclass
class State:
    """How far the making of a file has come."""

    about: str  # what it is made of, and how
    done: int = 0  # images
    count: int = 0  # those of them that are in the file
    crc: int = 0  # of these
    broken: dict[str, str] = field(default_factory=dict)


def write(source: Source, path: Path, square: Square, workers: int) -> int:
    """Make a prepared file of a source, or go on where an earlier making was interrupted.

    Broken images are named, counted and left out.

    Args:
        source: the images.
        path: the file, which appears when it is whole.
        square: how images are cut and scaled.
        workers: threads.

    Returns:
        The number of images in it.

    Raises:
        GanError: no image can be used, there is too little room, or another process makes the file.
        OSError: it can't be written.
    """
    part = path.with_name(f"{path.name}.part")
    part.mkdir(parents=True, exist_ok=True)
    with _held(part):
        try:
            return _make(source, path, part, square, workers)
        except (KeyboardInterrupt, SystemExit):
            log.warning("stopped; the same command goes on where it stopped")
            raise
        except OSError as error:  # one that comes from writing names nothing
            raise OSError(error.errno, os_reason(error), str(path)) from None
        finally:
            if path.exists() or not (part / STATE).exists():
                shutil.rmtree(part)


def _make(source: Source, path: Path, part: Path, square: Square, workers: int) -> int:
    state = _saved(part, _about(source, square), square)
    _check_room(source, path, square, state)
    with open(part / EXAMPLES, "r+b" if state.done else "wb") as file:
        writer = packed.Writer(file, square.shape, state.count, state.crc)
        for _ in _steps(writer, state, source, square, workers):
            _save(part, file, state)
        source.tell(state.broken)
        squares = {"size": square.size, "crop": square.crop, "source": source.path.name}
        writer.finish({"by": packed.BY, "broken": state.broken, **squares})
        _flush(file)
    os.replace(part / EXAMPLES, path)
    return state.count


def _steps(
    writer: packed.Writer, state: State, source: Source, square: Square, workers: int
) -> Iterator[None]:
    """Write what is left of the images. At each step, what the state tells is in the file."""
    saved = state.done
    for examples, faults in packed.blocks(source, square, workers, "packing images", state.done):
        writer.add(examples)
        state.broken.update(faults)
        state.done += len(examples) + len(faults)
        state.count, state.crc = writer.count, writer.crc
        if state.done - saved >= SAVE:
            yield
            saved = state.done


def _about(source: Source, square: Square) -> str:
    facts = hashlib.sha256(json.dumps(source.facts()).encode()).hexdigest()
    return f"{packed.BY}, {square.key}, {facts}"


def _save(part: Path, file: BinaryIO, state: State) -> None:
    _flush(file)
    write_json(part / STATE, asdict(state))


def _saved(part: Path, about: str, square: Square) -> State:
    """The state that was saved, if it is of this source and what it tells is there."""
    fresh = State(about)
    try:
        state = State(**json.loads((part / STATE).read_text(encoding="utf-8")))
        if state.about != about:
            log.warning("%s: of other images, or made otherwise; beginning anew", part)
            return fresh
        size = state.count * math.prod(square.shape)
        examples = np.asarray(np.memmap(part / EXAMPLES, np.uint8, "r", packed.HEADER))[:size]
        if len(examples) == size and packed.checksum_of(examples) == state.crc:
            log.info("going on after %s images", f"{state.done:,}")
            return state
    except FileNotFoundError:
        return fresh
    except (OSError, ValueError, TypeError):
        pass
    log.warning("%s: damaged; beginning anew", part)
    return fresh


def _check_room(source: Source, path: Path, square: Square, state: State) -> None:
    """Say what room the file takes, and whether there is enough."""
    size = packed.HEADER + (source.count - len(state.broken)) * math.prod(square.shape) + SPARE
    left = size - state.count * math.prod(square.shape)
    free = shutil.disk_usage(path.parent).free
    log.info(
        f"{source.path}: {source.count:,} images; {path} takes up to {left / 1e6:,.0f} MB "
        f"{'more' if state.done else 'in all'}; {free / 1e6:,.0f} MB are free"
    )
    if left > free:
        raise GanError(
            f"{path}: it takes {left:,} bytes more, but only {free:,} are free; make room or "
            "choose another --out"
        )


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


@contextlib.contextmanager
def _held(part: Path) -> Iterator[None]:
    """Keep other processes from making the same file."""
    try:
        descriptor = lock(part)
    except BlockingIOError:
        raise GanError(f"{part}: another process is making this file") from None
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)
