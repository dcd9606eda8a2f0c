"""Images in shuffled batches: the tutorial's `ImageFolderDataset` pipeline, all of it in MindSpore's C++ operators."""

import tempfile
from pathlib import Path

import mindspore.dataset as ds
import numpy as np
from mindspore.dataset import vision

from ms_gan.errors import GanError, UsageError


class ImageBatches:
    """Endless batches of (batch_size, 3, image_size, image_size) float32 in [-1, 1], reshuffled every epoch.

    The order within an epoch depends on the seed and the epoch's number alone, so that a run can go on from any step.
    Grey, palette and transparent images become RGB; other shapes are scaled to the shorter side and cut at the centre.
    Raises UsageError where the images don't fill one batch.
    """

    def __init__(self, images, image_size, batch_size, seed, workers):
        self.steps_per_epoch = len(images.files) // batch_size
        if self.steps_per_epoch == 0:
            raise UsageError(f"--batch-size {batch_size}: {images.folder} holds only {len(images.files)} usable "
                             "images; choose a batch no larger than that")
        self.batch_size = batch_size
        self._folder = images.folder
        self._size = image_size
        self._seed = seed
        self._workers = workers
        # ImageFolderDataset takes every file of every class folder, so it is shown one class of the sound files only.
        self._view = tempfile.TemporaryDirectory(prefix="ms_gan-")
        sole_class = Path(self._view.name, "images")
        sole_class.mkdir()
        for index, file in enumerate(images.files):
            (sole_class / f"{index:08d}{file.suffix.lower()}").symlink_to(file.resolve())

    def from_step(self, step):
        """Yield one tuple of tensors, (images,), for each step from `step` (counted from 0) on, without end.

        Raises GanError where an image has vanished or broken since it was checked.
        """
        epoch, done = divmod(step, self.steps_per_epoch)
        try:
            while True:
                yield from self._epoch(epoch, done).create_tuple_iterator(num_epochs=1, do_copy=False)
                epoch, done = epoch + 1, 0
        except RuntimeError as error:
            raise GanError(f"{self._folder}: an image that was sound at the start can't be read any more "
                           f"({str(error).strip().splitlines()[0]})") from None

    def close(self):
        """Remove the temporary folder. The images themselves are untouched."""
        self._view.cleanup()

    def _epoch(self, epoch, done):
        # Without a seed of its own, a fresh iterator would repeat the first epoch's order.
        ds.config.set_seed(int(np.random.SeedSequence([self._seed, epoch]).generate_state(1)[0]))
        data = ds.ImageFolderDataset(self._view.name, num_parallel_workers=self._workers, shuffle=True)
        if done:
            data = data.skip(done * self.batch_size)
        data = data.project(["image"])
        transforms = [vision.Decode(), vision.Resize(self._size), vision.CenterCrop(self._size),
                      vision.Normalize([127.5] * 3, [127.5] * 3), vision.HWC2CHW()]
        data = data.map(transforms, "image", num_parallel_workers=self._workers)
        return data.batch(self.batch_size, drop_remainder=True)
