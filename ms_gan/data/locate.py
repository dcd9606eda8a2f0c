"""Where data comes from: what the user gives, what is there, what can be fetched, or a stand-in."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path

from ms_gan.data.archive import folder_of
from ms_gan.data.base import DataOptions
from ms_gan.errors import GanError
from ms_gan.files import atomic_folder

log = logging.getLogger(__name__)

SYNTHETIC = "SYNTHETIC.txt"  # its presence marks a folder as synthetic, its text says so


def locate(
    given: str | Path | None,
    names: Iterable[Path],
    fetch: Callable[[], Path],
    stand_in: Callable[[], Path] | None,
) -> Path:
    """The folder or archive of a recipe's data.

    Args:
        given: what the user has named, which comes before everything.
        names: where the data usually is, the first of them that exists is taken.
        fetch: gets the data from elsewhere and returns its path, or raises GanError.
        stand_in: makes synthetic data where nothing can be fetched, or None to refuse that.

    Raises:
        GanError: there is no data, and no stand-in is wanted.
    """
    if given is not None:
        return Path(given)
    for path in names:
        if path.exists():
            return path
    try:
        return fetch()
    except GanError as error:
        if stand_in is None:
            raise
        log.warning("%s", error)
        return stand_in()


def locate_folder(
    options: DataOptions, name: str, advice: str, stand_in: Callable[[], Path]
) -> Path:
    """The folder or zip that is given, or `name` or `name`.zip in `datasets`, or a stand-in.

    Raises:
        GanError: nothing usable is found. It ends with the advice.
    """
    datasets = Path(options.datasets)
    own = datasets / name

    def missing() -> Path:
        raise GanError(f"{own}: no such folder, nor such a .zip; {advice}")

    names = own, own.with_suffix(".zip")
    path = locate(options.data, names, missing, stand_in if options.stand_in else None)
    return folder_of(path, datasets)


def synthetic_in(folder: Path, draw: Callable[[Path], object], note: str) -> Path:
    """`folder`, resolved, filled by `draw(folder)` and marked as synthetic with a `note`.

    It is made once, whole or not at all.
    """
    if not folder.is_dir():
        with atomic_folder(folder) as temporary:
            draw(temporary)
            (temporary / SYNTHETIC).write_text(note + "\n", encoding="utf-8")
    return folder.resolve()
