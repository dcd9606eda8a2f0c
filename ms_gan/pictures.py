"""Pictures from arrays: pixels, grids, files and GIFs, all through Pillow."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from ms_gan.errors import UsageError
from ms_gan.files import atomic_file

MARGIN = 2  # white pixels between the images of a grid
WRITERS = 4  # threads that write files; more than cores, since they wait for the disk
QUEUE = 64  # images that may wait to be written


def to_pixels(images, peak=1.0):
    """Images in [-peak, peak], float (N, C, H, W), as uint8 pixels (N, H, W, C).

    Values outside are clipped.
    """
    return np.clip(np.rint((images.transpose(0, 2, 3, 1) / peak + 1) * 127.5), 0, 255).astype(
        np.uint8
    )


def grid(pixels, columns):
    """Images uint8 (N, H, W, C) side by side on white, row by row, as one Pillow image; a last row
    may be short.
    """
    count, height, width, channels = pixels.shape
    rows = -(-count // columns)
    columns = min(columns, count)
    canvas = np.full(
        (MARGIN + rows * (height + MARGIN), MARGIN + columns * (width + MARGIN), channels),
        255,
        np.uint8,
    )
    for index, image in enumerate(pixels):
        top = MARGIN + index // columns * (height + MARGIN)
        left = MARGIN + index % columns * (width + MARGIN)
        canvas[top : top + height, left : left + width] = image
    return to_image(canvas)


def to_image(pixels):
    """One image, uint8 (H, W, C) with C 1 or 3, as a Pillow image."""
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def enlarge(image, side=256):
    """A small Pillow image scaled up by a whole factor, as far as it stays within `side`."""
    factor = max(side // max(image.size), 1)
    return image.resize((image.width * factor, image.height * factor), Image.BICUBIC)


def check_format(path, formats):
    """`path` as a Path.

    Raises UsageError unless its name ends in one of `formats` (lower case, with the dot).
    """
    path = Path(path)
    if path.suffix.lower() not in formats:
        raise UsageError(
            f"--out {path}: can't tell the picture's format; expected a name ending in "
            f"{' or '.join(formats)}"
        )
    return path


def save(image, path):
    """Write a Pillow image; the format follows the suffix."""
    with atomic_file(path) as temporary:
        image.save(temporary)


def save_all(pairs):
    """Write (Pillow image, path) pairs as `save` does, by threads, while the next pairs are being
    made.

    Where one can't be written, or making the next one fails, no further ones are begun.
    """
    with ThreadPoolExecutor(WRITERS) as pool:
        waiting = deque()
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


def save_gif(frames, path, seconds=0.2, rest=1.5):
    """Write Pillow images as an endlessly repeated GIF: `seconds` a frame, `rest` on the last."""
    frames = [_with_palette(frame.convert("RGB")) for frame in frames]
    durations = [int(1000 * seconds)] * (len(frames) - 1) + [int(1000 * rest)]
    with atomic_file(path) as temporary:
        frames[0].save(
            temporary, save_all=True, append_images=frames[1:], duration=durations, loop=0
        )


def _with_palette(image):
    """An RGB image reduced to 256 colours, found in a small copy: that looks the same and is 30
    times as fast.
    """
    small = image.copy()
    small.thumbnail((128, 128), Image.NEAREST)
    return image.quantize(palette=small.quantize(256), dither=Image.Dither.NONE)
