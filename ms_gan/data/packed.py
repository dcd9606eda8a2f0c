"""Packed examples: one memory-mapped .npy file of a folder's images, and what it was made of.

Behind the array stands a note in JSON, which `np.load` doesn't mind: {"by": RULES and Pillow's
version, "facts": {name: size and times} of all files, "broken": {name: what is wrong} of those that
aren't in the array}. The note's length and a checksum of both array and note end the file.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import math
import os
import shutil
import stat
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import PIL

from ms_gan.data.decode import Prepare
from ms_gan.data.pipeline import read_once
from ms_gan.files import atomic_file

log = logging.getLogger(__name__)

RULES = 1  # to be raised where decoding or a preparation changes
BY = f"rules {RULES}, Pillow {PIL.__version__}"
HEADER = 128  # bytes
TAIL = struct.Struct("<QI")  # the note's length, the checksum
BLOCK = 1 << 24  # bytes that are checked at once

Facts = dict[str, Any]


class Stale(Exception):
    """A packed file that can't be used; the message says why."""


def pack(
    folder: Path, files: Sequence[Path], prepare: Prepare, workers: int, cache: Path
) -> tuple[np.ndarray, dict[Path, str]]:
    """The examples of all image files of a folder, from its packed file in the folder `cache`.

    The file is made where it isn't there. It is made again, with a line that says why, where it is
    damaged, or where images have come, gone or changed (in size or times). Broken images are looked
    at again in any case.

    Returns:
        The examples of the images that can be used, uint8 (n, *shape), read-only, and
          {file: what is wrong with it} of the others.

    Raises:
        OSError: the packed file can't be written or read.
    """
    home = folder.resolve()
    key = hashlib.sha256(os.fsencode(home)).hexdigest()[:8]
    path = cache / f"{home.name}-{prepare.key}-{key}.npy"
    names = {file: file.relative_to(folder).as_posix() for file in files}
    # Before anything is decoded: a file that is written to meanwhile differs at the next start.
    facts = {name: _facts(file) for file, name in names.items()}
    try:
        examples, broken = read(path, facts, prepare.shape)
        faults = check([folder / name for name in broken], prepare, workers)
        if len(faults) == len(broken):
            return examples, faults
        raise Stale("an image that was broken is sound now")
    except FileNotFoundError:
        pass
    except Stale as reason:
        log.warning("%s: %s; packing the images again", path, reason)
    _write(path, names, facts, prepare, workers)
    examples, broken = read(path, facts, prepare.shape)
    height, width = prepare.shape[-2:]
    log.info("packed %d images at %dx%d into %s", len(examples), width, height, path)
    return examples, {folder / name: fault for name, fault in broken.items()}


def check(files: Sequence[Path], prepare: Prepare, workers: int) -> dict[Path, str]:
    """{file: what is wrong with it} of those that can't be used."""
    found: dict[Path, str] = {}
    for _, faults in read_once(files, prepare, workers, "checking images"):
        found.update(faults)
    return found


def read(path: Path, facts: Facts, shape: tuple[int, ...]) -> tuple[np.ndarray, dict[str, str]]:
    """Map a packed file of examples of this shape into memory and check every byte of it.

    Returns:
        The examples, and {name: what is wrong with it} of the images that aren't among them.

    Raises:
        Stale: the file is damaged, or made of something else than `facts` tells.
    """
    with open(path, "rb") as file:
        if os.fstat(file.fileno()).st_size < HEADER + TAIL.size:
            raise Stale("damaged")
        content = np.asarray(np.memmap(file, np.uint8, "r"))
    body = content[HEADER : -TAIL.size]
    length, checksum = TAIL.unpack(content[-TAIL.size :].tobytes())
    crc = 0
    for start in range(0, len(body), BLOCK):
        crc = zlib.crc32(body.data[start : start + BLOCK], crc)
    if crc != checksum or length > len(body):
        raise Stale("damaged")
    examples, text = np.split(body, [len(body) - length])
    try:
        note = json.loads(text.tobytes())
        made_by, made_of, broken = note["by"], note["facts"], dict(note["broken"])
    except (ValueError, KeyError, TypeError):
        raise Stale("damaged") from None
    if made_by != BY or made_of != facts:
        raise Stale("made from other images, or by another Pillow")
    whole = (len(facts) - len(broken), *shape)
    if content[:HEADER].tobytes() != _header(whole) or len(examples) != math.prod(whole):
        raise Stale("damaged")
    return examples.reshape(whole), broken


def _write(
    path: Path, names: dict[Path, str], facts: Facts, prepare: Prepare, workers: int
) -> None:
    broken: dict[str, str] = {}
    with atomic_file(path) as temporary, open(temporary, "wb") as target:
        size, free = len(names) * math.prod(prepare.shape), shutil.disk_usage(path.parent).free
        if size > free:
            raise OSError(errno.ENOSPC, f"it takes {size:,} bytes, but only {free:,} are free")
        target.write(bytes(HEADER))  # how many images can be used is known in the end
        crc = 0
        # Not through a memory map: a full disk would kill the process there, not raise an error.
        for examples, faults in read_once(list(names), prepare, workers, "packing images"):
            content = examples.tobytes()
            target.write(content)
            crc = zlib.crc32(content, crc)
            broken.update((names[file], fault) for file, fault in faults.items())
        note = json.dumps({"by": BY, "facts": facts, "broken": broken}).encode()
        target.write(note + TAIL.pack(len(note), zlib.crc32(note, crc)))
        target.seek(0)
        target.write(_header((len(names) - len(broken), *prepare.shape)))


def _header(shape: tuple[int, ...]) -> bytes:
    """The first bytes of a .npy file of uint8, version 1.0."""
    text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".ljust(HEADER - 11)
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", HEADER - 10) + text.encode() + b"\n"


def _facts(file: Path) -> list[int] | None:
    """What differs once a file has changed; None where it can't be told."""
    try:
        facts = file.stat()
    except OSError:
        return None
    if not stat.S_ISREG(facts.st_mode):  # the times of pipes and devices change by themselves
        return None
    # The third is set by the system alone: it also gives away new permissions, and a copy that
    # kept its time.
    return [facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns]
