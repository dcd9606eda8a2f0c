"""Image files through MindSpore's `ImageFolderDataset`, decoded and prepared by its threads."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import mindspore.dataset as ds
import numpy as np
from tqdm.auto import tqdm

from ms_gan.data.decode import Prepare, Unusable, decode
from ms_gan.data.listing import shown
from ms_gan.errors import GanError, os_reason

BROKEN = "broken: "  # how the faults of files begin, unlike those of sound images that don't fit
BLOCK = 64  # images that `read_once` gives at once


class Pipeline:
    """Reads chosen files again and again.

    Args:
        files: absolute paths.
        prepare: makes an example of an image.
        workers: threads, no more than there are cores.
    """

    def __init__(self, files: Sequence[Path], prepare: Prepare, workers: int) -> None:
        self._files = files
        self._prepare = prepare
        self._workers = workers
        # ImageFolderDataset takes every file of every class folder, in the order of their names:
        # it is shown one class of links to the files.
        self._links = tempfile.TemporaryDirectory(prefix="ms_gan-")
        sole_class = Path(self._links.name, "images")
        sole_class.mkdir()
        for index, file in enumerate(files):
            (sole_class / f"{index:08d}.jpg").symlink_to(file)

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
        data = ds.ImageFolderDataset(
            self._links.name,
            num_parallel_workers=self._workers,
            sampler=ds.SubsetSampler([int(index) for index in order]),
        )
        data = data.project(["image"]).map(
            self._example,
            ["image"],
            ["example", "fault"],
            num_parallel_workers=self._workers,
            python_multiprocessing=False,
        )
        data = data.batch(batch_size, num_parallel_workers=1)
        try:
            for examples, faults in data.create_tuple_iterator(
                num_epochs=1, output_numpy=True, do_copy=False
            ):
                yield examples, [_text(fault) for fault in faults]
        except RuntimeError as error:  # it doesn't always name the file, and never by its own name
            self.refuse_lost(order)
            reason = " ".join(str(error).split())
            raise GanError(f"MindSpore can't read an image ({reason})") from None

    def refuse_lost(self, order: Sequence[int] | np.ndarray) -> None:
        """Raise GanError where one of the files with these numbers can't be opened any more."""
        for index in order:
            if fault := unopenable(self._files[index]):
                raise lost(self._files[index], fault)

    def close(self) -> None:
        """Remove the links. The files themselves are untouched."""
        self._links.cleanup()

    def _example(self, content: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        # An exception must not reach MindSpore's threads: it would end the whole pipeline.
        try:
            image = decode(content.tobytes())
        except Unusable as error:
            return self._nothing(f"{BROKEN}{error}")
        try:
            return self._prepare(image), np.array("")
        except Unusable as error:
            return self._nothing(str(error))
        except Exception as error:
            return self._nothing(f"{BROKEN}{str(error) or type(error).__name__}")

    def _nothing(self, fault: str) -> tuple[np.ndarray, np.ndarray]:
        text = " ".join(fault.split()).encode("ascii", "backslashreplace").decode()
        return np.zeros(self._prepare.shape, np.uint8), np.array(text)


def read_once(
    files: Sequence[Path], prepare: Prepare, workers: int, title: str
) -> Iterator[tuple[np.ndarray, dict[Path, str]]]:
    """Read files once, in their order, with a progress bar of this title.

    Yields:
        The examples of those that can be used, uint8 (n, *shape), and what is wrong with others.
    """
    faults = {file: fault for file in files if (fault := unopenable(file))}
    yield np.empty((0, *prepare.shape), np.uint8), faults
    rest = [file for file in files if file not in faults]
    if not rest:
        return
    pipeline = Pipeline([file.absolute() for file in rest], prepare, workers)
    try:
        with (
            warnings.catch_warnings(),
            tqdm(desc=title, total=len(rest), leave=False, disable=None) as progress,
        ):
            warnings.simplefilter("ignore")  # Pillow's, of large images, which are refused
            left = iter(rest)
            for examples, found in pipeline.read(range(len(rest)), BLOCK):
                sound = np.array([not fault for fault in found])
                # `found` goes first: zip would take a file too many before it sees its end.
                yield examples[sound], {file: fault for fault, file in zip(found, left) if fault}
                progress.update(len(found))
    finally:
        pipeline.close()


def unopenable(file: Path) -> str | None:
    """Why MindSpore couldn't even open a file, or would wait for it without end; else None."""
    try:
        if not file.is_file():  # gone, a dangling link, or a pipe
            return f"{BROKEN}not a file"
        if file.stat().st_size == 0:
            return f"{BROKEN}empty file"
        with open(file, "rb"):
            return None
    except OSError as error:
        return f"{BROKEN}{os_reason(error)}"


def lost(file: Path, fault: str) -> GanError:
    """The error of an image that has vanished or broken since it was checked."""
    reason = fault.removeprefix(BROKEN)
    return GanError(
        f"an image that was sound at the start can't be read any more ({shown(file)}: {reason}); "
        "mend or remove it, then start or resume the run"
    )


def _text(fault: str | bytes) -> str:
    return fault.decode() if isinstance(fault, bytes) else str(fault)  # bytes in MindSpore 2.0
