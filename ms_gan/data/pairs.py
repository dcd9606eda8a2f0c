"""Side-by-side pairs for image translation: every image file holds A in its left half and B in its
right half.
"""

import contextlib
import sys
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from ms_gan.data.archive import unpacked
from ms_gan.data.base import Batches, scaled
from ms_gan.stand_ins.pairs import draw_pairs
from ms_gan.data.folder import DRAWN, FORMATS, NAMED, drawn_in, list_images, open_folder, shown
from ms_gan.errors import GanError, UsageError

STAND_IN_NOTE = (
    "these pairs are DRAWN STAND-INS: drawn faces (B) beside their line drawings (A). To train on real "
    "ones put a folder or zip of pairs, facades or facades.zip, into the datasets folder, or give --data "
    "a folder or zip of side-by-side pairs"
)


@dataclass(frozen=True)
class Pairs:
    """Checked files of side-by-side pairs, in a fixed order, and where they come from.

    All paths are absolute.
    """

    folder: Path
    files: tuple  # for training
    held_out: tuple  # for validation
    drawn: bool  # whether they are the embedded stand-in, not a real data set

    @property
    def count(self):
        """How many pairs there are to train on."""
        return len(self.files)

    def __str__(self):
        return f"{self.count} pairs in {self.folder}, {len(self.held_out)} held out"

    def describe(self):
        """What `options.json` records of the data."""
        return {
            "path": str(self.folder),
            "images": self.count,
            "held_out": len(self.held_out),
            "drawn_stand_in": self.drawn,
        }


def find(data, datasets, stand_in):
    """Find or draw the pairs; return them as checked `Pairs`.

    data: a folder or zip, or None for `facades` or `facades.zip` in the folder `datasets`;
    stand_in: whether to draw pairs where there is neither. Sub-folders `train` and `val` (or
    `test`) are the pairs for training and for validation; without them, the last files are held
    out. Raises GanError where nothing usable is found.
    """
    if data is not None:
        return _open(folder_of(data, datasets), datasets)
    own = Path(datasets, "facades")
    for place in (own, own.with_suffix(".zip")):
        if place.exists():
            return _open(folder_of(place, datasets), datasets)
    missing = f"{own}: no such folder, nor such a .zip; put one there, or give --data a folder or zip of pairs"
    if not stand_in:
        raise GanError(missing)
    print(f"warning: {missing}", file=sys.stderr)
    return _open(drawn_in(Path(datasets, "drawn-pairs"), draw_pairs, STAND_IN_NOTE), datasets)


def folder_of(path, datasets):
    """The folder that `path` is, or that its zip is unpacked to, without outer folders that hold
    one folder only.

    Raises GanError for what is neither a folder nor a zip.
    """
    path = unpacked(path, datasets)
    images = list_images(path)
    while (
        len(inside := {path / image.relative_to(path).parts[0] for image in images}) == 1
        and min(inside).is_dir()
    ):
        path = min(inside)
    return path.resolve()


