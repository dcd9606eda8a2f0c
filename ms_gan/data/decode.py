"""From the bytes of an image file to pixels of the training size. Nothing else decodes images."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from ms_gan.errors import os_reason

FORMATS = ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP")
BROKEN = "broken: "  # how the faults of images begin, unlike those of sound ones that don't fit
THINNEST = 1000  # times as long as wide; at its shorter side's size, more would fill the memory
PNG_END = b"IEND\xaeB`\x82"


class Unusable(Exception):
    """An image that can't be used; the message says why."""


class Prepare(Protocol):
    """Makes an example, a uint8 array, of an RGB image. Raises Unusable for a misfit."""

    @property
    def key(self) -> str:
        """A part of a file's name, another one wherever examples would differ."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The example's shape; height and width are its last two."""

    def __call__(self, image: Image.Image) -> np.ndarray: ...


class Square:
    """Square images: scaled to the shorter side and cut at the centre, as uint8 (3, size, size).

    Args:
        size: the side in pixels.
        crop: the side of the square that is cut out of an image's middle before it is scaled, in
          pixels; 0 for none. Smaller images can't be used.
    """

    def __init__(self, size: int, crop: int = 0) -> None:
        self.size, self.crop = size, crop
        self.key = f"{size}-crop{crop}" if crop else str(size)
        self.shape = (3, size, size)

    def __call__(self, image: Image.Image) -> np.ndarray:
        if self.crop:
            image = self._middle(image)
        square = ImageOps.fit(image, self.shape[1:], Image.Resampling.BILINEAR)
        return np.ascontiguousarray(np.asarray(square).transpose(2, 0, 1))

    def _middle(self, image: Image.Image) -> Image.Image:
        width, height = image.size
        if min(width, height) < self.crop:
            raise Unusable(f"{width}x{height}: smaller than --crop {self.crop}")
        left, top = (width - self.crop) // 2, (height - self.crop) // 2
        return image.crop((left, top, left + self.crop, top + self.crop))


def example(content: bytes | Image.Image, prepare: Prepare) -> tuple[np.ndarray, str]:
    """An example of an image, or of a file's content, and ""; or zeros and what is wrong with it.

    It never raises: an exception would end a pipeline that reads others, too.
    """
    fault = ""
    try:
        image = decode(content) if isinstance(content, bytes) else content
        try:
            return prepare(image), ""
        except Unusable as error:
            fault = str(error)
    except Exception as error:
        fault = f"{BROKEN}{str(error) or type(error).__name__}"
    text = " ".join(fault.split()).encode("ascii", "backslashreplace").decode()
    return np.zeros(prepare.shape, np.uint8), text


def decode(content: bytes) -> Image.Image:
    """The RGB image in the content of a file of one of `FORMATS`; the first one where there are
    several.

    Grey, palette, CMYK, transparent and 16-bit images become RGB. Transparency is dropped.

    Raises:
        Unusable: damaged, truncated, of another format, much longer than wide, or larger than
          Pillow's `MAX_IMAGE_PIXELS`.
    """
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            _refuse_odd_size(image.width, image.height)
            image.load()
            if image.format == "PNG" and PNG_END not in content:
                raise Unusable("truncated: PNG's end mark is missing")
            if image.mode == "F" or (image.format, image.mode) == ("TIFF", "I"):
                raise Unusable("a TIFF of 32-bit numbers; expected 8 or 16 bits")
            return to_rgb(image)
    except UnidentifiedImageError:
        raise Unusable(f"not a {', '.join(FORMATS)} image") from None
    except Unusable:
        raise
    except OSError as error:
        raise Unusable(os_reason(error)) from None
    except Exception as error:  # Pillow's decoders raise what they like on broken input
        raise Unusable(str(error) or type(error).__name__) from None


def read_image(file: Path) -> Image.Image:
    """The RGB image in a file, see `decode`. Raises Unusable where it can't be read, too."""
    try:
        if not file.is_file():  # gone, or a pipe that would be waited for
            raise Unusable("not a file")
        content = file.read_bytes()
    except OSError as error:
        raise Unusable(os_reason(error)) from None
    if not content:
        raise Unusable("empty file")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, of large images, which are refused
        return decode(content)


def _refuse_odd_size(width: int, height: int) -> None:
    limit = Image.MAX_IMAGE_PIXELS
    if limit and width * height > limit:  # Pillow itself raises from twice the limit on
        raise Unusable(
            f"Image size ({width * height} pixels) exceeds limit of {limit} pixels, "
            "could be decompression bomb DOS attack."
        )
    if max(width, height) > THINNEST * min(width, height):
        raise Unusable(f"{width}x{height}: more than {THINNEST} times as long as wide")


def to_rgb(image: Image.Image) -> Image.Image:
    """An image of any mode in RGB. Its transparency is dropped."""
    if image.mode.startswith("I"):  # 16 bits, which Pillow would clip instead of scaling
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    image.info.pop("transparency", None)  # about which Pillow would warn
    return image.convert("RGB")
