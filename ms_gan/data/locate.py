"""Where the data is: given, there already, fetched, or a synthetic stand-in."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path

from ms_gan.errors import GanError

log = logging.getLogger(__name__)


def locate(
    given: str | None,
    names: Iterable[Path],
    fetch: Callable[[], Path],
    stand_in: Callable[[], Path] | None,
) -> Path:
    """The data's folder or archive: given, the first of `names`, fetched, or a stand-in."""
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
