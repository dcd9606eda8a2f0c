"""Sets of images, from their packed file or from the files themselves, and batches of them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ms_gan.data import packed
from ms_gan.data.base import Batches, DataOptions, held_out, scaled
from ms_gan.data.decode import Prepare
from ms_gan.data.listing import ENDING, name_some, require_images
from ms_gan.data.locate import SYNTHETIC
from ms_gan.data.pipeline import BROKEN, Pipeline
from ms_gan.errors import GanError, UsageError, os_reason
from ms_gan.streams import stream

if TYPE_CHECKING:
    from mindspore import Tensor

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Sound images in a fixed order: a `Dataset`, made by `open_images`."""

    folder: Path  # absolute
    files: tuple[Path, ...]  # absolute
    synthetic: bool
    examples: np.ndarray | Pipeline  # of all sound images of the folder
    numbers: np.ndarray  # of these in it
    held_out: ImageSet | None = None  # kept out of training by `--holdout`

    @property
    def count(self) -> int:
        return len(self.files)

    def __str__(self) -> str:
        kept = f", {self.held_out.count} held out" if self.held_out else ""
        return f"{self.count} images in {self.folder}{kept}"

    def describe(self) -> dict[str, Any]:
        kept = {"held_out": self.held_out.count} if self.held_out else {}
        path = str(self.folder)
        return {"path": path, "images": self.count, "synthetic": self.synthetic, **kept}

    def select(self, numbers: Sequence[int] | np.ndarray) -> ImageSet:
        """The images with these numbers, in this order, as a set of its own."""
        files = tuple(self.files[number] for number in numbers)
        return replace(self, files=files, numbers=self.numbers[list(numbers)])

    def hold_out(self, options: DataOptions) -> ImageSet:
        """Those for training, with the others in `held_out`, as `data.base.held_out` draws them.

        Raises:
            UsageError: none would be left.
        """
        if not options.holdout:
            return self
        kept, others = held_out(self.count, options)
        return replace(self.select(kept), held_out=self.select(others))

    def split(self, options: DataOptions, noun: str = "image") -> tuple[ImageSet, ImageSet]:
        """Those for training, and those for validation: without `--holdout` the last twentieth,
        but 1 to 8.

        Raises:
            GanError: there is only one, called by the noun.
            UsageError: none would be left.
        """
        if options.holdout:
            kept, others = held_out(self.count, options)
            return self.select(kept), self.select(others)
        if self.count < 2:
            raise GanError(
                f"{self.folder}: only one {noun}; expected at least 2, as one is held out for "
                "validation"
            )
        count = self.count - max(1, min(8, self.count // 20))
        return self.select(range(count)), self.select(range(count, self.count))

    def rows(self, order: Sequence[int] | np.ndarray, batch_size: int) -> Iterator[np.ndarray]:
        """Yield the examples of the images with the numbers in `order`, uint8 (batch_size, *shape).

        The last array holds what is left.

        Raises:
            GanError: an image has vanished or broken since it was checked.
        """
        numbers = self.numbers[np.asarray(order, int)]
        if isinstance(self.examples, Pipeline):
            yield from self.examples.rows(numbers, batch_size)
            return
        for start in range(0, len(numbers), batch_size):
            yield self.examples[numbers[start : start + batch_size]]

    def close(self) -> None:
        if isinstance(self.examples, Pipeline):
            self.examples.close()


def open_images(folder: Path, prepare: Prepare, options: DataOptions) -> ImageSet:
    """The sound images in a folder and its sub-folders, at any depth, checked and packed.

    Without `options.cache`, or where the packed file can't be written, files are checked at every
    start and read in every epoch. Broken files are named in warnings (the first ten), counted and
    left out.

    Args:
        folder: where the images are.
        prepare: makes an example of an image.
        options: `datasets`, `cache` and `workers` are used.

    Raises:
        GanError: no image is left.
    """
    folder = Path(folder)
    files = require_images(folder)
    examples: np.ndarray | Pipeline | None = None
    if options.cache:
        cache = Path(options.datasets, "cache")
        try:
            examples, faults = packed.pack(folder, files, prepare, options.workers, cache)
        except OSError as error:
            where, reason = error.filename or cache, os_reason(error)
            instead = "the image files are read in every epoch instead"
            log.warning("%s: can't be used: %s; %s", where, reason, instead)
    if examples is None:
        faults = packed.check(files, prepare, options.workers)
    name_some({file: faults[file] for file in files if file in faults})
    if faults:
        broken = all(fault.startswith(BROKEN) for fault in faults.values())
        what = "broken" if broken else "unusable"
        log.warning("%d of %d images are %s and left out", len(faults), len(files), what)
    home = folder.resolve()
    sound = tuple(home / file.relative_to(folder) for file in files if file not in faults)
    if not sound:
        reason = next(iter(faults.values()))
        if not reason.startswith(BROKEN):
            raise GanError(f"{folder}: none of its {len(files)} images can be used: {reason}")
        raise GanError(
            f"{folder}: all {len(files)} files {ENDING} are broken; "
            "expected images that Pillow can read"
        )
    if examples is None:
        examples = Pipeline(sound, prepare, options.workers)
    synthetic = (folder / SYNTHETIC).exists()
    return ImageSet(home, sound, synthetic, examples, np.arange(len(sound)))


def refuse_holdout(options: DataOptions, folder: Path) -> None:
    """Raise UsageError where images are to be held out although a folder of them is."""
    if options.holdout:
        raise UsageError(
            f"--holdout {options.holdout}: {folder} holds images for validation already; leave it "
            "out"
        )


class ImageBatches(Batches):
    """`Batches` of an `ImageSet`: (float32 (batch_size, *shape),).

    Args:
        images: the images.
        batch_size: see `Batches`, as are seed and data_range.
        flip: whether each image is mirrored with probability 1/2, drawn anew in every epoch.
    """

    _data: ImageSet

    def __init__(
        self,
        images: ImageSet,
        batch_size: int,
        seed: int,
        data_range: float = 1.0,
        flip: bool = False,
    ):
        super().__init__(images, batch_size, seed, data_range)
        self._flip = flip

    def examples(self, epoch: int, order: np.ndarray) -> Iterator[tuple[Tensor, ...]]:
        batches = self._data.rows(order, self.batch_size)
        if self._flip:
            batches = self._flipped(batches, epoch, len(order))
        for rows in batches:
            yield (scaled(rows, self._data_range),)

    def _flipped(
        self, batches: Iterator[np.ndarray], epoch: int, left: int
    ) -> Iterator[np.ndarray]:
        """The batches of the last `left` images of an epoch, with about half of these mirrored."""
        rng = stream(self._seed, "augmentation", epoch, self._rank)
        # For the rank's whole epoch, so that a run which goes on within it sees what it would have.
        mirrored = (rng.random(self.steps_per_epoch * self.batch_size) < 0.5)[-left:]
        for rows, mirror in zip(batches, mirrored.reshape(-1, self.batch_size, 1, 1, 1)):
            yield np.where(mirror, rows[..., ::-1], rows)

    def close(self) -> None:
        self._data.close()
