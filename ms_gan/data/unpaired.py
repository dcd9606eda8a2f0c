"""Two collections of images, X and Y, that show two kinds of things and aren't paired."""

import contextlib
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ms_gan.data.base import Batches, scaled
from ms_gan.stand_ins.pairs import draw_unpaired
from ms_gan.data.folder import DRAWN, ImageFiles, drawn_in, list_images, open_folder
from ms_gan.data.images import ImageBatches
from ms_gan.data.pairs import folder_of, hold_out
from ms_gan.errors import GanError

SPLITS = {"train", "val", "test"}  # sub-folders of one kind of images, or of pairs
STAND_IN_NOTE = (
    "these images are DRAWN STAND-INS: drawn faces (X) and line drawings of other ones (Y). To train on "
    "real images put them into unpaired/A and unpaired/B in the datasets folder, or give --data a folder "
    "or zip of two folders of images, or two of them as PATH,PATH"
)


@dataclass(frozen=True)
class Unpaired:
    """Checked image files of two collections, in a fixed order, and where they come from.

    All paths are absolute.
    """

    path: str  # a folder, or two as PATH,PATH
    x: ImageFiles  # for training, as y
    y: ImageFiles
    held_out_x: tuple  # files for validation, as held_out_y
    held_out_y: tuple
    drawn: bool  # whether they are the embedded stand-in, not a real data set

    @property
    def count(self):
        """How many images an epoch goes through: those of the larger collection."""
        return max(self.x.count, self.y.count)

    def __str__(self):
        return (
            f"{self.x.count} images X and {self.y.count} images Y in {self.path}, "
            f"{len(self.held_out_x)} and {len(self.held_out_y)} held out"
        )

    def describe(self):
        """What `options.json` records of the data."""
        return {
            "path": self.path,
            "images": self.count,
            "images_x": self.x.count,
            "images_y": self.y.count,
            "held_out": len(self.held_out_x) + len(self.held_out_y),
            "drawn_stand_in": self.drawn,
        }


def find(data, datasets, stand_in):
    """Find or draw the two collections; return them as checked `Unpaired`.

    data: a folder or zip that holds two sub-folders of images, or `trainA` and `trainB` (and
    `testA` and `testB` for validation); or two folders or zips of images as "PATH,PATH"; or None
    for `unpaired` or `unpaired.zip` in the folder `datasets`. stand_in: whether to draw images
    where there is neither. Raises GanError where nothing usable is found.
    """
    if data is not None:
        both = None if Path(data).exists() else _two_paths(str(data))
        if both:
            return _open_two(*(folder_of(path, datasets) for path in both), datasets)
        return _open(folder_of(data, datasets), datasets)
    own = Path(datasets, "unpaired")
    for place in (own, own.with_suffix(".zip")):
        if place.exists():
            return _open(folder_of(place, datasets), datasets)
    missing = (
        f"{own}: no such folder, nor such a .zip; put two folders of images there, or give --data a folder or "
        "zip of two, or PATH,PATH"
    )
    if not stand_in:
        raise GanError(missing)
    print(f"warning: {missing}", file=sys.stderr)
    return _open(drawn_in(Path(datasets, "drawn-unpaired"), draw_unpaired, STAND_IN_NOTE), datasets)


def _two_paths(text):
    """The two paths in "PATH,PATH", or None where there is no comma; a path may have commas of its
    own.
    """
    ways = [(text[:at], text[at + 1 :]) for at, letter in enumerate(text) if letter == ","]
    return next(
        (way for way in ways if all(path and Path(path).exists() for path in way)),
        ways[0] if ways else None,
    )


