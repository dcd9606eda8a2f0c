"""What the tests of packed files share: a folder of images."""

import os

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def folder(tmp_path):
    """11 sound images of several kinds and shapes and a broken one, in a folder and its sub-folder,
    whose name isn't UTF-8.
    """
    folder = tmp_path / "my faces"
    sub = folder / os.fsdecode(b"caf\xe9")
    sub.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for index in range(11):
        shape = [(40, 40), (44, 36), (30, 50)][index % 3]
        colours = Image.fromarray(rng.integers(0, 256, (5, 5, 3), np.uint8)).resize(
            shape, Image.BICUBIC
        )
        colours.convert("L" if index == 5 else "RGB").save(
            [folder, sub][index % 2] / f"{index}.jpg"
        )
    (folder / "3.jpg").write_bytes(b"broken")
    return folder
