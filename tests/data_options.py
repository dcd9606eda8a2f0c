"""The options of a run that finding data needs, for tests."""

from types import SimpleNamespace

from ms_gan.data.decode import Square
from ms_gan.data.images import open_images

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
