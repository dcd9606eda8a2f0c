"""Image files through MindSpore's `ImageFolderDataset`, decoded and prepared by its threads."""

from __future__ import annotations

import contextlib
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import mindspore.dataset as ds
import numpy as np

from ms_gan.data.decode import BROKEN, Prepare, example
from ms_gan.data.listing import shown
from ms_gan.errors import GanError, os_reason

MEMORY = "/dev/shm"  # kept in memory by Linux; on a disk, ten thousand links can take seconds
BLOCK = 64  # images that `read_once` gives at once


class Pipeline:
    """Reads chosen files again and again.

    Args:
        files: absolute paths.
        prepare: makes an example of an image.
        workers: threads, no more than there are cores.
    """

    def __init__(self, files: Sequence[Path], prepare: Prepare, workers: int) -> None:
        self._files, self._prepare, self._workers = files, prepare, workers
        # ImageFolderDataset takes every file of every class folder, in the order of their names:
        # it is shown one class of links to the files.
        try:
            self._links = _linked(files, MEMORY)
        except OSError:  # not Linux, or no room: wherever temporary files go
            self._links = _linked(files, None)

    def read(
        self, order: Sequence[int] | np.ndarray, batch_size: int
    ) -> Iterator[tuple[np.ndarray, list[str]]]:
        """Read the files with the numbers in `order`.

        Yields:
            Examples, uint8 (batch_size, *shape), the last ones fewer, and what is wrong with each
            of them: a fault, "" for none.

        Raises:
            GanError: a file can't be opened any more.
        """
        prepare, workers = self._prepare, self._workers  # MindSpore may copy what it is given

        def decoded(content: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            pixels, fault = example(content.tobytes(), prepare)
            return pixels, np.array(fault)

        sampler, folder = ds.SubsetSampler([int(index) for index in order]), self._links.name
        data = ds.ImageFolderDataset(folder, num_parallel_workers=workers, sampler=sampler)
        threads = {"num_parallel_workers": workers, "python_multiprocessing": False}
        data = data.project(["image"]).map(decoded, ["image"], ["example", "fault"], **threads)
        data = data.batch(batch_size, num_parallel_workers=1)
        try:
            batches = data.create_tuple_iterator(num_epochs=1, output_numpy=True, do_copy=False)
            for examples, faults in batches:
                yield examples, [_text(fault) for fault in faults]
        except RuntimeError as error:  # it doesn't always name the file, and never by its own name
            self._refuse_lost(order, whole=True)
            reason = " ".join(str(error).split())
            raise GanError(f"MindSpore can't read an image ({reason})") from None

    def rows(self, order: Sequence[int] | np.ndarray, batch_size: int) -> Iterator[np.ndarray]:
        """The same examples, where all files were sound when they were checked.

        Raises:
            GanError: one of them has vanished or broken since.
        """
        self._refuse_lost(order)
        left = iter(order)
        for examples, faults in self.read(order, batch_size):
            for fault, number in zip(faults, left):
                if fault:
                    raise _lost(self._files[number], fault)
            yield examples

    def close(self) -> None:
        """Remove the links, not the files."""
        self._links.cleanup()

    def _refuse_lost(self, order: Sequence[int] | np.ndarray, whole: bool = False) -> None:
        for index in order:
            if fault := unopenable(self._files[index], whole):
                raise _lost(self._files[index], fault)


def read_once(
    files: Sequence[Path], prepare: Prepare, workers: int
) -> Iterator[tuple[np.ndarray, dict[Path, str]]]:
    """Read files once, in their order.

    Yields:
        The examples of the next files that can be used, uint8 (n, *shape), and what is wrong with
        the others among them.
    """
    faults = {file: fault for file in files if (fault := unopenable(file))}
    left = [number for number, file in enumerate(files) if file not in faults]
    told = 0  # files
    if left:
        absolute = [files[number].absolute() for number in left]
        with (
            contextlib.closing(Pipeline(absolute, prepare, workers)) as read,
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")  # Pillow's, of large images, which are refused
            numbers = iter(left)
            for examples, found in read.read(range(len(left)), BLOCK):
                sound = np.array([not fault for fault in found])
                for fault, number in zip(found, numbers):
                    if fault:
                        faults[files[number]] = fault
                part = files[told : number + 1]
                yield examples[sound], {file: faults[file] for file in part if file in faults}
                told = number + 1
    if told < len(files):
        yield np.empty((0, *prepare.shape), np.uint8), {file: faults[file] for file in files[told:]}


def unopenable(file: Path, whole: bool = False) -> str | None:
    """Why MindSpore couldn't open a file, or read it to its end if `whole`; None where it can."""
    try:
        if not file.is_file():  # gone, a dangling link, or a pipe
            return f"{BROKEN}not a file"
        if file.stat().st_size == 0:
            return f"{BROKEN}empty file"
        with open(file, "rb") as opened:
            opened.read(-1 if whole else 0)
        return None
    except OSError as error:
        return f"{BROKEN}{os_reason(error)}"


def _lost(file: Path, fault: str) -> GanError:
    """The error of an image that has vanished or broken since it was checked."""
    reason = fault.removeprefix(BROKEN)
    return GanError(
        f"an image that was sound at the start can't be read any more ({shown(file)}: {reason}); "
        "mend or remove it, then start or resume the run"
    )


def _linked(files: Sequence[Path], place: str | None) -> tempfile.TemporaryDirectory[str]:
    folder = tempfile.TemporaryDirectory(prefix="ms_gan-", dir=place)
    try:
        sole_class = Path(folder.name, "images")
        sole_class.mkdir()
        for index, file in enumerate(files):
            (sole_class / f"{index:08d}.jpg").symlink_to(file)
    except OSError:
        folder.cleanup()
        raise
    return folder


def _text(fault: str | bytes) -> str:
    return fault.decode() if isinstance(fault, bytes) else str(fault)  # bytes in MindSpore 2.0
