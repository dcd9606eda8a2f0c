"""Drawn faces and line drawings of them: a stand-in for both kinds of image translation, paired and
unpaired.
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageChops, ImageFilter
from tqdm import tqdm

from ms_gan.data.drawn_faces import SIZE, draw_face

HELD_OUT = 16  # pairs for validation
FINER = 3  # lines are found in an enlarged face, then reduced, which smooths their edges
PAIRED, UNPAIRED_FACES, UNPAIRED_LINES = 10, 11, 12  # seeds: no face of one set is in another


def line_drawing(face: Image.Image) -> Image.Image:
    """A face's line drawing: a grey image of its size, dark lines on white.

    A line is what is darker than its surroundings: the difference of two blurs of the face, one
    narrow, one wide.
    """
    large = face.convert("L").resize((face.width * FINER, face.height * FINER), Image.BICUBIC)
    narrow = large.filter(ImageFilter.GaussianBlur(1))
    wide = large.filter(ImageFilter.GaussianBlur(1.6 * FINER))
    # The soft shades of hair and background differ by less than 4 levels, outlines by far more.
    ink = ImageChops.subtract(wide, narrow).point(lambda darker: 255 - 9 * max(0, darker - 4))
    return ink.resize(face.size, Image.LANCZOS)


def draw_pairs(folder: Path, count: int = 400, size: int = SIZE) -> None:
    """Write `count` pairs to train/ and 16 to test/ in an existing folder: line drawing left, its
    face right.

    They are RGB JPEGs, 0.jpg and so on, of 2 * `size` x `size` pixels. A pair depends on its number
    only.
    """
    for index in tqdm(range(count + HELD_OUT), desc="drawing pairs"):
        face = draw_face(np.random.default_rng([PAIRED, index]))
        pair = Image.new("RGB", (2 * size, size))
        for left, half in ((0, line_drawing(face)), (size, face)):
            pair.paste(_scaled(half, size), (left, 0))
        # Pairs for validation come first, so that they are the same ones for any count.
        name = f"test/{index}.jpg" if index < HELD_OUT else f"train/{index - HELD_OUT}.jpg"
        _save(pair, folder / name)


def draw_unpaired(folder: Path, count: int = 400, size: int = SIZE) -> None:
    """Write `count` faces to A/ and as many line drawings, of other faces, to B/ in an existing
    folder.

    They are RGB JPEGs, 0.jpg and so on, of `size` x `size` pixels. An image depends on its number
    only.
    """
    for index in tqdm(range(count), desc="drawing faces and lines"):
        face = draw_face(np.random.default_rng([UNPAIRED_FACES, index]))
        other = draw_face(np.random.default_rng([UNPAIRED_LINES, index]))
        _save(_scaled(face, size), folder / "A" / f"{index}.jpg")
        _save(_scaled(line_drawing(other), size), folder / "B" / f"{index}.jpg")


def _scaled(image, size):
    return image.convert("RGB").resize((size, size), Image.LANCZOS)


def _save(image, path):
    path.parent.mkdir(exist_ok=True)
    image.save(path, quality=92, subsampling=0)
