"""Sets of images, from their packed file or from the files themselves, and batches of them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ms_gan.data import packed, prepared
from ms_gan.data.base import Batches, DataOptions, held_out, scaled
from ms_gan.data.decode import Prepare, Square
from ms_gan.data.locate import SYNTHETIC
from ms_gan.data.pipeline import Pipeline
from ms_gan.data.sources import find_source
from ms_gan.data.sources.base import Source
from ms_gan.data.sources.files import Files
from ms_gan.errors import GanError, UsageError, os_reason
from ms_gan.streams import stream

if TYPE_CHECKING:
    from mindspore import Tensor

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Sound images in a fixed order: a `Dataset`, made by the functions below."""

    folder: Path  # absolute, or the file that all images are in
    files: tuple[Path, ...]  # absolute; none where images lie in other files
    synthetic: bool
    examples: np.ndarray | Pipeline  # of all sound images of the folder
    numbers: np.ndarray  # of these in it
    held_out: ImageSet | None = None  # kept out of training by `--holdout`

    @property
    def count(self) -> int:
        return len(self.numbers)

    def __str__(self) -> str:
        kept = f", {self.held_out.count} held out" if self.held_out else ""
        return f"{self.count} images in {self.folder}{kept}"

    def describe(self) -> dict[str, Any]:
        kept = {"held_out": self.held_out.count} if self.held_out else {}
        path = str(self.folder)
        return {"path": path, "images": self.count, "synthetic": self.synthetic, **kept}

    def select(self, numbers: Sequence[int] | np.ndarray) -> ImageSet:
        """The images with these numbers, in this order, as a set of its own."""
        files = tuple(self.files[number] for number in numbers) if self.files else ()
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


def open_data(path: Path, prepare: Square, options: DataOptions) -> ImageSet:
    """The sound images at a path that a user names: a prepared file, or any source.

    The other arguments and the errors are those of `open_source`.

    Raises:
        UsageError: a prepared file isn't as `prepare` would make it.
    """
    if prepared.is_prepared(path):
        examples = prepared.read(path, prepare)
        return ImageSet(path.resolve(), (), False, examples, np.arange(len(examples)))
    return open_source(find_source(path, Path(options.datasets)), prepare, options)


def open_images(folder: Path, prepare: Prepare, options: DataOptions) -> ImageSet:
    """The sound images in a folder and its sub-folders, see `open_source`."""
    return open_source(Files(Path(folder)), prepare, options)


def open_source(source: Source, prepare: Prepare, options: DataOptions) -> ImageSet:
    """The sound images of a source, checked and packed.

    Without `options.cache`, or where the packed file can't be written, image files are checked at
    every start and read in every epoch. Broken images are named in warnings (the first ten),
    counted and left out.

    Args:
        source: where the images are.
        prepare: makes an example of an image.
        options: `datasets`, `cache` and `workers` are used.

    Raises:
        GanError: no image is left, or those that aren't files can't be packed.
        UsageError: images that aren't files are to be read in every epoch.
    """
    pixels: np.ndarray | None = None
    if options.cache:
        cache = Path(options.datasets, "cache")
        try:
            pixels, faults = packed.pack(source, prepare, options.workers, cache)
        except OSError as error:
            where, reason = error.filename or cache, os_reason(error)
            if not source.files:
                raise GanError(
                    f"{where}: can't be used: {reason}; {source.path} is read from a packed file "
                    "only: mend that, or choose another --datasets"
                ) from None
            instead = "the image files are read in every epoch instead"
            log.warning("%s: can't be used: %s; %s", where, reason, instead)
    elif not source.files:
        raise UsageError(
            f"--no-cache: {source.path} holds no image files that could be read in every epoch; "
            "leave it out"
        )
    if pixels is None:
        faults = packed.check(source, prepare, options.workers)
    source.tell(faults)
    files = tuple(file for name, file in source.files.items() if name not in faults)
    home, synthetic = source.path.resolve(), (source.path / SYNTHETIC).exists()
    if pixels is None:
        pipeline = Pipeline(files, prepare, options.workers)
        return ImageSet(home, files, synthetic, pipeline, np.arange(len(files)))
    # Not `source.count`, for which a tar would be unpacked.
    return ImageSet(home, files, synthetic, pixels, np.arange(len(pixels)))


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
