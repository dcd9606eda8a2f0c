"""Cut faces out of photographs, to train on: `python -m ms_gan.tools.crop_faces IN OUT --size 64`.

Needs OpenCV, which finds the faces: `pip install "opencv-python-headless<4.12"`.
"""

from __future__ import annotations

import logging
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from tqdm.auto import tqdm

from ms_gan.data.decode import Unusable, read_image
from ms_gan.data.listing import name_some, require_images
from ms_gan.errors import GanError, UsageError, run_command
from ms_gan.files import atomic_file
from ms_gan.options import Parser, add_options, option

log = logging.getLogger("ms_gan.tools.crop_faces")  # as a command, its __name__ is "__main__"

# Later ones want numpy 2, which MindSpore doesn't work with.
INSTALL = 'pip install "opencv-python-headless<4.12"'
FRONTAL = "haarcascade_frontalface_default.xml"  # comes with OpenCV
Box = tuple[int, ...]  # left, top, width and height in pixels
Detect = Callable[[np.ndarray], Iterable[Box]]  # of a uint8 grey array (height, width)


@dataclass(frozen=True)
class Crop:
    """Which faces are cut out, and how."""

    size: int = option(64, "side of the crops in pixels", low=8, high=1024)
    margin: float = option(
        0.3, "what to add around a face on each side, as a part of its side", low=0.0, high=2.0
    )
    min_size: int = option(48, "skip faces smaller than this many pixels", low=8, high=10**5)
    cascade: str | None = option(
        None, "another cascade file for OpenCV, such as one for the faces of drawings", kind=str
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Crop as the command line says."""
    given = vars(_parser().parse_args(argv))
    source, target = Path(given.pop("photos")), Path(given.pop("out"))
    crop = Crop(**given)
    _check_folders(source, target)
    files = require_images(source, "photographs")
    detect = detector(crop.cascade, crop.min_size)
    found, skipped, written = [], {}, Counter[Path]()
    for file in tqdm(files, "finding faces", leave=False, disable=None):
        try:
            photo = ImageOps.exif_transpose(read_image(file))
        except Unusable as error:
            skipped[file] = f"skipped: {error}"
            continue
        faces = faces_in(photo, detect, crop)
        name = target / file.relative_to(source).with_suffix("")
        for face in faces:
            # Counted by name: a.jpg and a.png may stand side by side.
            with atomic_file(name.with_name(f"{name.name}-{written[name]}.png")) as temporary:
                face.save(temporary)
            written[name] += 1
        found.append(len(faces))
    name_some(skipped)
    counts = len(found), sum(found), found.count(0), len(skipped)
    where = f"; the faces are in {target}" if any(found) else ""
    said = "%d photos read, %d faces found, %d photos without a face, %d files skipped%s"
    log.info(said, *counts, where)
    if not any(found):
        raise GanError(
            f"{source}: no face found in {len(found)} photos; try a smaller --min-size, or "
            "another --cascade for other faces than human ones seen from the front"
        )


def detector(cascade: str | None, min_size: int) -> Detect:
    """A function that finds faces of at least `min_size` pixels with OpenCV.

    cascade: a file for its CascadeClassifier, or None for human faces seen from the front.

    Raises:
        GanError: without OpenCV, or where the file is no cascade.
    """
    try:
        import cv2
    except ImportError:
        raise GanError(f"finding faces needs OpenCV, which isn't installed: {INSTALL}") from None
    file = Path(cascade or Path(cv2.data.haarcascades, FRONTAL))
    if not file.is_file():
        raise GanError(f"{file}: no such file; expected a cascade for OpenCV, an .xml file")
    try:
        classifier = cv2.CascadeClassifier(str(file))
        sound = not classifier.empty()
    except (cv2.error, SystemError):
        sound = False
    if not sound:
        raise GanError(
            f"{file}: not a cascade that OpenCV can read; expected an .xml file made for it"
        )

    def detect(grey: np.ndarray) -> list[Box]:
        boxes = classifier.detectMultiScale(grey, 1.1, 5, minSize=(min_size, min_size))
        return [tuple(int(side) for side in box) for box in boxes]

    return detect


def faces_in(photo: Image.Image, detect: Detect, crop: Crop) -> list[Image.Image]:
    """The faces in an RGB photo from left to right, RGB images of `crop.size` x `crop.size`."""
    boxes = [box for box in detect(np.asarray(photo.convert("L"))) if min(box[2:]) >= crop.min_size]
    faces = [photo.crop(square(box, photo.size, crop.margin)) for box in sorted(boxes)]
    return [face.resize((crop.size, crop.size), Image.Resampling.LANCZOS) for face in faces]


def square(box: Box, photo_size: tuple[int, int], margin: float) -> tuple[int, int, int, int]:
    """The square (left, top, right, bottom) around the middle of a box in a photo.

    On each side it reaches further by `margin` of the box's longer side. At the photo's edges it is
    moved inwards, and it is no larger than the photo.
    """
    left, top, width, height = box
    side = min(round(max(width, height) * (1 + 2 * margin)), *photo_size)
    corner = [
        min(max(0, round(start + length / 2 - side / 2)), whole - side)
        for start, length, whole in zip((left, top), (width, height), photo_size)
    ]
    return corner[0], corner[1], corner[0] + side, corner[1] + side


def _parser() -> Parser:
    parser = Parser(
        prog="python -m ms_gan.tools.crop_faces", description="Cut faces out of photographs."
    )
    parser.add_argument("photos", metavar="IN", help="folder of photographs, left as it is")
    parser.add_argument("out", metavar="OUT", help="new folder for the faces, outside of IN")
    add_options(parser, Crop(), "what is cut out")
    return parser


def _check_folders(source: Path, target: Path) -> None:
    if not source.is_dir():
        raise UsageError(f"IN {source}: no such folder; expected a folder of photographs")
    if source.resolve() in (target.resolve(), *target.resolve().parents):
        raise UsageError(
            f"OUT {target}: the same as IN or inside it; choose a folder outside of {source}"
        )
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(f"OUT {target}: exists and isn't an empty folder; choose a new one")


if __name__ == "__main__":
    sys.exit(run_command("ms_gan.tools.crop_faces", main))
