"""Images as the tests of data make them: what files of any kind hold, and folders of pairs."""

import io

import numpy as np
from data_options import data_options
from PIL import Image

from ms_gan.data import pairs

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 20, 3), np.uint8))
RNG = np.random.default_rng(0)
PHOTO = RNG.integers(0, 256, (218, 178, 3), np.uint8)  # of CelebA's size
SMOOTH = Image.fromarray(RNG.integers(0, 256, (4, 4, 3), np.uint8)).resize((32, 32), Image.BICUBIC)
OTHER = Image.new("RGB", (32, 32), "red")


def encoded(format, image=SMOOTH, **how):
    file = io.BytesIO()
    image.copy().save(file, format, **how)  # for Pillow keeps what it saved an image with
    return file.getvalue()


PNG, JPEG = encoded("PNG", NOISE), encoded("JPEG", NOISE)
NO_IMAGE = "not a JPEG, PNG, BMP, GIF, TIFF, WEBP image"


def pair(level=0, side=20, b="white"):
    """A grey A beside a plain B."""
    image = Image.new("RGB", (2 * side, side), (level,) * 3)
    image.paste(b, (side, 0, 2 * side, side))
    return image


def place(folder, *names, make=pair):
    for index, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        make(10 * index).save(folder / name)
    return folder


def numbered(folder, count):
    return place(folder, *(f"{index:03d}.png" for index in range(count)))


def find(data=None, image_size=16, jitter=20, **options):
    """The pairs that a run of these options finds."""
    return pairs.find(data_options(data=data and str(data), **options), image_size, jitter)
