"""CIFAR-10's python version: `cifar-10-python.tar.gz`, or the folder that it unpacks to.

The 50,000 images of its five training batches, 32x32, of all classes. The batches are pickles,
which can run any program when they are read. Here they can name nothing but what makes an array.
"""

from __future__ import annotations

import codecs
import contextlib
import functools
import io
import pickle
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ms_gan.data.archive import DAMAGE
from ms_gan.data.decode import Prepare
from ms_gan.data.listing import refuse_odd_bytes
from ms_gan.data.sources.base import Block, Facts, Source, decoded, facts_of
from ms_gan.errors import GanError, os_reason

ENDINGS = (".tar", ".tar.gz", ".tgz")
FOLDER = "cifar-10-batches-py"
BATCH = re.compile(r"data_batch_\d")
SHAPE = 3, 32, 32
LARGEST = 1 << 28  # bytes of a batch; CIFAR-10's have 31 million


def is_cifar(path: Path) -> bool:
    """Whether a path is a tar, or a folder with CIFAR-10's batches."""
    if path.is_dir():
        return bool(_batch_files(path))
    return path.is_file() and path.name.lower().endswith(ENDINGS)


class Cifar(Source):
    """CIFAR-10's training images, read when they are first asked for.

    Raises:
        GanError: the path isn't text.
    """

    def __init__(self, path: Path) -> None:
        refuse_odd_bytes(path)
        self.path = path
        self.files = {}

    @property
    def count(self) -> int:
        return sum(map(len, self._batches.values()))

    def facts(self) -> Facts:
        files = _batch_files(self.path) if self.path.is_dir() else [self.path]
        return {file.name: facts_of(file) for file in files}

    def read(self, prepare: Prepare, workers: int, first: int = 0) -> Iterator[Block]:
        return decoded(self._images(first), prepare, workers)

    def _images(self, first: int) -> Iterator[tuple[str, Image.Image]]:
        for name, pixels in self._batches.items():
            for number in range(min(first, len(pixels)), len(pixels)):
                image = pixels[number].reshape(SHAPE).transpose(1, 2, 0)
                yield f"{name}/{number}", Image.fromarray(np.ascontiguousarray(image))
            first = max(0, first - len(pixels))

    @functools.cached_property
    def _batches(self) -> dict[str, np.ndarray]:
        """{name: uint8 (n, 3072)}."""
        contents = _in_folder(self.path) if self.path.is_dir() else _in_tar(self.path)
        found = {name: _pixels(content, self.path / name) for name, content in contents}
        if not found:
            raise GanError(
                f"{self.path}: holds no data_batch_1; expected CIFAR-10's python version; unpack a "
                "tar of images and give --data the folder"
            )
        return dict(sorted(found.items()))


class _Unpickler(pickle.Unpickler):
    """Makes arrays, and otherwise only what needs no name: dicts, lists, bytes, text, numbers."""

    def find_class(self, module: str, name: str) -> Any:
        known = {
            ("numpy", "ndarray"): None,  # only named, as what `_reconstruct` is to make
            ("numpy", "dtype"): np.dtype,
            ("numpy.core.multiarray", "_reconstruct"): _empty_array,
            ("numpy._core.multiarray", "_reconstruct"): _empty_array,
            ("_codecs", "encode"): _latin1,  # of bytes that Python 3 wrote for Python 2
        }
        if (module, name) not in known:
            raise pickle.UnpicklingError(f"it names {module}.{name}")
        return known[module, name]


def _empty_array(*_: object) -> np.ndarray:
    """What an array is before its content is set, whatever size the pickle asks for."""
    return np.empty(0, np.uint8)


def _latin1(text: str, _: object) -> bytes:
    return codecs.latin_1_encode(text)[0]


def _pixels(content: bytes, where: Path) -> np.ndarray:
    try:
        batch = _Unpickler(io.BytesIO(content), encoding="bytes").load()
    except Exception as error:  # a damaged pickle raises anything
        reason = str(error) or type(error).__name__
        raise GanError(f"{where}: refused: not a batch of CIFAR-10: {reason}") from None
    found = batch if isinstance(batch, dict) else {}
    pixels = found.get(b"data", found.get("data"))
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8 or pixels.ndim != 2:
        raise GanError(f"{where}: not a batch of CIFAR-10: it holds no array of bytes as its data")
    if pixels.shape[1] != np.prod(SHAPE):
        raise GanError(
            f"{where}: not a batch of CIFAR-10: rows of {pixels.shape[1]} bytes, expected 3072"
        )
    return pixels


def _batch_files(folder: Path) -> list[Path]:
    for place in (folder, folder / FOLDER):
        if (place / "data_batch_1").is_file():
            return sorted(file for file in place.iterdir() if BATCH.fullmatch(file.name))
    return []


def _in_folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    for file in _batch_files(folder):
        try:
            yield file.name, file.read_bytes()
        except OSError as error:
            raise GanError(f"{file}: can't be read: {os_reason(error)}") from None


def _in_tar(path: Path) -> Iterator[tuple[str, bytes]]:
    with contextlib.ExitStack() as stack:
        try:
            opened = stack.enter_context(tarfile.open(path))
            for member in opened:
                name = member.name.rpartition("/")[2]
                content = opened.extractfile(member) if BATCH.fullmatch(name) else None
                if content is None:
                    continue
                if member.size > LARGEST:
                    raise GanError(f"{path}/{name}: refused: {member.size:,} bytes, too many")
                yield name, content.read()
        except (tarfile.TarError, OSError, *DAMAGE) as error:
            reason = str(error) or "it ends too early"
            raise GanError(f"{path}: not a whole tar ({reason}); fetch it again") from None
