"""What a source of images is, whatever they lie in: named, counted, and read once in order."""

from __future__ import annotations

import itertools
import logging
import stat
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from PIL import Image

from ms_gan.data.decode import BROKEN, Prepare, example
from ms_gan.data.listing import name_some
from ms_gan.errors import GanError

log = logging.getLogger(__name__)

BLOCK = 64  # images that `decoded` gives at once

Facts = dict[str, Any]
Block = tuple[np.ndarray, dict[str, str]]


class Source(ABC):
    """Images in a fixed order.

    Attributes:
        path: where they are, as it was given.
        files: {name: absolute path} of the image files; empty where images lie in other files.
        noun: what the images are called.
    """

    noun: ClassVar[str] = "images"

    path: Path
    files: Mapping[str, Path]

    @property
    @abstractmethod
    def count(self) -> int:
        """The number of images, broken ones among them."""

    @abstractmethod
    def facts(self) -> Facts:
        """What differs once an image has come, gone or changed. JSON can hold it."""

    @abstractmethod
    def read(self, prepare: Prepare, workers: int, first: int = 0) -> Iterator[Block]:
        """Read the images once, in their order.

        Args:
            prepare: makes an example of an image.
            workers: threads.
            first: the number of the image to begin with.

        Yields:
            The examples of the next images that can be used, uint8 (n, *shape), and {name: what is
            wrong with it} of the others among them.

        Raises:
            GanError: no more can be read.
        """

    def again(self, broken: dict[str, str], prepare: Prepare, workers: int) -> dict[str, str]:
        """What is still wrong with images that couldn't be used, though nothing seems changed."""
        return broken

    def tell(self, faults: Mapping[str, str]) -> None:
        """Name the first ten images that can't be used in warnings, and count all.

        Raises:
            GanError: no other image is left.
        """
        if not faults:
            return
        name_some({self.path / name: fault for name, fault in faults.items()})
        broken = all(fault.startswith(BROKEN) for fault in faults.values())
        what = "broken" if broken else "unusable"
        log.warning("%d of %d images are %s and left out", len(faults), self.count, what)
        if len(faults) < self.count:
            return
        reason = next((fault for fault in faults.values() if not fault.startswith(BROKEN)), "")
        if reason:
            raise GanError(f"{self.path}: none of its {self.count} images can be used: {reason}")
        raise GanError(
            f"{self.path}: all {self.count} {self.noun} are broken; "
            "expected images that Pillow can read"
        )


def decoded(
    images: Iterable[tuple[str, bytes | Image.Image]], prepare: Prepare, workers: int
) -> Iterator[Block]:
    """What `Source.read` yields, of (name, a file's content or an RGB image)."""
    left = iter(images)
    made = partial(example, prepare=prepare)
    with ThreadPoolExecutor(workers) as pool, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, of large images, which are refused
        while block := list(itertools.islice(left, BLOCK)):
            names, contents = zip(*block)
            examples, faults = zip(*pool.map(made, contents))
            sound = np.array([not fault for fault in faults])
            found = {name: fault for name, fault in zip(names, faults) if fault}
            yield np.stack(examples)[sound], found


def facts_of(file: Path) -> list[int] | None:
    """What differs once a file has changed; None where it can't be told."""
    try:
        facts = file.stat()
    except OSError:
        return None
    if not stat.S_ISREG(facts.st_mode):  # the times of pipes and devices change by themselves
        return None
    # The third is set by the system alone: it also gives away new permissions, and a copy that
    # kept its time.
    return [facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns]
