"""MNIST's files as the tests make them: random images, labels that count up."""

import gzip
import struct

import numpy as np
from data_options import data_options

from ms_gan.data import mnist

TRAIN, TEST = mnist.SPLITS["train"], mnist.SPLITS["test"]
RNG = np.random.default_rng(0)
IMAGES = {count: RNG.integers(0, 256, (count, 28, 28), np.uint8) for count in (5, 7)}


def idx(array):
    """The content of an idx file."""
    array = np.asarray(array, np.uint8)
    return struct.pack(f">{1 + array.ndim}I", 0x800 + array.ndim, *array.shape) + array.tobytes()


def place(folder, names, count, packed=False):
    """Write a split of so many images into a folder, which is made."""
    folder.mkdir(exist_ok=True, parents=True)
    for name, array in zip(names, (IMAGES[count], np.arange(count) % 10)):
        if packed:
            (folder / f"{name}.gz").write_bytes(gzip.compress(idx(array)))
        else:
            (folder / name).write_bytes(idx(array))
    return folder


def find(data=None, url=None, stand_in=False, side=28, **more):
    given = data and str(data)
    return mnist.find(data_options(data=given, data_url=url, stand_in=stand_in, **more), side)


def images_of(digits):
    return digits.pixels[:, 0]


def same(digits, others):
    return digits.describe() == others.describe() and np.array_equal(digits.pixels, others.pixels)


def tree(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
