"""The options of a run that finding data needs, and what is found with them, for tests."""

import itertools
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from ms_gan.data.decode import Square
from ms_gan.data.images import ImageBatches, open_data, open_images
from ms_gan.data.sources.base import facts_of as facts_of_file

NOWHERE = "http://127.0.0.1:1/"  # for where nothing may be fetched


def data_options(**changes):
    """`DataOptions` that fetch nothing and draw nothing, with changes."""
    usual = {
        "data": None,
        "data_url": NOWHERE,
        "datasets": "datasets",
        "stand_in": False,
        "cache": True,
        "workers": 2,
        "seed": 0,
        "holdout": 0,
    }
    return SimpleNamespace(**{**usual, **changes})


def opened(folder, size=8, **options):
    """The images of a folder as squares of this size."""
    return open_images(folder, Square(size), data_options(**options))


def found(path, size=8, crop=0, **options):
    """The images at a path as `--data` takes it, and their examples."""
    images = open_data(Path(path), Square(size, crop), data_options(**options))
    return images, np.concatenate(list(images.rows(range(images.count), images.count)))


def files():
    """What is in the datasets folder."""
    found = Path("datasets").rglob("*")
    return sorted(path.relative_to("datasets").as_posix() for path in found if path.is_file())


def facts_of(folder):
    """What the packed file has to be made of."""
    found = folder.rglob("*.jpg")
    return {file.relative_to(folder).as_posix(): facts_of_file(file) for file in found}


def taken(images, steps, start=0, batch_size=4, seed=0):
    """An array of the batches from a step on; the images are closed afterwards."""
    with closing(ImageBatches(images, batch_size, seed)) as batches:
        stream = itertools.islice(batches.from_step(start), steps)
        return np.stack([batch.asnumpy() for (batch,) in stream])
