"""Digits drawn from a seed with matplotlib's fonts: a stand-in for MNIST where there is nothing to
download.

They are made like MNIST's: scaled so that the ink fills a box of about 20x20 pixels, its centre of
mass in the middle of a 28x28 picture, white on black. Their files have MNIST's names and layout, so
whatever reads the one set reads the other.
"""

import functools
import struct
from math import cos, radians, sin, tan
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from tqdm import tqdm

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
    "DejaVuSans", "DejaVuSans-Oblique", "DejaVuSerif", "DejaVuSerif-Italic", "STIXGeneral", "STIXGeneralItalic",
    "cmr10", "cmss10", "cmtt10",
)  # fmt: skip
STROKES = (0, 1, 2)  # by how much outlines are thickened, in pixels of the glyph


def draw_digits(folder, count=5000, seed=0):
    """Write `count` drawn digits into an existing folder as MNIST's training split; digit i depends
    on (seed, i).

    The files are train-images-idx3-ubyte, (count, 28, 28) uint8, and train-labels-idx1-ubyte,
    (count,) uint8.
    """
    pixels, labels = np.empty((count, SIZE, SIZE), np.uint8), np.empty(count, np.uint8)
    for index in tqdm(range(count), desc="drawing digits"):
        rng = np.random.default_rng([seed, index])
        labels[index] = rng.integers(10)
        pixels[index] = draw_digit(labels[index], rng)
    for name, array in (("train-images-idx3-ubyte", pixels), ("train-labels-idx1-ubyte", labels)):
        # 0x08: unsigned bytes; then the number of dimensions and the length of each.
        header = struct.pack(f">HBB{array.ndim}I", 0, 0x08, array.ndim, *array.shape)
        Path(folder, name).write_bytes(header + array.tobytes())


def draw_digit(digit, rng):
    """One digit (0-9) in a random hand, as a grey 28x28 Pillow image, white ink on black."""
    font, stroke = FONTS[rng.integers(len(FONTS))], STROKES[rng.integers(len(STROKES))]
    glyph, centre = _glyph(font, digit, stroke)
    turn, slant = radians(rng.normal(0, 6)), tan(radians(rng.normal(1, 10)))
    hand = np.array([[cos(turn), -sin(turn)], [sin(turn), cos(turn)]]) @ [
        [rng.uniform(0.8, 1.35), -slant],
        [0, 1],
    ]
    extent = np.abs(hand) @ glyph.size
    hand *= OVERSAMPLING * BOX * rng.uniform(0.98, 1.1) / extent.max()
    # Pillow asks where in the glyph the picture's corners come from: the inverse, the centre of
    # mass in the middle.
    corners = CORNERS @ np.linalg.inv(hand).T + centre + rng.normal(0, UNEVEN, (4, 2))
    ink = glyph.transform((CANVAS, CANVAS), Image.QUAD, corners.ravel().tolist(), Image.BILINEAR)
    return ink.filter(ImageFilter.GaussianBlur(OVERSAMPLING * rng.uniform(0.1, 0.3))).reduce(
        OVERSAMPLING
    )


@functools.cache
def _glyph(font, digit, stroke):
    """The ink of a digit, cut to its bounds, as a grey image; and its centre of mass (x, y) in it."""
    path = Path(matplotlib.get_data_path(), "fonts", "ttf", f"{font}.ttf")
    glyph = Image.new("L", (2 * GLYPH, 2 * GLYPH))
    ImageDraw.Draw(glyph).text(
        (GLYPH // 2, GLYPH // 2),
        str(digit),
        255,
        ImageFont.truetype(str(path), GLYPH),
        stroke_width=stroke,
    )
    glyph = glyph.crop(glyph.getbbox())
    ink = np.asarray(glyph, float) / np.sum(glyph)
    return glyph, np.array(
        [ink.sum(0) @ np.arange(glyph.width), ink.sum(1) @ np.arange(glyph.height)]
    ) + 0.5
