"""MNIST's handwritten digits: the user's own files, the data set's, or, without network, a drawn
stand-in.
"""

import gzip
import hashlib
import math
import os
import shutil
import struct
import sys
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import mindspore.dataset as ds
import numpy as np
from mindspore.dataset import vision

from ms_gan.data.batches import Batches
from ms_gan.data.drawn_digits import draw_digits
from ms_gan.data.fetch import fetch
from ms_gan.data.folder import DRAWN, drawn_in
from ms_gan.data.threads import patient
from ms_gan.errors import GanError
from ms_gan.files import atomic_folder

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
SPLITS = {  # images and labels; training takes the first split that is there
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
SHAPES = ((28, 28), ())  # of an image and of a label
EXPECTED = " and ".join(SPLITS["train"]) + " (or t10k-..., plain or .gz)"
READ_AT_ONCE = 1000  # images
STAND_IN_NOTE = (
    "these digits are DRAWN STAND-INS, not MNIST, which could not be fetched. To train on real ones put "
    "MNIST's files into the folder mnist in the datasets folder, or give --data a folder that holds them"
)


@dataclass(frozen=True)
class Digits:
    """A checked split of MNIST, or of a set in its format: plain idx files in a folder (an absolute
    path).
    """

    folder: Path
    split: str  # "train" or "test"
    count: int  # images
    drawn: bool  # whether they are the drawn stand-in, not a real data set

    def __str__(self):
        return f"{self.count} images in {self.folder}"

    def describe(self):
        """What `options.json` records of the data."""
        return {"path": str(self.folder), "images": self.count, "drawn_stand_in": self.drawn}


def find(data, url, datasets, stand_in):
    """Find, fetch or draw the digits; return them as checked `Digits`, the train split rather than
    the test.

    data: a folder of idx files, plain or .gz, or None for MNIST itself; url: the address that its
    four files are fetched from, or None for the environment's or the known mirrors; datasets: the
    folder for what is fetched and unpacked; stand_in: whether to draw digits where nothing can be
    fetched. Raises GanError where nothing usable is found.
    """
    datasets = Path(datasets)
    if data is not None:
        return open_digits(data, datasets)
    place = datasets / "mnist"
    if not place.exists():
        try:
            _fetch_all(url or os.environ.get(URL_VARIABLE), place)
        except GanError as error:
            if not stand_in:
                raise
            print(f"warning: {error}", file=sys.stderr)
            return open_digits(
                drawn_in(datasets / "drawn-digits", draw_digits, STAND_IN_NOTE), datasets
            )
    return open_digits(place, datasets)


def open_digits(folder, datasets):
    """The digits in a folder of idx files as checked `Digits`; .gz files are unpacked once, into
    `datasets`.

    Raises GanError, which names the file, where one is missing, damaged or not what MNIST's are.
    """
    folder = Path(folder)
    if not folder.is_dir():
        what = "not a folder" if folder.exists() else "no such folder"
        raise GanError(f"{folder}: {what}; expected a folder that holds {EXPECTED}")
    split = next((split for split in SPLITS if _files(folder, split)), None)
    if split is None:
        raise GanError(f"{folder}: no MNIST files in it; expected {EXPECTED}")
    files = _files(folder, split)
    for name in SPLITS[split]:
        if name not in files:
            raise GanError(
                f"{folder}: holds {', '.join(files)} but no {name}, plain or .gz; put it there too"
            )
    home = (
        _unpacked(files, datasets)
        if any(file.suffix == ".gz" for file in files.values())
        else folder
    )
    count = _checked(home, {name: home / name for name in files})
    return Digits(home.resolve(), split, count, (folder / DRAWN).exists())


class DigitBatches(Batches):
    """`Batches` of digits, (batch_size, 1, image_size, image_size), which are read once and kept in
    memory.

    They are resized where image_size isn't MNIST's 28. Raises GanError where the files can't be
    read any more.
    """

    def __init__(self, digits, image_size, batch_size, seed):
        super().__init__(digits, batch_size, seed)
        self._pixels = _read(digits, image_size)

    def pixels(self, order):
        """Yield uint8 arrays (batch_size, 1, image_size, image_size) of the images with the numbers
        in `order`.
        """
        for start in range(0, len(order), self.batch_size):
            yield self._pixels[order[start : start + self.batch_size]]

    def close(self):
        """Free the memory."""
        self._pixels = None


def _fetch_all(url, place):
    """Download MNIST's four files from `url`, or from the first mirror that has them all, into a
    new folder `place`.
    """
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
        f"MNIST can't be fetched: {'; '.join(faults)}; put its four .gz files into {place}, or give --data"
    )


