"""A temporary folder of links to chosen files, laid out as `ImageFolderDataset` wants it."""

import tempfile
from pathlib import Path

MEMORY = "/dev/shm"  # Linux keeps it in memory; on a disk, ten thousand links can take seconds


def view_of(files):
    """A `TemporaryDirectory` with one class folder of links to `files` (absolute paths), which sort in their order.

    ImageFolderDataset takes every file of every class folder, so it is shown one class of the sound files only.
    """
    try:
        return _linked(files, MEMORY)
    except OSError:  # not Linux, or no room: wherever temporary files go
        return _linked(files, None)


def _linked(files, place):
    view = tempfile.TemporaryDirectory(prefix="ms_gan-", dir=place)
    try:
        sole_class = Path(view.name, "images")
        sole_class.mkdir()
        for index, file in enumerate(files):
            (sole_class / f"{index:08d}{file.suffix.lower()}").symlink_to(file)
    except BaseException:
        view.cleanup()
        raise
    return view
