"""What the generators that come with the package make, and made when they were new."""

from pathlib import Path

import numpy as np
from PIL import Image

import ms_gan

PICTURES = Path(__file__).with_name("pretrained")  # of each, eight images side by side
COUNT = 8
LEVELS = 2  # of 255, for other processors and versions
TRANSLATED = {"cyclegan": "faces-plus", "cyclegan-back": "cyclegan"}  # what a translator is given


def first_pictures(name):
    """What a generator made when it was new: int (8, side, side) or (8, side, side, 3)."""
    with Image.open(PICTURES / f"{name}.png") as picture:
        return np.stack(np.split(np.asarray(picture).astype(int), COUNT, axis=1))


def pictures_now(name):
    """What a generator makes of seeds 0 to 7, or a translator of what another made of them."""
    generator = ms_gan.load(name)
    if name in TRANSLATED:
        made = generator.translate(first_pictures(TRANSLATED[name]).astype(np.uint8))
    else:
        made = generator.generate(seeds=range(COUNT))
    return made.squeeze().astype(int)


def levels_off(name):
    """The largest difference of the two, in levels of 255."""
    return np.abs(pictures_now(name) - first_pictures(name)).max()
