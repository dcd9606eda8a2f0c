"""Cut faces out of photographs, to train on: `python -m ms_gan.data.crop_faces IN OUT --size 64`.

Needs OpenCV, which finds the faces: `pip install "opencv-python-headless<4.12"`.
"""

import sys
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from tqdm import tqdm

from ms_gan.data.folder import EXTENSIONS, NAMED, check_images, list_images
from ms_gan.errors import GanError, UsageError, run_command
from ms_gan.files import atomic_file
from ms_gan.options import Parser, number

INSTALL = 'pip install "opencv-python-headless<4.12"'  # later ones want numpy 2, which MindSpore doesn't work with
FRONTAL = "haarcascade_frontalface_default.xml"  # comes with OpenCV


def main(argv=None):
    """Crop as the command line says.

    Raises GanError, or UsageError for folders that don't fit, before any work.
    """
    given = _parser().parse_args(argv)
    source, target = Path(given.photos), Path(given.out)
    _check_folders(source, target)
    files = list_images(source)
    if not files:
        raise GanError(
            f"{source}: 0 images found; expected photographs ending in {', '.join(EXTENSIONS)}, in it or "
            "its sub-folders"
        )
    detect = detector(given.cascade, given.min_size)
    skipped = check_images(files)
    photos = [file for file in files if file not in skipped]
    faces = crop_all(photos, source, target, detect, given.size, given.margin, given.min_size)
    for file, reason in list(skipped.items())[:NAMED]:
        print(f"warning: {file}: skipped: {reason}", file=sys.stderr)
    print(
        f"{len(photos)} photos read, {sum(faces)} faces found, {faces.count(0)} photos without a face, "
        f"{len(skipped)} files skipped" + (f"; the faces are in {target}" if any(faces) else "")
    )
    if not any(faces):
        raise GanError(
            f"{source}: no face found in {len(photos)} photos; try a smaller --min-size, or another "
            "--cascade for other faces than human ones seen from the front"
        )


def detector(cascade, min_size):
    """A function that finds faces: uint8 grey array (height, width) to boxes (left, top, width,
    height) in pixels.

    cascade: a file for OpenCV's CascadeClassifier, or None for human faces seen from the front;
    min_size: the smallest side of a box. Raises GanError without OpenCV, or where the file is no
    cascade.
    """
    try:
        import cv2
    except ImportError:
        raise GanError(f"finding faces needs OpenCV, which isn't installed: {INSTALL}") from None
    cascade = Path(cascade or Path(cv2.data.haarcascades, FRONTAL))
    if not cascade.is_file():
        raise GanError(f"{cascade}: no such file; expected a cascade for OpenCV, an .xml file")
    try:
        classifier = cv2.CascadeClassifier(str(cascade))
        sound = not classifier.empty()
    except (cv2.error, SystemError):
        sound = False
    if not sound:
        raise GanError(
            f"{cascade}: not a cascade that OpenCV can read; expected an .xml file made for it"
        )

    def detect(grey):
        return [
            tuple(int(side) for side in box)
            for box in classifier.detectMultiScale(grey, 1.1, 5, minSize=(min_size, min_size))
        ]

    return detect


def crop_all(photos, source, target, detect, size, margin, min_size):
    """Write the faces in `photos` (sound files in the folder `source`) to the same sub-folders of
    `target`.

    A photo's faces are PNGs of size x size pixels, NAME-0.png and so on, from left to right. Return
    the number of faces of each photo.
    """
    found, written = [], Counter()
    for file in tqdm(photos, "finding faces", leave=False, disable=None):
        with Image.open(file) as opened:
            photo = ImageOps.exif_transpose(opened).convert("RGB")
        boxes = [box for box in detect(np.asarray(photo.convert("L"))) if min(box[2:]) >= min_size]
        name = target / file.relative_to(source).with_suffix("")
        for box in sorted(boxes):
            face = photo.crop(square(box, photo.size, margin)).resize((size, size), Image.LANCZOS)
            # Counted by name: a.jpg and a.png may stand side by side.
            with atomic_file(name.with_name(f"{name.name}-{written[name]}.png")) as temporary:
                face.save(temporary)
            written[name] += 1
        found.append(len(boxes))
    return found


def square(box, photo_size, margin):
    """The square (left, top, right, bottom) around the middle of a box (left, top, width, height).

    margin: how much further it reaches on each side, as a share of the box's longer side. At the
    photo's edges it is moved inwards, and it is no larger than the photo.
    """
    left, top, width, height = box
    side = min(round(max(width, height) * (1 + 2 * margin)), *photo_size)
    corner = [
        min(max(0, round(start + length / 2 - side / 2)), whole - side)
        for start, length, whole in ((left, width, photo_size[0]), (top, height, photo_size[1]))
    ]
    return (*corner, corner[0] + side, corner[1] + side)


def _parser():
    parser = Parser(
        prog="python -m ms_gan.data.crop_faces", description="Cut faces out of photographs."
    )
    parser.add_argument(
        "photos", metavar="IN", help="folder of photographs, which is left as it is"
    )
    parser.add_argument("out", metavar="OUT", help="new folder for the faces, outside of IN")
    parser.add_argument(
        "--size", type=number(int, 8, 1024), default=64, help="side of the crops (default 64)"
    )
    parser.add_argument(
        "--margin",
        type=number(float, 0, 2),
        default=0.3,
        help="what to add around a face on each side, as a share of its side (default 0.3)",
    )
    parser.add_argument(
        "--min-size",
        type=number(int, 8, 10**5),
        default=48,
        help="skip faces smaller than this many pixels (default 48)",
    )
    parser.add_argument(
        "--cascade",
        metavar="FILE",
        help="another cascade file for OpenCV, for example one for drawn faces",
    )
    return parser


def _check_folders(source, target):
    if not source.is_dir():
        raise UsageError(f"IN {source}: no such folder; expected a folder of photographs")
    if source.resolve() in (target.resolve(), *target.resolve().parents):
        raise UsageError(
            f"OUT {target}: the same as IN or inside it; choose a folder outside of {source}"
        )
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(f"OUT {target}: exists and isn't an empty folder; choose a new one")


if __name__ == "__main__":
    sys.exit(run_command("ms_gan.data.crop_faces", main))
