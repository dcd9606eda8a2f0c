"""Batches for training, whatever they are made of: their order, and the scale of pixels.

Data, as `Batches` takes it, is an object with `count`, the number of examples; `drawn`, whether it
is an embedded stand-in; `describe()`, what `options.json` records of it, with the "path" that
`--data` would find it by again and the number of "images"; and a text, `str(data)`, that tells how
much of what there is and where.
"""

import mindspore as ms
import numpy as np

from ms_gan.errors import UsageError


class Batches:
    """Endless batches of a fixed size, reshuffled every epoch.

    The order within an epoch depends on the seed, the epoch's number and the number of examples
    alone, so that a run can go on from any step, and from another source of the same examples. A
    subclass gives either `pixels(order)`, uint8 arrays of (batch_size, C, H, W) with the images of
    these numbers, or `examples`. peak: the largest value that pixels are scaled to. Raises
    UsageError where the examples don't fill one batch.
    """

    def __init__(self, data, batch_size, seed, peak=1.0):
        self._data, self._count = data, data.count
        self.batch_size = batch_size
        self._seed = seed
        self._peak = peak
        self.shard(0, 1)

    def shard(self, rank, workers):
        """Give only the share of worker `rank` of each step's examples, which are `batch_size` a
        worker from now on.

        All workers together go through the same order as one with a batch as large as all theirs.
        """
        self._rank, self._workers_in_all = rank, workers
        self.steps_per_epoch = self._count // (self.batch_size * workers)
        if self.steps_per_epoch == 0:
            each = f" for each of {workers} workers" if workers > 1 else ""
            raise UsageError(
                f"--batch-size {self.batch_size}{each}: there are only {self._data}; "
                "choose a batch no larger than that"
            )

    def from_step(self, step):
        """Yield one tuple of tensors for each step from `step` (counted from 0) on, without end.

        A last batch that isn't full is dropped. Raises GanError where an image can't be read any
        more.
        """
        epoch, done = divmod(step, self.steps_per_epoch)
        while True:
            order = np.random.default_rng([self._seed, epoch]).permutation(self._count)
            order = order[: self.steps_per_epoch * self.batch_size * self._workers_in_all]
            mine = order.reshape(self.steps_per_epoch, self._workers_in_all, self.batch_size)[
                :, self._rank
            ]
            yield from self.examples(epoch, mine[done:].reshape(-1))
            epoch, done = epoch + 1, 0

    def examples(self, epoch, order):
        """Yield a tuple of tensors for each batch of the examples numbered in `order`, what is left
        of an epoch.
        """
        for pixels in self.pixels(order):
            yield (scaled(pixels, self._peak),)

    def close(self):
        """Let go of what was opened for reading. The images themselves are untouched."""


def scaled(pixels, peak=1.0):
    """A float32 tensor in [-peak, peak] of uint8 pixels, of the same shape.

    Done for a whole batch at once, it costs a fraction of what the pipeline's operator takes image
    by image.
    """
    images = np.subtract(pixels, np.float32(127.5), dtype=np.float32)
    images /= np.float32(127.5 / peak)
    return ms.Tensor.from_numpy(images)
