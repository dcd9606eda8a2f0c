"""Pictures below each other, each under a label."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ms_gan import pictures

SIZE, MARGIN = 13, 6  # of the text and around it, in pixels
FONT = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")


def stacked(panels: Sequence[tuple[str, Image.Image]]) -> Image.Image:
    """Pictures from top to bottom on white, each below its label, which may be empty.

    Args:
        panels: (label, picture), at least one.
    """
    font = ImageFont.truetype(str(FONT), SIZE)
    line = SIZE + MARGIN
    labelled = [(label, picture, line if label else 0) for label, picture in panels]
    text = max(int(font.getbbox(label)[2]) for label, _ in panels)
    width = max(text, max(picture.width for _, picture in panels)) + 2 * MARGIN
    height = sum(space + picture.height + MARGIN for _, picture, space in labelled) + MARGIN
    canvas = Image.new("RGB", (width, height), "white")
    draw, top = ImageDraw.Draw(canvas), MARGIN
    for label, picture, space in labelled:
        draw.text((MARGIN, top), label, fill="black", font=font)
        canvas.paste(picture.convert("RGB"), (MARGIN, top + space))
        top += space + picture.height + MARGIN
    return canvas


def beside(first: Image.Image, second: Image.Image) -> Image.Image:
    """Two pictures beside each other, at their upper ends."""
    size = first.width + 3 * MARGIN + second.width, max(first.height, second.height)
    canvas = Image.new("RGB", size, "white")
    canvas.paste(first.convert("RGB"), (0, 0))
    canvas.paste(second.convert("RGB"), (first.width + 3 * MARGIN, 0))
    return canvas


def row(pixels: np.ndarray, columns: int | None = None) -> Image.Image:
    """Images, uint8 (count, H, W, C), as one row or as many columns; small ones are doubled."""
    factor = max(1, 64 // pixels.shape[1])
    large = pixels.repeat(factor, axis=1).repeat(factor, axis=2)
    return pictures.grid(large, columns or len(pixels))