def hold_out(files):
    """`files` as those for training and those for validation: the last twentieth, at least 1 file
    and at most 8.
    """
    count = max(1, min(8, len(files) // 20))
    return files[:-count], files[-count:]


def _open(folder, datasets):
    """The pairs in a folder; what isn't a pair is named on stderr (the first ten), counted and left
    out.
    """
    drawn = (folder / DRAWN).exists()
    validation = next((folder / name for name in ("val", "test") if (folder / name).is_dir()), None)
    if validation and (folder / "train").is_dir():
        return Pairs(
            folder, _pairs_in(folder / "train", datasets), _pairs_in(validation, datasets), drawn
        )
    files = _pairs_in(folder, datasets)
    if len(files) < 2:
        raise GanError(
            f"{folder}: only one pair; expected at least 2, as one is held out for validation"
        )
    return Pairs(folder, *hold_out(files), drawn)


def _pairs_in(folder, datasets):
    files = open_folder(folder, datasets).files
    reasons = {file: reason for file, reason in ((file, _misfit(file)) for file in files) if reason}
    for file, reason in list(reasons.items())[:NAMED]:
        print(f"warning: {shown(file)}: {reason}", file=sys.stderr)
    if len(reasons) == len(files):
        raise GanError(
            f"{folder}: none of its {len(files)} images is a side-by-side pair; expected A and B in one "
            "image, as two halves of the same size"
        )
    if reasons:
        print(
            f"warning: {len(reasons)} of {len(files)} images are no side-by-side pairs and left out",
            file=sys.stderr,
        )
    return tuple(file for file in files if file not in reasons)


def _misfit(file):
    """Why a sound image is no pair, or None."""
    with Image.open(file, formats=FORMATS) as image:
        width, height = image.size
        if width % 2 or width <= height:
            return f"not a side-by-side pair: {width}x{height}, expected an even width larger than the height"
        if image.mode.startswith(("I", "F")):
            return f"not a side-by-side pair of 8-bit images: Pillow's mode is {image.mode}"
    return None


class PairBatches(Batches):
    """`Batches` of (inputs, targets), decoded anew in every epoch, each pair moved and mirrored in
    its own way.

    Both halves of a pair are resized to `jitter` pixels a side, then cut to `image_size` at the
    same random place and mirrored at random, but alike. direction: "AtoB" or "BtoA"; workers:
    threads that read ahead.
    """

    def __init__(self, pairs, direction, image_size, jitter, batch_size, seed, workers):
        super().__init__(pairs, batch_size, seed)
        if jitter < image_size:
            raise UsageError(
                f"--jitter {jitter}: smaller than the images, {image_size}; choose that or more"
            )
        self._pairs = pairs
        self._backwards = direction == "BtoA"
        self._size = image_size
        self._jitter = jitter
        self._workers = workers

    def examples(self, epoch, order):
        """Yield (inputs, targets) for each batch of the pairs with the numbers in `order`, the rest
        of an epoch.

        Both are float32 (batch_size, 3, image_size, image_size) in [-1, 1]. Raises GanError where
        an image has vanished or broken since it was checked.
        """
        rng = np.random.default_rng([self._seed, epoch, 1])
        whole = self.steps_per_epoch * self.batch_size
        corners = rng.integers(0, self._jitter - self._size + 1, (whole, 2)).tolist()
        mirrored = (rng.random(whole) < 0.5).tolist()
        # Drawn for the whole epoch, so that a run which goes on within it sees what it would have
        # seen.
        done = whole - len(order)
        jobs = zip(order, corners[done:], mirrored[done:])
        with contextlib.closing(
            _ahead(self._moved, jobs, self._workers, self.batch_size + self._workers)
        ) as pairs:
            while batch := list(islice(pairs, self.batch_size)):
                yield tuple(scaled(side) for side in np.stack(batch, 1))

    def held_out(self, count):
        """(inputs, targets) of the first `count` validation pairs, or as many as there are, resized
        without jitter.

        Both are float32 arrays (count, 3, image_size, image_size) in [-1, 1].
        """
        pairs = [
            self._read(file, self._size, lambda half: half) for file in self._pairs.held_out[:count]
        ]
        return tuple(scaled(side).asnumpy() for side in np.stack(pairs, 1))

    def _moved(self, index, corner, mirrored):
        left, top = corner
        box = (left, top, left + self._size, top + self._size)

        def move(half):
            return ImageOps.mirror(half.crop(box)) if mirrored else half.crop(box)

        return self._read(self._pairs.files[index], self._jitter, move)

    def _read(self, file, size, change):
        """Input and target, resized and changed: a uint8 array (2, 3, height, width)."""
        try:
            with Image.open(file, formats=FORMATS) as image:
                whole = image.convert("RGB")
        except Exception as error:  # Pillow's decoders raise what they like on broken input
            raise GanError(
                f"{shown(file)}: it was sound at the start and can't be read any more ({error})"
            ) from None
        middle, height = whole.width // 2, whole.height
        # Cut before it is resized: resizing the whole would blend the halves where they meet.
        halves = [whole.crop((0, 0, middle, height)), whole.crop((middle, 0, 2 * middle, height))]
        changed = [change(half.resize((size, size), Image.BICUBIC)) for half in halves]
        return np.stack(changed[::-1] if self._backwards else changed).transpose(0, 3, 1, 2)


def _ahead(work, jobs, workers, count):
    """Yield `work(*job)` for each job, in their order, while threads do the next `count` of them."""
    jobs = iter(jobs)
    pool = ThreadPoolExecutor(workers)
    try:
        waiting = deque(pool.submit(work, *job) for job in islice(jobs, count))
        while waiting:
            done = waiting.popleft().result()
            waiting.extend(pool.submit(work, *job) for job in islice(jobs, 1))
            yield done
    finally:
        pool.shutdown(cancel_futures=True)
