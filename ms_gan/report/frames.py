"""A run's pictures as text that a page can hold: few enough, and small enough."""

from __future__ import annotations

import base64
import io
import logging
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from PIL import Image, features

from ms_gan.errors import os_reason

MOST = 100  # frames of a run; a longer run's are thinned
PIXELS = 2**20  # of a picture; a larger one is scaled down
KIND = "webp" if features.check("webp") else "jpeg"  # some builds of Pillow lack the smaller one
QUALITY = 80
KEPT = MOST + 28  # encoded pictures that are kept: a report's frames, with some to spare

log = logging.getLogger(__name__)


def picture(file: Path) -> str | None:
    """A picture as a data URI; None where there is none, or a damaged one, which is warned of.

    What has been encoded before is still known if the file is the same.
    """
    try:
        stat = file.stat()
    except OSError:
        return None
    return _encoded(file.absolute(), stat.st_mtime_ns, stat.st_size)


def frames(files: Sequence[Path], budget: int) -> dict[Path, str]:
    """Some of a run's samples, evenly chosen, the first and the last among them.

    Args:
        files: the pictures, in order.
        budget: the characters that they may take; the first and the last are taken anyway.

    Returns:
        {file: data URI}, in order, without damaged ones.
    """
    most = MOST
    while True:
        encoded = {file: picture(file) for file in evenly(files, most)}
        found = {file: text for file, text in encoded.items() if text is not None}
        if most == 2 or sum(map(len, found.values())) <= budget:
            return found
        most = max(most // 2, 2)


def evenly(files: Sequence[Path], most: int) -> list[Path]:
    """At most `most` of the files, at least two: every one, or every 2nd, 4th, …, and the last.

    As a run grows, what is chosen has been chosen (and encoded) before.
    """
    stride = 1
    while len(files[:-1:stride]) + 1 > most:
        stride *= 2
    return [*files[:-1:stride], *files[-1:]]


@lru_cache(maxsize=KEPT)
def _encoded(file: Path, changed: int, size: int) -> str | None:
    """A picture as a data URI. `changed` and `size` tell one state of the file."""
    try:
        with Image.open(file) as opened:
            image = opened.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        reason = os_reason(error) if isinstance(error, OSError) else str(error)
        log.warning("%s: left out of the report, can't be read: %s", file, reason)
        return None
    scale = (PIXELS / (image.width * image.height)) ** 0.5
    if scale < 1:
        smaller = max(int(image.width * scale), 1), max(int(image.height * scale), 1)
        image = image.resize(smaller, Image.Resampling.BICUBIC)
    content = io.BytesIO()
    image.save(content, KIND, quality=QUALITY, method=2)  # half the time of WebP's usual method
    return f"data:image/{KIND};base64,{base64.b64encode(content.getvalue()).decode()}"
