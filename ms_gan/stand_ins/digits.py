"""Synthetic digits in matplotlib's fonts: a stand-in for MNIST where there is nothing to download.

They are made like MNIST's: scaled so that the ink fills a box of about 20x20 pixels, its centre of
mass in the middle of a 28x28 picture, white on black. Their files have MNIST's names and layout, so
whatever reads the one set reads the other.
"""

from __future__ import annotations

import functools
import struct
from math import cos, radians, sin, tan
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from tqdm.auto import tqdm

from ms_gan.streams import stream

SIZE = 28
BOX = 20  # the side of the box that the ink fills, about
OVERSAMPLING = 4  # digits are turned this much larger, then reduced, which smooths their edges
CANVAS = SIZE * OVERSAMPLING
GLYPH = 100  # the height of the fonts in pixels before that
UNEVEN = 4  # by how much each corner of a picture is pulled about, in pixels of the glyph
# From the middle of MNIST's pictures, which is that of pixel (14, 14), to the corners in Pillow's
# order.
CORNERS = OVERSAMPLING * (np.array([(0, 0), (0, SIZE), (SIZE, SIZE), (SIZE, 0)]) - 14.5)
# Fonts of every matplotlib whose digits look written; others have a dotted zero, or symbols in the
# digits' places.
FONTS = (
    "DejaVuSans", "DejaVuSans-Oblique", "DejaVuSerif", "DejaVuSerif-Italic", "STIXGeneral",
    "STIXGeneralItalic", "cmr10", "cmss10", "cmtt10",
)  # fmt: skip
STROKES = (0, 1, 2)  # by how much outlines are thickened, in pixels of the glyph


def draw_digits(folder: Path, count: int = 5000, seed: int = 0) -> None:
    """Write `count` digits into an existing folder as MNIST's training split.

    The files are train-images-idx3-ubyte, (count, 28, 28) uint8, and train-labels-idx1-ubyte,
    (count,) uint8. Digit i depends on the seed and i only.
    """
    pixels, labels = np.empty((count, SIZE, SIZE), np.uint8), np.empty(count, np.uint8)
    for index in tqdm(range(count), desc="drawing digits"):
        rng = stream(seed, "digit", index)
        labels[index] = rng.integers(10)
        pixels[index] = draw_digit(labels[index], rng)
    for name, array in (("train-images-idx3-ubyte", pixels), ("train-labels-idx1-ubyte", labels)):
        # 0x08: unsigned bytes; then the number of dimensions and the length of each.
        header = struct.pack(f">HBB{array.ndim}I", 0, 0x08, array.ndim, *array.shape)
        Path(folder, name).write_bytes(header + array.tobytes())


def draw_digit(digit: int, rng: np.random.Generator) -> Image.Image:
    """One digit (0-9) in a random hand, as a grey 28x28 Pillow image, white ink on black."""
    font, stroke = FONTS[rng.integers(len(FONTS))], STROKES[rng.integers(len(STROKES))]
    glyph, centre = _glyph(font, digit, stroke)
    turn, slant = radians(rng.normal(0, 6)), tan(radians(rng.normal(1, 10)))
    turned = np.array([[cos(turn), -sin(turn)], [sin(turn), cos(turn)]])
    hand = turned @ [[rng.uniform(0.8, 1.35), -slant], [0, 1]]
    extent = np.abs(hand) @ glyph.size
    hand *= OVERSAMPLING * BOX * rng.uniform(0.98, 1.1) / extent.max()
    # Pillow asks where in the glyph the picture's corners come from: the inverse, the centre of
    # mass in the middle.
    corners = CORNERS @ np.linalg.inv(hand).T + centre + rng.normal(0, UNEVEN, (4, 2))
    ink = glyph.transform(
        (CANVAS, CANVAS), Image.Transform.QUAD, corners.ravel().tolist(), Image.Resampling.BILINEAR
    )
    blur = ImageFilter.GaussianBlur(OVERSAMPLING * rng.uniform(0.1, 0.3))
    return ink.filter(blur).reduce(OVERSAMPLING)


@functools.cache
def _glyph(font: str, digit: int, stroke: int) -> tuple[Image.Image, np.ndarray]:
    """A digit's ink, cut to its bounds, as a grey image, and its centre of mass (x, y) in it."""
    path = Path(matplotlib.get_data_path(), "fonts", "ttf", f"{font}.ttf")
    glyph = Image.new("L", (2 * GLYPH, 2 * GLYPH))
    type_face = ImageFont.truetype(str(path), GLYPH)
    pen = ImageDraw.Draw(glyph)
    pen.text((GLYPH // 2, GLYPH // 2), str(digit), 255, type_face, stroke_width=stroke)
    glyph = glyph.crop(glyph.getbbox())
    ink = np.asarray(glyph, float)
    ink /= ink.sum()
    centre = (ink.sum(0) @ np.arange(glyph.width), ink.sum(1) @ np.arange(glyph.height))
    return glyph, np.array(centre) + 0.5