def _fault(file):
    """What is wrong with a downloaded file, or None."""
    try:
        found = hashlib.md5(gzip.decompress(file.read_bytes()), usedforsecurity=False).hexdigest()
    except NOT_GZIP:
        return "is not a whole gzip file"
    expected = MD5[file.stem]
    return (
        None
        if found == expected
        else f"is not MNIST's (unpacked, its md5 is {found}; expected {expected})"
    )


def _files(folder, split):
    """{plain name: path} of a split's files in `folder`, in the order of SPLITS; a plain file goes
    before a .gz.
    """
    return {
        name: file
        for name in SPLITS[split]
        for file in (folder / f"{name}.gz", folder / name)
        if file.is_file()
    }


def _unpacked(files, datasets):
    """A folder of its own in `datasets` that holds the plain ones of `files` ({plain name: path}).

    Its name holds a key of their paths, sizes and times, so that changed files are unpacked again.
    """
    facts = [
        (str(file.resolve()), file.stat().st_size, file.stat().st_mtime_ns)
        for file in files.values()
    ]
    key = hashlib.sha256(repr(facts).encode()).hexdigest()[:8]
    folder = Path(datasets) / f"{next(iter(files.values())).resolve().parent.name}-{key}"
    if not folder.is_dir():
        with atomic_folder(folder) as temporary:
            for name, file in files.items():
                try:
                    with (
                        (gzip.open if file.suffix == ".gz" else open)(file, "rb") as packed,
                        open(temporary / name, "wb") as plain,
                    ):
                        shutil.copyfileobj(packed, plain)
                except NOT_GZIP as error:
                    raise GanError(
                        f"{file}: not a whole gzip file ({error}); fetch it again"
                    ) from None
            _checked(temporary, files)
    return folder


def _checked(folder, files):
    """The number of images in a split's plain files in `folder`; messages call them by the paths in
    `files`.

    Raises GanError for files that MNIST's could not be, or that don't fit together.
    """
    (images, count), (labels, labelled) = (
        (path, _entries(folder / name, shape, path))
        for (name, path), shape in zip(files.items(), SHAPES)
    )
    if count != labelled:
        raise GanError(
            f"{images}: holds {count} images, but {labels.name} beside it {labelled} labels; "
            "expected as many; fetch both again"
        )
    return count


def _entries(file, shape, path):
    """The number of entries of this shape in an idx file of bytes, which messages call `path`."""
    magic, length = (
        0x801 + len(shape),
        4 * (2 + len(shape)),
    )  # MNIST's magic numbers: one more for each dimension
    with open(file, "rb") as opened:
        header, size = opened.read(length), os.fstat(opened.fileno()).st_size
    if len(header) < length or int.from_bytes(header[:4], "big") != magic:
        raise GanError(
            f"{path}: not an idx file of MNIST's kind; expected it to begin with the number {magic} and "
            f"{len(shape) + 1} lengths; fetch it again"
        )
    _, count, *found = struct.unpack(f">{length // 4}I", header)
    if tuple(found) != shape:
        raise GanError(
            f"{path}: its images are {found[0]}x{found[1]}; expected {shape[0]}x{shape[1]} as MNIST's"
        )
    if count == 0:
        raise GanError(f"{path}: holds 0 entries; expected one or more")
    expected = length + count * math.prod(shape)
    if size != expected:
        raise GanError(
            f"{path}: {size} bytes; expected {expected} for its {count} entries; fetch it again"
        )
    return count


def _read(digits, image_size):
    """All images, in the order of their file, as a uint8 array (count, 1, image_size, image_size)."""
    pixels = np.empty((digits.count, 1, image_size, image_size), np.uint8)
    resize = [vision.Resize(image_size)] if image_size != 28 else []
    # MnistDataset takes every file whose name looks like it for a part of the split, so it is shown
    # these two only.
    with tempfile.TemporaryDirectory(prefix="ms_gan-") as view, patient():
        for name in SPLITS[digits.split]:
            Path(view, name).symlink_to(digits.folder / name)
        data = ds.MnistDataset(view, digits.split, shuffle=False, num_parallel_workers=1).project(
            ["image"]
        )
        data = data.map([*resize, vision.HWC2CHW()], "image", num_parallel_workers=1).batch(
            READ_AT_ONCE
        )
        try:
            blocks = data.create_tuple_iterator(num_epochs=1, output_numpy=True)
            for index, (block,) in enumerate(blocks):
                pixels[index * READ_AT_ONCE :][: len(block)] = block
        except RuntimeError as error:
            raise GanError(
                f"{digits.folder}: digits that were sound at the start can't be read any more "
                f"({str(error).strip().splitlines()[0]})"
            ) from None
    return pixels
