"""What the generators that come with the package make, and made when they were new."""

from pathlib import Path

import numpy as np
from PIL import Image

import ms_gan
from ms_gan.errors import UsageError

PICTURES = Path(__file__).with_name("pretrained")  # of each, eight images side by side
COUNT = 8
LEVELS = 2  # of 255, for other processors and versions


def first_pictures(name):
    """What a generator made when it was new: int (8, side, side) or (8, side, side, 3)."""
    with Image.open(PICTURES / f"{name}.png") as picture:
        return np.stack(np.split(np.asarray(picture).astype(int), COUNT, axis=1))


def pictures_now(name):
    """What a generator makes of seeds 0 to 7, or a translator of the faces of faces-plus."""
    generator = ms_gan.load(name)
    try:
        made = generator.generate(seeds=range(COUNT))
    except UsageError:
        made = generator.translate(first_pictures("faces-plus").astype(np.uint8))
    return made.squeeze().astype(int)


def levels_off(name):
    """The largest difference of the two, in levels of 255."""
    return np.abs(pictures_now(name) - first_pictures(name)).max()
