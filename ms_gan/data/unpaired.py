"""Two collections of images, X and Y, that show two kinds of things and aren't paired."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ms_gan.data.archive import folder_of
from ms_gan.data.base import Batches, DataOptions, scaled
from ms_gan.data.decode import Square
from ms_gan.data.images import ImageSet, open_images, refuse_holdout
from ms_gan.data.listing import list_images
from ms_gan.data.locate import SYNTHETIC, locate_folder, synthetic_in
from ms_gan.errors import GanError, UsageError
from ms_gan.stand_ins.pairs import draw_unpaired
from ms_gan.streams import stream

if TYPE_CHECKING:
    from mindspore import Tensor

SPLITS = {"train", "val", "test"}  # sub-folders of one kind of images, or of pairs
STAND_IN_NOTE = (
    "these images are SYNTHETIC STAND-INS: synthetic faces (X) and line drawings of other ones "
    "(Y). To train on real images put them into unpaired/A and unpaired/B in the datasets folder, "
    "or give --data a folder or zip of two folders of images, or two of them as PATH,PATH"
)


@dataclass(frozen=True)
class Unpaired:
    """Sound images of two collections, X and Y, in a fixed order: a `Dataset`."""

    path: str  # a folder, or two as PATH,PATH, all absolute
    train: tuple[ImageSet, ImageSet]
    held_out: tuple[ImageSet, ImageSet]  # for validation
    synthetic: bool

    @property
    def count(self) -> int:
        """Those of the larger collection, which an epoch goes through."""
        return max(images.count for images in self.train)

    def turned(self) -> Unpaired:
        """The same with X for Y and Y for X."""
        return replace(self, train=self.train[::-1], held_out=self.held_out[::-1])

    def __str__(self) -> str:
        (x, y), (held_out_x, held_out_y) = self.train, self.held_out
        return (
            f"{x.count} images X and {y.count} images Y in {self.path}, "
            f"{held_out_x.count} and {held_out_y.count} held out"
        )

    def describe(self) -> dict[str, Any]:
        return {
            "path": self.path,
            "images": self.count,
            "images_x": self.train[0].count,
            "images_y": self.train[1].count,
            "held_out": sum(images.count for images in self.held_out),
            "synthetic": self.synthetic,
        }


def find(options: DataOptions, size: int) -> Unpaired:
    """Find the two collections, or make a stand-in; check and pack them.

    Args:
        options: `data` is a folder or zip that holds two sub-folders of images, or `trainA` and
          `trainB` (and `testA` and `testB` for validation); or two folders or zips of images as
          "PATH,PATH"; or None for `unpaired` or `unpaired.zip` in `datasets`.
        size: the side of the squares that images are scaled to.

    Raises:
        UsageError: one of two paths is empty, or `options.holdout` doesn't suit the images.
        GanError: nothing usable is found.
    """
    datasets = Path(options.datasets)

    def opened(folders: list[Path]) -> tuple[ImageSet, ImageSet]:
        x, y = (open_images(folder, Square(size), options) for folder in folders)
        return x, y

    both = _two_paths(options.data)
    tests: list[Path] = []
    if both:
        train = opened([folder_of(path, datasets) for path in both])
        path = ",".join(str(images.folder) for images in train)
        synthetic = any(images.synthetic for images in train)
    else:
        advice = (
            "put two folders of images there, or give --data a folder or zip of two, or PATH,PATH"
        )
        place = datasets / "synthetic-unpaired"
        drawn = partial(synthetic_in, place, draw_unpaired, STAND_IN_NOTE)
        folder = locate_folder(options, "unpaired", advice, drawn)
        trains, tests = _sub_folders(folder)
        train, path, synthetic = opened(trains), str(folder), (folder / SYNTHETIC).exists()
    if tests:
        refuse_holdout(options, tests[0])
        return Unpaired(path, train, opened(tests), synthetic)
    (x, held_out_x), (y, held_out_y) = (images.split(options) for images in train)
    return Unpaired(path, (x, y), (held_out_x, held_out_y), synthetic)


class UnpairedBatches(Batches):
    """`Batches` of (x, y), both float32 (batch_size, 3, size, size) in [-1, 1].

    An epoch goes through the larger collection once. The smaller one is gone through again and
    again, in another order each time, so that the two meet in ever new ways.
    """

    _data: Unpaired

    def examples(self, epoch: int, order: np.ndarray) -> Iterator[tuple[Tensor, ...]]:
        x, y = self._data.train
        partners = self._partners(epoch, min(x.count, y.count))[-len(order) :]
        orders = (order, partners) if x.count >= y.count else (partners, order)
        rows = (side.rows(numbers, self.batch_size) for side, numbers in zip((x, y), orders))
        for batch_x, batch_y in zip(*rows):
            yield scaled(batch_x), scaled(batch_y)

    def held_out(self, count: int) -> tuple[np.ndarray, ...]:
        """(x, y): the first `count` validation images of each collection, or as many as there are.

        Both are float32 (count, 3, size, size) in [-1, 1].
        """
        sides = []
        for images in self._data.held_out:
            (rows,) = images.rows(range(min(count, images.count)), count)
            sides.append(scaled(rows).asnumpy())
        return tuple(sides)

    def close(self) -> None:
        for images in (*self._data.train, *self._data.held_out):
            images.close()

    def _partners(self, epoch: int, count: int) -> np.ndarray:
        """This rank's numbers of the smaller collection's `count` images for a whole epoch."""
        rng = stream(self._seed, "shuffle", "partners", epoch)
        shape = self.steps_per_epoch, self._world_size, self.batch_size
        whole = int(np.prod(shape))
        rounds = [rng.permutation(count) for _ in range(-(-whole // count))]
        return np.concatenate(rounds)[:whole].reshape(shape)[:, self._rank].reshape(-1)


def _two_paths(text: str | None) -> tuple[Path, Path] | None:
    """The two paths in "PATH,PATH", or None for one path; each may have commas of its own."""
    if text is None or "," not in text or Path(text).exists():
        return None
    commas = [at for at, letter in enumerate(text) if letter == "," and 0 < at < len(text) - 1]
    if not commas:
        raise UsageError(f"--data {text}: one of its two paths is empty; expected PATH,PATH")
    ways = [(Path(text[:at]), Path(text[at + 1 :])) for at in commas]
    return next((way for way in ways if way[0].exists() and way[1].exists()), ways[0])


def _sub_folders(folder: Path) -> tuple[list[Path], list[Path]]:
    """The folders of X and Y within `folder`: for training, and those for validation, if any."""
    images = list_images(folder)
    inside = [image.relative_to(folder).parts for image in images]
    found = sorted({parts[0] for parts in inside if len(parts) > 1})
    loose = sum(len(parts) == 1 for parts in inside)
    if {"trainA", "trainB"} <= set(found):
        tests = ["testA", "testB"] if {"testA", "testB"} <= set(found) else []
        return [folder / "trainA", folder / "trainB"], [folder / name for name in tests]
    if len(found) == 2 and not loose and not set(found) <= SPLITS:
        return [folder / name for name in found], []
    what = [f"{loose} images"] * (loose > 0) + [f"the sub-folder {name}" for name in found[:5]]
    what += [f"{len(found) - 5} more"] * (len(found) > 5)
    raise GanError(
        f"{folder}: found {', '.join(what) or 'no images'}; expected two sub-folders of images, "
        "one for each kind (or trainA, trainB, testA, testB), and no others; or give --data "
        "PATH,PATH"
    )
