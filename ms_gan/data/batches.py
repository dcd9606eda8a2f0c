"""Batches for training out of pixels, wherever these come from: their order, and their scale."""

import mindspore as ms
import numpy as np

from ms_gan.errors import UsageError


class Batches:
    """Endless batches of (batch_size, 3, image_size, image_size) float32 in [-1, 1], reshuffled every epoch.

    The order within an epoch depends on the seed, the epoch's number and the number of images alone, so that a run can
    go on from any step, and from another source of the same pixels. A subclass gives `pixels(order)`: uint8 arrays of
    (batch_size, 3, image_size, image_size) with the images of these numbers. Raises UsageError where the images
    don't fill one batch.
    """

    def __init__(self, images, batch_size, seed):
        self._count = len(images.files)
        self.steps_per_epoch = self._count // batch_size
        if self.steps_per_epoch == 0:
            raise UsageError(f"--batch-size {batch_size}: {images.folder} holds only {self._count} usable "
                             "images; choose a batch no larger than that")
        self.batch_size = batch_size
        self._seed = seed

    def from_step(self, step):
        """Yield one tuple of tensors, (images,), for each step from `step` (counted from 0) on, without end.

        A last batch that isn't full is dropped. Raises GanError where an image can't be read any more.
        """
        epoch, done = divmod(step, self.steps_per_epoch)
        while True:
            order = np.random.default_rng([self._seed, epoch]).permutation(self._count)
            for pixels in self.pixels(order[done * self.batch_size:self.steps_per_epoch * self.batch_size]):
                yield (scaled(pixels),)
            epoch, done = epoch + 1, 0

    def close(self):
        """Let go of what was opened for reading. The images themselves are untouched."""


def scaled(pixels):
    """A float32 tensor in [-1, 1] of uint8 pixels, of the same shape.

    Done for a whole batch at once, it costs a fraction of what the pipeline's operator takes image by image.
    """
    images = np.subtract(pixels, np.float32(127.5), dtype=np.float32)
    images /= np.float32(127.5)
    return ms.Tensor.from_numpy(images)
