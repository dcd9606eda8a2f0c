"""What `--data` can name: one kind of it a file. Here alone it is decided which one a path is."""

from __future__ import annotations

from pathlib import Path

from ms_gan.data.archive import unpacked
from ms_gan.data.sources import cifar, parquet
from ms_gan.data.sources.base import Source


def find_source(path: Path, datasets: Path) -> Source:
    """The images at a path: CIFAR-10's tar or folder, parquet files, or a folder or zip of images.

    Args:
        path: what the user names.
        datasets: the folder that a zip is unpacked into.

    Raises:
        GanError: there are none.
    """
    if cifar.is_cifar(path):
        return cifar.Cifar(path)
    if parquet.is_parquet(path):
        return parquet.Parquet(path)
    from ms_gan.data.sources.files import Files  # imports MindSpore

    return Files(unpacked(path, datasets))
