"""MNIST's handwritten digits: the user's own files, the data set's, or a synthetic stand-in."""

from __future__ import annotations

import gzip
import hashlib
import math
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from ms_gan.data.base import Batches, DataOptions, held_out, scaled
from ms_gan.data.fetch import fetch
from ms_gan.data.locate import SYNTHETIC, locate, synthetic_in
from ms_gan.errors import GanError
from ms_gan.files import atomic_folder
from ms_gan.stand_ins.digits import draw_digits

if TYPE_CHECKING:
    from mindspore import Tensor

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://dataset.bj.bcebos.com/mnist/",
)
URL_VARIABLE = "MS_GAN_MNIST_URL"
MD5 = {  # of the plain files: the same digits may be packed anew
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
NOT_GZIP = (gzip.BadGzipFile, zlib.error, EOFError)  # what reading a damaged .gz raises
NAMES = tuple(MD5)
# Images and labels; training takes the first split that is there.
SPLITS = {"train": NAMES[:2], "test": NAMES[2:]}
SIDE = 28  # of the files' images
EXPECTED = " and ".join(SPLITS["train"]) + " (or t10k-..., plain or .gz)"
STAND_IN_NOTE = (
    "these digits are SYNTHETIC STAND-INS, not MNIST, which could not be fetched. To train on real "
    "ones put MNIST's files into the folder mnist in the datasets folder, or give --data a folder "
    "that holds them"
)


@dataclass(frozen=True, eq=False)
class Digits:
    """A split of MNIST, or of a set in its format, in memory: a `Dataset`."""

    folder: Path  # absolute
    split: str  # "train" or "test"
    synthetic: bool
    pixels: np.ndarray  # uint8 (count, 1, side, side), in the order of the file
    labels: np.ndarray  # uint8 (count,), 0 to 9
    held_out: Digits | None = None  # kept out of training by `--holdout`

    @property
    def count(self) -> int:
        return len(self.pixels)

    def __str__(self) -> str:
        kept = f", {self.held_out.count} held out" if self.held_out else ""
        return f"{self.count} images in {self.folder}{kept}"

    def describe(self) -> dict[str, Any]:
        kept = {"held_out": self.held_out.count} if self.held_out else {}
        path = str(self.folder)
        return {"path": path, "images": self.count, "synthetic": self.synthetic, **kept}

    def rows(self, order: np.ndarray, batch_size: int) -> Iterator[np.ndarray]:
        """Yield pixels of the digits with the numbers in `order`; the last array has the rest."""
        for first in range(0, len(order), batch_size):
            yield self.pixels[order[first : first + batch_size]]

    def select(self, numbers: np.ndarray) -> Digits:
        """The digits with these numbers, in this order, as a set of its own."""
        return replace(self, pixels=self.pixels[numbers], labels=self.labels[numbers])


def find(options: DataOptions, side: int = SIDE) -> Digits:
    """Find, fetch or make the digits; the train split goes before the test split.

    Args:
        options: `data` is a folder of idx files, plain or .gz, or None for MNIST itself, and
          `data_url` the address that its four files are fetched from, or None for the
          environment's or the known mirrors.
        side: what the images are resized to, in pixels.

    Raises:
        GanError: a file is missing, damaged, or not what MNIST's are.
        UsageError: `options.holdout` leaves no digit.
    """
    datasets = Path(options.datasets)
    place = datasets / "mnist"

    def fetched() -> Path:
        _fetch_all(options.data_url or os.environ.get(URL_VARIABLE), place)
        return place

    drawn = partial(synthetic_in, datasets / "synthetic-digits", draw_digits, STAND_IN_NOTE)
    folder = locate(options.data, [place], fetched, drawn if options.stand_in else None)
    split, files = _split(folder)
    images, labels = (_read(*entry) for entry in zip(files, ((SIDE, SIDE), ())))
    if len(images) != len(labels):
        raise GanError(
            f"{files[0]}: holds {len(images)} images, but {files[1].name} beside it {len(labels)} "
            "labels; expected as many; fetch both again"
        )
    synthetic = (folder / SYNTHETIC).exists()
    digits = Digits(folder.resolve(), split, synthetic, _resized(images, side)[:, None], labels)
    if not options.holdout:
        return digits
    kept, others = held_out(digits.count, options)
    return replace(digits.select(kept), held_out=digits.select(others))


class DigitBatches(Batches):
    """`Batches` of digits: (float32 (batch_size, 1, side, side) in [-1, 1],)."""

    _data: Digits

    def examples(self, epoch: int, order: np.ndarray) -> Iterator[tuple[Tensor, ...]]:
        for rows in self._data.rows(order, self.batch_size):
            yield (scaled(rows),)


def _fetch_all(url: str | None, place: Path) -> None:
    """Download MNIST's files into a new folder `place`, from `url` or the first mirror with all."""
    faults = []
    for mirror in (url,) if url else MIRRORS:
        try:
            with atomic_folder(place) as temporary:
                for name in MD5:
                    fetch(f"{mirror.rstrip('/')}/{name}.gz", temporary / f"{name}.gz", _fault)
            return
        except GanError as error:
            faults.append(str(error))
    raise GanError(
        f"MNIST can't be fetched: {'; '.join(faults)}; put its four .gz files into {place}, "
        "or give --data"
    )


def _fault(file: Path) -> str | None:
    """What is wrong with a downloaded file, or None."""
    try:
        found = hashlib.md5(gzip.decompress(file.read_bytes()), usedforsecurity=False).hexdigest()
    except NOT_GZIP:
        return "is not a whole gzip file"
    expected = MD5[file.stem]
    if found == expected:
        return None
    return f"is not MNIST's (unpacked, its md5 is {found}; expected {expected})"


def _split(folder: Path) -> tuple[str, list[Path]]:
    """The first split in `folder` and its two files; a plain file goes before a .gz."""
    if not folder.is_dir():
        what = "not a folder" if folder.exists() else "no such folder"
        raise GanError(f"{folder}: {what}; expected a folder that holds {EXPECTED}")
    for split, names in SPLITS.items():
        files = [folder / name for name in names]
        files = [file if file.is_file() else file.with_name(f"{file.name}.gz") for file in files]
        missing = [name for name, file in zip(names, files) if not file.is_file()]
        if not missing:
            return split, files
        if len(missing) == 1:
            there = next(name for name in names if name not in missing)
            raise GanError(
                f"{folder}: holds {there} but no {missing[0]}, plain or .gz; put it there too"
            )
    raise GanError(f"{folder}: no MNIST files in it; expected {EXPECTED}")


def _read(file: Path, shape: tuple[int, ...]) -> np.ndarray:
    """The entries of this shape in an idx file of bytes, plain or .gz: uint8 (count, *shape)."""
    content = file.read_bytes()
    if file.suffix == ".gz":
        try:
            content = gzip.decompress(content)
        except NOT_GZIP as error:
            raise GanError(f"{file}: not a whole gzip file ({error}); fetch it again") from None
    lengths = 1 + len(shape)
    magic, start = 0x800 + lengths, 4 * (1 + lengths)  # 0x08: unsigned bytes
    if len(content) < start or int.from_bytes(content[:4], "big") != magic:
        raise GanError(
            f"{file}: not an idx file of MNIST's kind; expected it to begin with the number "
            f"{magic} and {lengths} lengths; fetch it again"
        )
    count, *found = struct.unpack_from(f">{lengths}I", content, 4)
    if tuple(found) != shape:
        raise GanError(
            f"{file}: its images are {found[0]}x{found[1]}; expected {SIDE}x{SIDE} as MNIST's"
        )
    if count == 0:
        raise GanError(f"{file}: holds 0 entries; expected one or more")
    expected = start + count * math.prod(shape)
    if len(content) != expected:
        raise GanError(
            f"{file}: {len(content)} bytes; expected {expected} for its {count} entries; "
            "fetch it again"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(count, *shape)


def _resized(images: np.ndarray, side: int) -> np.ndarray:
    """uint8 (count, 28, 28) to (count, side, side)."""
    if side == SIDE:
        return images
    pictures = (Image.fromarray(image) for image in images)
    size, way = (side, side), Image.Resampling.BILINEAR
    return np.stack([np.asarray(picture.resize(size, way)) for picture in pictures])
