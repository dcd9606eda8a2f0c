"""Packed examples: one memory-mapped .npy file of all images of a source, in their order.

Behind the array stands a note in JSON, which `np.load` doesn't mind. The note's length and a
checksum of both array and note end the file. A note holds "by" (RULES and Pillow's version) and
"broken" ({name: what is wrong} of images that aren't in the array), and in the cache "facts" (size
and times) of what it was made of. Others: see prepared.py.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import math
import os
import shutil
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import PIL
from tqdm.auto import tqdm

from ms_gan.data.decode import Prepare
from ms_gan.data.sources.base import Block, Facts, Source
from ms_gan.files import atomic_file

log = logging.getLogger(__name__)

RULES = 1  # to be raised where decoding or a preparation changes
BY = f"rules {RULES}, Pillow {PIL.__version__}"
HEADER = 128  # bytes
TAIL = struct.Struct("<QI")  # the note's length, the checksum
BLOCK = 1 << 24  # bytes that are checked at once

Note = dict[str, Any]


class Stale(Exception):
    """A packed file that can't be used; the message says why."""


def pack(
    source: Source, prepare: Prepare, workers: int, cache: Path
) -> tuple[np.ndarray, dict[str, str]]:
    """The examples of all images of a source, from its packed file in the folder `cache`.

    The file is made where it isn't there. It is made again, with a line that says why, where it is
    damaged, or where images have come, gone or changed (in size or times). Broken image files are
    looked at again in any case.

    Returns:
        The examples of the images that can be used, uint8 (n, *shape), read-only, and
          {name: what is wrong with it} of the others.

    Raises:
        OSError: the packed file can't be written or read.
        GanError: the source can't be read.
    """
    home = source.path.resolve()
    key = hashlib.sha256(os.fsencode(home)).hexdigest()[:8]
    path = cache / f"{home.name}-{prepare.key}-{key}.npy"
    # Before anything is decoded: a file that is written to meanwhile differs at the next start.
    facts = source.facts()
    try:
        examples, broken = read(path, facts, prepare.shape)
        faults = source.again(broken, prepare, workers)
        if len(faults) == len(broken):
            return examples, faults
        raise Stale("an image that was broken is sound now")
    except FileNotFoundError:
        pass
    except Stale as reason:
        log.warning("%s: %s; packing the images again", path, reason)
    _write(path, source, facts, prepare, workers)
    examples, broken = read(path, facts, prepare.shape)
    height, width = prepare.shape[-2:]
    log.info("packed %d images at %dx%d into %s", len(examples), width, height, path)
    return examples, broken


def check(source: Source, prepare: Prepare, workers: int) -> dict[str, str]:
    """{name: what is wrong with it} of the images that can't be used."""
    found: dict[str, str] = {}
    for _, faults in blocks(source, prepare, workers, "checking images"):
        found.update(faults)
    return found


def blocks(
    source: Source, prepare: Prepare, workers: int, title: str, first: int = 0
) -> Iterator[Block]:
    """`source.read`, with a progress bar."""
    with tqdm(desc=title, total=source.count, initial=first, leave=False, disable=None) as progress:
        for examples, faults in source.read(prepare, workers, first):
            yield examples, faults
            progress.update(len(examples) + len(faults))


class Writer:
    """Writes a packed file from its first example to its end.

    Args:
        file: as it was left after `count` examples with the checksum `crc`.
        shape: of an example.
    """

    def __init__(
        self, file: BinaryIO, shape: tuple[int, ...], count: int = 0, crc: int = 0
    ) -> None:
        self._file, self._shape = file, shape
        self.count, self.crc = count, crc
        # How many images can be used is known in the end.
        file.truncate(HEADER + count * math.prod(shape))
        file.seek(0, os.SEEK_END)

    def add(self, examples: np.ndarray) -> None:
        # Not through a memory map: a full disk would kill the process there, not raise an error.
        content = examples.tobytes()
        self._file.write(content)
        self.count += len(examples)
        self.crc = zlib.crc32(content, self.crc)

    def finish(self, note: Note) -> None:
        text = json.dumps(note).encode()
        self._file.write(text + TAIL.pack(len(text), zlib.crc32(text, self.crc)))
        self._file.seek(0)
        self._file.write(_header((self.count, *self._shape)))


def read(path: Path, facts: Facts, shape: tuple[int, ...]) -> tuple[np.ndarray, dict[str, str]]:
    """The examples in a file of the cache, and {name: what is wrong with it} of the other images.

    Raises:
        Stale: the file is damaged, or made of something else than `facts` tells.
    """
    content, note = mapped(path)
    if note["by"] != BY or note.get("facts") != facts:
        raise Stale("made from other images, or by another Pillow")
    return shaped(content, shape), dict(note["broken"])


def mapped(path: Path) -> tuple[np.ndarray, Note]:
    """Map a packed file's content into memory, check every byte of it, and read its note.

    Raises:
        Stale: it is damaged.
    """
    with open(path, "rb") as file:
        if os.fstat(file.fileno()).st_size < HEADER + TAIL.size:
            raise Stale("damaged")
        content = np.asarray(np.memmap(file, np.uint8, "r"))
    body = content[HEADER : -TAIL.size]
    length, checksum = TAIL.unpack(content[-TAIL.size :].tobytes())
    if length > len(body) or checksum_of(body) != checksum:
        raise Stale("damaged")
    content, text = np.split(content[: -TAIL.size], [HEADER + len(body) - length])
    try:
        note = json.loads(text.tobytes())
        note["by"], dict(note["broken"])
    except (ValueError, KeyError, TypeError):
        raise Stale("damaged") from None
    return content, note


def checksum_of(content: np.ndarray) -> int:
    """The checksum of bytes."""
    crc = 0
    for start in range(0, len(content), BLOCK):
        crc = zlib.crc32(content.data[start : start + BLOCK], crc)
    return crc


def shaped(content: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The examples of this shape in what `mapped` has read, uint8 (n, *shape), read-only.

    Raises:
        Stale: they are of another shape.
    """
    header, examples = np.split(content, [HEADER])
    whole = (len(examples) // math.prod(shape), *shape)
    if header.tobytes() != _header(whole) or len(examples) != math.prod(whole):
        raise Stale("damaged")
    return examples.reshape(whole)


def _write(path: Path, source: Source, facts: Facts, prepare: Prepare, workers: int) -> None:
    broken: dict[str, str] = {}
    with atomic_file(path) as temporary, open(temporary, "wb") as target:
        size = source.count * math.prod(prepare.shape)
        free = shutil.disk_usage(path.parent).free
        if size > free:
            raise OSError(errno.ENOSPC, f"it takes {size:,} bytes, but only {free:,} are free")
        writer = Writer(target, prepare.shape)
        for examples, faults in blocks(source, prepare, workers, "packing images"):
            writer.add(examples)
            broken.update(faults)
        writer.finish({"by": BY, "facts": facts, "broken": broken})


def _header(shape: tuple[int, ...]) -> bytes:
    """The first bytes of a .npy file of uint8, version 1.0."""
    text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".ljust(HEADER - 11)
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", HEADER - 10) + text.encode() + b"\n"