def _open(folder, datasets):
    """The collections in two sub-folders of `folder`."""
    images = list_images(folder)
    found = sorted(
        {image.relative_to(folder).parts[0] for image in images if image.parent != folder}
    )
    loose = sum(image.parent == folder for image in images)
    if {"trainA", "trainB"} <= set(found):
        names, tests = ("trainA", "trainB"), ("testA", "testB")
    elif len(found) == 2 and not loose and not set(found) <= SPLITS:
        names, tests = found, ()
    else:
        what = [f"{loose} images"] * (loose > 0) + [f"the sub-folder {name}" for name in found[:5]]
        what += [f"{len(found) - 5} more"] * (len(found) > 5)
        raise GanError(
            f"{folder}: found {', '.join(what) or 'no images'}; expected two sub-folders of images, one for "
            "each kind (or trainA, trainB, testA, testB), and no others; or give --data PATH,PATH"
        )
    x, y = (open_folder(folder / name, datasets) for name in names)
    drawn = (folder / DRAWN).exists()
    if tests and set(tests) <= set(found):
        held_out = (open_folder(folder / name, datasets).files for name in tests)
        return Unpaired(str(folder), x, y, *held_out, drawn)
    return _held_out(str(folder), x, y, drawn)


def _open_two(folder_x, folder_y, datasets):
    x, y = open_folder(folder_x, datasets), open_folder(folder_y, datasets)
    return _held_out(f"{folder_x},{folder_y}", x, y, x.drawn or y.drawn)


def _held_out(path, x, y, drawn):
    """`Unpaired` with the last files of both collections for validation."""
    for images in (x, y):
        if images.count < 2:
            raise GanError(
                f"{images.folder}: only one image; expected at least 2, as one is held out for validation"
            )
    (train_x, test_x), (train_y, test_y) = hold_out(x.files), hold_out(y.files)
    return Unpaired(
        path, replace(x, files=train_x), replace(y, files=train_y), test_x, test_y, drawn
    )


class UnpairedBatches(Batches):
    """`Batches` of (x, y), scaled to the shorter side and cut at the centre, decoded anew in every
    epoch.

    An epoch goes through the larger collection once. The smaller one is gone through again and
    again, in another order each time, so that the two meet in ever new ways. workers: threads that
    read images.
    """

    def __init__(self, unpaired, image_size, batch_size, seed, workers):
        super().__init__(unpaired, batch_size, seed)
        self._unpaired = unpaired
        self._size = image_size
        self._workers = workers
        # One pipeline reads both, which takes turns: a batch of X, a batch of Y.
        self._images = self._reader(unpaired.x.files + unpaired.y.files, batch_size)

    def examples(self, epoch, order):
        """Yield (x, y) for each batch of the larger collection's images that `order` lists, the
        rest of an epoch.

        Both are float32 (batch_size, 3, image_size, image_size) in [-1, 1]. Raises GanError where
        an image has vanished or broken since it was checked.
        """
        count_x, count_y = self._unpaired.x.count, self._unpaired.y.count
        partners = self._partners(epoch, min(count_x, count_y))[-len(order) :]
        x, y = (order, partners) if count_x >= count_y else (partners, order)
        turns = np.stack(
            (x.reshape(-1, self.batch_size), count_x + y.reshape(-1, self.batch_size)), 1
        )
        pixels = self._images.pixels(turns.ravel())
        for batch in pixels:
            yield scaled(batch), scaled(next(pixels))

    def held_out(self, count):
        """(x, y): the first `count` validation images of each collection, or as many as there are.

        Both are float32 arrays (count, 3, image_size, image_size) in [-1, 1].
        """
        return tuple(
            self._decoded(files[:count])
            for files in (self._unpaired.held_out_x, self._unpaired.held_out_y)
        )

    def close(self):
        """Let go of what was opened for reading. The images themselves are untouched."""
        self._images.close()

    def _partners(self, epoch, count):
        """Numbers of the smaller collection's `count` images for a whole epoch."""
        rng, whole = (
            np.random.default_rng([self._seed, epoch, 1]),
            self.steps_per_epoch * self.batch_size,
        )
        return np.concatenate([rng.permutation(count) for _ in range(-(-whole // count))])[:whole]

    def _decoded(self, files):
        with contextlib.closing(self._reader(files, len(files))) as reader:
            return scaled(next(reader.pixels(range(len(files))))).asnumpy()

    def _reader(self, files, batch_size):
        images = ImageFiles(Path(self._unpaired.path), files, self._unpaired.drawn)
        return ImageBatches(images, self._size, batch_size, self._seed, self._workers)
