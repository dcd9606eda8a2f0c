"""The anime faces: the user's own, the tutorial's archive, or, without network, a drawn stand-in."""

import os
import sys
import zipfile
from pathlib import Path

from ms_gan.data.archive import unpack
from ms_gan.data.drawn_faces import draw_faces
from ms_gan.data.fetch import fetch
from ms_gan.data.folder import DRAWN, open_folder
from ms_gan.errors import GanError
from ms_gan.files import whole_folder

URL = "https://download.mindspore.cn/dataset/Faces/faces.zip"
URL_VARIABLE = "MS_GAN_FACES_URL"
STAND_IN_NOTE = ("these faces are DRAWN STAND-INS, not the anime faces, which could not be fetched. To train on real "
                 "ones put the tutorial's faces.zip into the datasets folder, or give --data a folder or zip of images")


def find(data, url, datasets, stand_in):
    """Find, fetch or draw the faces; return them as checked `ImageFiles`.

    data: a folder or zip, or None for the tutorial's set; url: where that is fetched from, or None for the
    environment's or the tutorial's own; datasets: the folder for what is fetched and unpacked; stand_in: whether to
    draw faces where nothing can be fetched. Raises GanError where nothing usable is found.
    """
    datasets = Path(datasets)
    if data is not None:
        return _open(Path(data), datasets)
    for place in (datasets / "faces", datasets / "faces.zip"):
        if place.exists():
            return _open(place, datasets)
    try:
        fetch(url or os.environ.get(URL_VARIABLE, URL), datasets / "faces.zip", _fault)
    except GanError as error:
        if not stand_in:
            raise
        print(f"warning: {error}", file=sys.stderr)
        return _open_drawn(datasets / "drawn-faces", datasets)
    return _open(datasets / "faces.zip", datasets)


def _fault(path):
    """What is wrong with a downloaded file, or None."""
    try:
        with zipfile.ZipFile(path):
            return None
    except zipfile.BadZipFile:
        return "is not a zip file"


def _open(path, datasets):
    if path.is_dir():
        return open_folder(path, datasets)
    if not path.exists():
        raise GanError(f"{path}: no such file or folder; expected a folder or a zip of images")
    if not zipfile.is_zipfile(path):
        raise GanError(f"{path}: neither a folder nor a whole zip file; expected a folder or a zip of images")
    return open_folder(unpack(path, datasets), datasets)


def _open_drawn(folder, datasets):
    if not folder.is_dir():
        with whole_folder(folder) as temporary:
            draw_faces(temporary)
            (temporary / DRAWN).write_text(STAND_IN_NOTE + "\n", encoding="utf-8")
    return open_folder(folder, datasets)
