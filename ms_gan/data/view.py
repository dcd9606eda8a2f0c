"""A temporary folder of links to chosen files, laid out as `ImageFolderDataset` wants it."""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

try:
    import fcntl
except ImportError:  # not on Windows, where leftovers stay
    fcntl = None

MEMORY = "/dev/shm"  # Linux keeps it in memory; on a disk, ten thousand links can take seconds
PREFIX = "ms_gan-view-"
SOLE_CLASS = "images"


def view_of(files):
    """A `TemporaryDirectory` with one class folder of links to `files` (absolute paths), which sort
    in their order.

    ImageFolderDataset takes every file of every class folder, so it is shown one class of the sound
    files only.
    """
    try:
        return _View(files, MEMORY)
    except OSError:  # not Linux, or no room: wherever temporary files go
        return _View(files, tempfile.gettempdir())


class _View(tempfile.TemporaryDirectory):
    """Locked as long as it is in use, so that what a killed process has left behind can be told,
    and removed.

    The system gives the lock back whatever ends the process; a process number would mean nothing in
    another container that shares the memory.
    """

    def __init__(self, files, place):
        _sweep(place)
        super().__init__(prefix=PREFIX, dir=place)
        try:
            self._lock = _locked(self.name)
            sole_class = Path(self.name, SOLE_CLASS)
            sole_class.mkdir()  # after the lock: where there is a class but no lock, nobody is left
            for index, file in enumerate(files):
                (sole_class / f"{index:08d}{file.suffix.lower()}").symlink_to(file)
        except BaseException:
            self.cleanup()
            raise

    def cleanup(self):
        """Remove the links. The files themselves are untouched."""
        super().cleanup()
        lock, self._lock = getattr(self, "_lock", None), None
        if lock is not None:
            os.close(lock)


def _locked(folder):
    """A descriptor of `folder`, locked until it is closed.

    Raises OSError where another one has the lock.
    """
    if fcntl is None:
        return None
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _sweep(place):
    """Remove the views of processes that are no more."""
    if fcntl is None:
        return
    for left in Path(place).glob(f"{PREFIX}*/{SOLE_CLASS}"):
        with contextlib.suppress(OSError):  # in use, or somebody else's
            lock = _locked(left.parent)
            shutil.rmtree(left.parent, ignore_errors=True)
            os.close(lock)
