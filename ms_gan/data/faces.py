"""Faces: the user's own, the tutorial's archive, or, without network, synthetic ones."""

from __future__ import annotations

import os
import zipfile
from functools import partial
from pathlib import Path

from ms_gan.data.base import DataOptions
from ms_gan.data.decode import Square
from ms_gan.data.fetch import fetch
from ms_gan.data.images import ImageSet, open_data
from ms_gan.data.locate import locate, synthetic_in
from ms_gan.stand_ins.faces import draw_faces

URL = "https://download.mindspore.cn/dataset/Faces/faces.zip"
URL_VARIABLE = "MS_GAN_FACES_URL"
STAND_IN_NOTE = (
    "these faces are SYNTHETIC STAND-INS, not the anime faces, which could not be fetched. To "
    "train on real ones put the tutorial's faces.zip into the datasets folder, or give --data a "
    "folder or zip of images"
)


def find(options: DataOptions, square: Square) -> ImageSet:
    """Find, fetch or draw the faces; check and pack them as such squares.

    Raises:
        GanError: nothing usable is found.
        UsageError: `options.holdout` leaves none, or a prepared file holds other squares.
    """
    datasets = Path(options.datasets)
    archive = datasets / "faces.zip"

    def fetched() -> Path:
        fetch(options.data_url or os.environ.get(URL_VARIABLE, URL), archive, _fault)
        return archive

    names = (datasets / "faces", archive)
    drawn = partial(synthetic_in, datasets / "synthetic-faces", draw_faces, STAND_IN_NOTE)
    path = locate(options.data, names, fetched, drawn if options.stand_in else None)
    return open_data(path, square, options).hold_out(options)


def _fault(path: Path) -> str | None:
    """What is wrong with a downloaded file, or None."""
    try:
        with zipfile.ZipFile(path):
            return None
    except zipfile.BadZipFile:
        return "is not a zip file"
