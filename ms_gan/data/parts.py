"""What paired and unpaired images share: where in a zip they are, and which are held out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ms_gan.data.archive import unpacked
from ms_gan.data.base import DataOptions
from ms_gan.data.images import ImageSet
from ms_gan.data.listing import list_images
from ms_gan.data.locate import locate
from ms_gan.errors import GanError


def find_folder(options: DataOptions, name: str, advice: str, stand_in: Callable[[], Path]) -> Path:
    """The folder or zip that is given, or that is called `name` in `datasets`, or a stand-in.

    Args:
        options: the run's.
        name: without the ".zip".
        advice: what the error says where there is none of it.
        stand_in: makes a synthetic one.

    Raises:
        GanError: nothing usable is found.
    """
    datasets = Path(options.datasets)
    own = datasets / name

    def missing() -> Path:
        raise GanError(f"{own}: no such folder, nor such a .zip; {advice}")

    names = own, own.with_suffix(".zip")
    path = locate(options.data, names, missing, stand_in if options.stand_in else None)
    return folder_of(path, datasets)


def folder_of(path: Path, datasets: Path) -> Path:
    """The folder that `path` is or its zip is unpacked to, without outer ones that hold it alone.

    Raises:
        GanError: it is neither a folder nor a zip.
    """
    folder = unpacked(path, datasets)
    images = list_images(folder)
    while len(inside := {folder / image.relative_to(folder).parts[0] for image in images}) == 1:
        (sole,) = inside
        if not sole.is_dir():
            break
        folder = sole
    return folder.resolve()


def hold_out(images: ImageSet, noun: str = "image") -> tuple[ImageSet, ImageSet]:
    """Those for training, and those for validation: the last twentieth, but 1 to 8.

    Raises:
        GanError: there is only one, called by the noun.
    """
    if images.count < 2:
        raise GanError(
            f"{images.folder}: only one {noun}; expected at least 2, as one is held out for "
            "validation"
        )
    kept = images.count - max(1, min(8, images.count // 20))
    return images.select(range(kept)), images.select(range(kept, images.count))
