"""Side-by-side pairs for image translation: each image holds A in its left half, B in its right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from ms_gan.data.base import Batches, DataOptions, scaled
from ms_gan.data.decode import Unusable, read_image
from ms_gan.data.images import ImageSet, open_images, refuse_holdout
from ms_gan.data.listing import shown
from ms_gan.data.locate import SYNTHETIC, locate_folder, synthetic_in
from ms_gan.errors import GanError, UsageError
from ms_gan.stand_ins.pairs import draw_pairs
from ms_gan.streams import stream

if TYPE_CHECKING:
    from mindspore import Tensor

STAND_IN_NOTE = (
    "these pairs are SYNTHETIC STAND-INS: synthetic faces (B) beside their line drawings (A). To "
    "train on real ones put a folder or zip of pairs, facades or facades.zip, into the datasets "
    "folder, or give --data a folder or zip of side-by-side pairs"
)


class Halves:
    """Both halves of a pair, each resized to size x size pixels: uint8 (2, 3, size, size)."""

    def __init__(self, size: int):
        self.key = f"pairs-{size}"
        self.shape = (2, 3, size, size)

    def __call__(self, image: Image.Image) -> np.ndarray:
        width, height = image.size
        if width % 2 or width <= height:
            raise Unusable(
                f"not a side-by-side pair: {width}x{height}, expected an even width larger than "
                "the height"
            )
        middle, size = width // 2, self.shape[2:]
        # Cut before it is resized: resizing the whole would blend the halves where they meet.
        boxes = (0, 0, middle, height), (middle, 0, width, height)
        halves = [image.crop(box).resize(size, Image.Resampling.BICUBIC) for box in boxes]
        return np.stack([np.asarray(half) for half in halves]).transpose(0, 3, 1, 2)


@dataclass(frozen=True)
class Pairs:
    """Sound pairs, in a fixed order: a `Dataset`."""

    folder: Path  # absolute
    train: ImageSet  # uint8 (2, 3, jitter, jitter)
    held_out: ImageSet  # for validation
    image_size: int
    jitter: int
    synthetic: bool

    @property
    def count(self) -> int:
        return self.train.count

    def __str__(self) -> str:
        return f"{self.count} pairs in {self.folder}, {self.held_out.count} held out"

    def describe(self) -> dict[str, Any]:
        return {
            "path": str(self.folder),
            "images": self.count,
            "held_out": self.held_out.count,
            "synthetic": self.synthetic,
        }


def find(options: DataOptions, image_size: int, jitter: int) -> Pairs:
    """Find the pairs, or make a stand-in; check and pack them.

    Sub-folders `train` and `val` (or `test`) are the pairs for training and for validation. Without
    them, the last pairs are held out.

    Args:
        options: `data` is a folder or zip, or None for `facades` or `facades.zip` in `datasets`.
        image_size: the side of the images in pixels.
        jitter: the side that halves have before they are cut to that at a random place.

    Raises:
        UsageError: the jitter is smaller than the images, or `options.holdout` doesn't suit them.
        GanError: nothing usable is found.
    """
    if jitter < image_size:
        raise UsageError(
            f"--jitter {jitter}: smaller than the images, {image_size}; choose that or more"
        )
    advice = "put one there, or give --data a folder or zip of pairs"
    place = Path(options.datasets, "synthetic-pairs")
    drawn = partial(synthetic_in, place, draw_pairs, STAND_IN_NOTE)
    folder = locate_folder(options, "facades", advice, drawn)
    parts = [folder / name for name in ("train", "val", "test") if (folder / name).is_dir()]
    if len(parts) > 1 and parts[0].name == "train":
        refuse_holdout(options, parts[1])
        train, held_out = (open_images(part, Halves(jitter), options) for part in parts[:2])
    else:
        train, held_out = open_images(folder, Halves(jitter), options).split(options, "pair")
    return Pairs(folder, train, held_out, image_size, jitter, (folder / SYNTHETIC).exists())


class PairBatches(Batches):
    """`Batches` of (inputs, targets), float32 (batch_size, 3, image_size, image_size) in [-1, 1].

    In every epoch both halves of a pair are cut at the same random place, and mirrored or not. The
    direction is "AtoB" or "BtoA".
    """

    _data: Pairs

    def __init__(self, pairs: Pairs, direction: str, batch_size: int, seed: int):
        super().__init__(pairs, batch_size, seed)
        self._step = -1 if direction == "BtoA" else 1  # in which order the halves are given

    def examples(self, epoch: int, order: np.ndarray) -> Iterator[tuple[Tensor, ...]]:
        size, spare = self._data.image_size, self._data.jitter - self._data.image_size
        whole = self.steps_per_epoch * self.batch_size
        rng = stream(self._seed, "augmentation", epoch, self._rank)
        # For the rank's whole epoch, so that a run which goes on within it sees what it would have.
        corners = rng.integers(0, spare + 1, (whole, 2))[-len(order) :]
        mirrored = (rng.random(whole) < 0.5)[-len(order) :]
        moves = zip(corners.tolist(), mirrored.tolist())
        for rows in self._data.train.rows(order, self.batch_size):
            batch = np.empty((*rows.shape[:3], size, size), np.uint8)
            for place, pair, ((left, top), mirror) in zip(batch, rows, moves):
                cut = pair[..., top : top + size, left : left + size]
                place[:] = cut[..., ::-1] if mirror else cut
            yield self._sides(batch)

    def held_out(self, count: int) -> tuple[np.ndarray, ...]:
        """(inputs, targets) of the first `count` validation pairs, or as many as there are.

        Both are float32 (count, 3, image_size, image_size) in [-1, 1], resized without jitter.
        """
        halves, pairs = Halves(self._data.image_size), []
        for file in self._data.held_out.files[:count]:
            try:
                pairs.append(halves(read_image(file)))
            except Unusable as error:
                raise GanError(
                    f"{shown(file)}: it was sound at the start and can't be read any more ({error})"
                ) from None
        return tuple(side.asnumpy() for side in self._sides(np.stack(pairs)))

    def close(self) -> None:
        self._data.train.close()
        self._data.held_out.close()

    def _sides(self, batch: np.ndarray) -> tuple[Tensor, ...]:
        return tuple(scaled(batch[:, side]) for side in (0, 1)[:: self._step])
