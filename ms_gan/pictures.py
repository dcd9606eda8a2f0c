"""Pictures from arrays: pixels, grids, files and GIFs, all through Pillow."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from ms_gan.errors import UsageError
from ms_gan.files import atomic_file

MARGIN = 2  # white pixels between the images of a grid
WRITERS = 4  # threads that write files; more than cores, since they wait for the disk
QUEUE = 64  # images that may wait to be written


def to_pixels(images: np.ndarray, data_range: float = 1.0) -> np.ndarray:
    """Images in [-data_range, data_range], float (N, C, H, W), as uint8 pixels (N, H, W, C).

    Values outside are clipped.
    """
    levels = np.rint((images.transpose(0, 2, 3, 1) / data_range + 1) * 127.5)
    return np.clip(levels, 0, 255).astype(np.uint8)


def grid(pixels: np.ndarray, columns: int = 8) -> Image.Image:
    """Images side by side on white, row by row, as one picture. A last row may be short.

    Args:
        pixels: uint8 (count, height, width, channels) with 3 channels or 1.
        columns: images in a row.

    Raises:
        UsageError: the images are of another shape or type, or there is no image or no column.
    """
    pixels = np.asarray(pixels)
    if pixels.dtype != np.uint8 or pixels.ndim != 4 or pixels.shape[3] not in (1, 3):
        raise UsageError(
            f"images: {pixels.dtype} {pixels.shape}; expected uint8 "
            "(count, height, width, channels) with 3 channels or 1"
        )
    if not pixels.size or columns < 1:
        raise UsageError(
            f"{len(pixels)} images in {columns} columns; expected at least one of each"
        )
    count, height, width, channels = pixels.shape
    columns = min(columns, count)
    rows = -(-count // columns)
    cells = np.full((rows * columns, height + MARGIN, width + MARGIN, channels), 255, np.uint8)
    cells[:count, MARGIN:, MARGIN:] = pixels
    lines = cells.reshape(rows, columns, *cells.shape[1:]).swapaxes(1, 2)
    canvas = lines.reshape(rows * (height + MARGIN), columns * (width + MARGIN), channels)
    return to_image(np.pad(canvas, ((0, MARGIN), (0, MARGIN), (0, 0)), constant_values=255))


def to_image(pixels: np.ndarray) -> Image.Image:
    """One image, uint8 (H, W, C) with C 1 or 3, as a Pillow image."""
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def enlarge(image: Image.Image, side: int = 256) -> Image.Image:
    """A small Pillow image scaled up by a whole factor, as far as it stays within `side`."""
    factor = max(side // max(image.size), 1)
    return image.resize((image.width * factor, image.height * factor), Image.Resampling.BICUBIC)


def check_format(path: str | Path, formats: Sequence[str]) -> Path:
    """`path` as a Path.

    Raises:
        UsageError: its name doesn't end in one of `formats` (lower case, with the dot).
    """
    path = Path(path)
    if path.suffix.lower() not in formats:
        raise UsageError(
            f"--out {path}: can't tell the picture's format; expected a name ending in "
            f"{' or '.join(formats)}"
        )
    return path


def save(image: Image.Image, path: str | Path) -> None:
    """Write a picture in the format of its suffix."""
    with atomic_file(path) as temporary:
        image.save(temporary)


def save_all(pairs: Iterable[tuple[Image.Image, Path]]) -> None:
    """Write (picture, path) pairs by threads while the next ones are made, until one fails."""
    with ThreadPoolExecutor(WRITERS) as pool:
        waiting: deque[Future[None]] = deque()
        try:
            for image, path in pairs:
                if len(waiting) == QUEUE:
                    waiting.popleft().result()
                waiting.append(pool.submit(save, image, path))
            while waiting:
                waiting.popleft().result()
        finally:
            for begun in waiting:
                begun.cancel()


def save_gif(
    frames: Iterable[Image.Image], path: str | Path, seconds: float = 0.2, rest: float = 1.5
) -> None:
    """Write pictures as an endlessly repeated GIF: `seconds` a frame, `rest` on the last."""
    frames = [_with_palette(frame.convert("RGB")) for frame in frames]
    durations = [int(1000 * seconds)] * (len(frames) - 1) + [int(1000 * rest)]
    with atomic_file(path) as temporary:
        frames[0].save(
            temporary, save_all=True, append_images=frames[1:], duration=durations, loop=0
        )


def save_walk(pixels: np.ndarray, path: str | Path) -> None:
    """Write a walk's images, uint8 (frames, H, W, C), enlarged as a GIF of 12 frames a second."""
    save_gif((enlarge(to_image(frame)) for frame in pixels), path, seconds=1 / 12, rest=1 / 12)


def _with_palette(image: Image.Image) -> Image.Image:
    """An RGB image in 256 colours, found in a small copy, which is 30 times as fast."""
    small = image.copy()
    small.thumbnail((128, 128), Image.Resampling.NEAREST)
    return image.quantize(palette=small.quantize(256), dither=Image.Dither.NONE)
