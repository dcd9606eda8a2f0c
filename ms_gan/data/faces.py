"""The anime faces: the user's own, the tutorial's archive, or, without network, a drawn stand-in."""

import os
import sys
import zipfile
from pathlib import Path

from ms_gan.data.archive import unpacked
from ms_gan.stand_ins.faces import draw_faces
from ms_gan.data.fetch import fetch
from ms_gan.data.folder import drawn_in, open_folder
from ms_gan.errors import GanError

URL = "https://download.mindspore.cn/dataset/Faces/faces.zip"
URL_VARIABLE = "MS_GAN_FACES_URL"
STAND_IN_NOTE = (
    "these faces are DRAWN STAND-INS, not the anime faces, which could not be fetched. To train on real "
    "ones put the tutorial's faces.zip into the datasets folder, or give --data a folder or zip of images"
)


def find(data, url, datasets, stand_in):
    """Find, fetch or draw the faces; return them as checked `ImageFiles`.

    data: a folder or zip, or None for the tutorial's set; url: where that is fetched from, or None
    for the environment's or the tutorial's own; datasets: the folder for what is fetched and
    unpacked; stand_in: whether to draw faces where nothing can be fetched. Raises GanError where
    nothing usable is found.
    """
    datasets = Path(datasets)
    if data is not None:
        return _open(data, datasets)
    for place in (datasets / "faces", datasets / "faces.zip"):
        if place.exists():
            return _open(place, datasets)
    try:
        fetch(url or os.environ.get(URL_VARIABLE, URL), datasets / "faces.zip", _fault)
    except GanError as error:
        if not stand_in:
            raise
        print(f"warning: {error}", file=sys.stderr)
        return _open(drawn_in(datasets / "drawn-faces", draw_faces, STAND_IN_NOTE), datasets)
    return _open(datasets / "faces.zip", datasets)


def _fault(path):
    """What is wrong with a downloaded file, or None."""
    try:
        with zipfile.ZipFile(path):
            return None
    except zipfile.BadZipFile:
        return "is not a zip file"


def _open(path, datasets):
    return open_folder(unpacked(path, datasets), datasets)
