"""Batches from a cache: all images decoded once, at the training size, and packed into one file."""

import contextlib
import hashlib
import json
import sys
from pathlib import Path

import mindspore as ms
from tqdm import tqdm

from ms_gan.data import packed
from ms_gan.data.base import Batches
from ms_gan.data.images import ImageBatches

PACKED_AT_ONCE = 64  # images


class CachedBatches(Batches):
    """The same batches, bit for bit, as those of `ImageBatches`, without decoding an image.

    The cache is `cache/NAME-SIZE-KEY.npy` in the folder `datasets`: the images' folder by name, the
    training size, and a key of the folder's path. It is made where it isn't there, and made again,
    with one line that says why, where it is damaged or where images have come, gone or changed (in
    size or time). Raises OSError where it can't be written.
    """

    def __init__(self, images, image_size, batch_size, seed, workers, datasets, peak=1.0):
        super().__init__(images, batch_size, seed, peak)
        key = hashlib.sha256(str(images.folder).encode()).hexdigest()[:8]
        path = Path(datasets, "cache", f"{images.folder.name}-{image_size}-{key}.npy")
        source, shape = source_of(images), (len(images.files), 3, image_size, image_size)
        try:
            self._packed = packed.read(path, source, shape)
            return
        except FileNotFoundError:
            pass
        except packed.Unfit as reason:
            print(f"{path}: {reason}; packing the images again", file=sys.stderr)
        pack(images, image_size, workers, path, source, shape)
        self._packed = packed.read(path, source, shape)

    def pixels(self, order):
        """Yield uint8 arrays (batch_size, 3, image_size, image_size) of the images with the numbers
        in `order`.
        """
        for start in range(0, len(order), self.batch_size):
            yield self._packed[order[start : start + self.batch_size]]

    def close(self):
        """Close the cache's file, which stays for the next run."""
        self._packed = None


def source_of(images):
    """A key of the images: their names, sizes and times, and the MindSpore that decodes them."""
    facts = [(file.relative_to(images.folder).as_posix(), file.stat()) for file in images.files]
    listed = [ms.__version__, [(name, stat.st_size, stat.st_mtime_ns) for name, stat in facts]]
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest()


def pack(images, image_size, workers, path, source, shape):
    """Decode all images, in their order, and write them to `path`."""
    decoding = ImageBatches(images, image_size, min(PACKED_AT_ONCE, len(images.files)), 0, workers)
    progress = tqdm(desc="packing images", total=len(images.files), leave=False, disable=None)

    def blocks():
        for block in decoding.pixels(range(len(images.files))):
            yield block
            progress.update(len(block))

    with contextlib.closing(decoding), contextlib.closing(progress):
        packed.write(path, source, shape, blocks())
    print(f"packed {len(images.files)} images at {image_size}x{image_size} into {path}")
