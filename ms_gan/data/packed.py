"""Packed pixels: one .npy file of uint8 images, with a note at its end that tells what it was made
of.

The note is JSON: {"source": a key of what was packed, "crc32": of all bytes before the note}.
`np.load` reads the array and doesn't mind the note.
"""

import io
import itertools
import json
import os
import zlib

import numpy as np

from ms_gan.files import atomic_file

NOTE = 256  # bytes that a note has at most
BLOCK = 1 << 24  # bytes that are checked at once


class Unfit(Exception):
    """A file that can't be used; the message says why."""


def write(path, source, shape, blocks):
    """Write `blocks`, uint8 arrays that make up an array of `shape` when put end to end; whole or
    not at all.
    """
    with atomic_file(path) as temporary, open(temporary, "wb") as file:
        crc = 0
        # Not through a memory map: a full disk would kill the process there, not raise an error.
        for content in itertools.chain([_header(shape)], map(np.ascontiguousarray, blocks)):
            file.write(content)
            crc = zlib.crc32(content, crc)
        file.write(json.dumps({"source": source, "crc32": crc}).encode())


def read(path, source, shape):
    """The packed pixels as a read-only uint8 array of `shape`, mapped from the file.

    Every byte is checked. Raises Unfit for a damaged file and for one of another source, OSError
    for one that can't be read.
    """
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        file.seek(max(0, size - NOTE))
        tail = file.read()
        try:
            at = tail.rindex(b"{")
            note = json.loads(tail[at:])
            made_of, crc = note["source"], note["crc32"]
        except (ValueError, KeyError, TypeError):
            raise Unfit("damaged") from None
        if made_of != source:
            raise Unfit("made from other images, or by another MindSpore")
        content = np.asarray(np.memmap(file, np.uint8, "r"))[: size - len(tail) + at]
    header = _header(shape)
    if len(content) != len(header) + np.prod(shape) or _crc(content) != crc:
        raise Unfit("damaged")
    return content[len(header) :].reshape(shape)


def _header(shape):
    """The first bytes of a .npy file of uint8."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "|u1", "fortran_order": False, "shape": shape}
    )
    return header.getvalue()


def _crc(content):
    crc = 0
    for start in range(0, len(content), BLOCK):
        crc = zlib.crc32(content[start : start + BLOCK], crc)
    return crc
