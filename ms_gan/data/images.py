"""Batches straight from image files: the tutorial's `ImageFolderDataset`, images handled by C++
operators only.
"""

import mindspore.dataset as ds
from mindspore.dataset import vision

from ms_gan.data.base import Batches
from ms_gan.data.folder import check_images, shown
from ms_gan.data.threads import patient
from ms_gan.data.view import view_of
from ms_gan.errors import GanError


class ImageBatches(Batches):
    """`Batches` of image files, decoded anew in every epoch.

    Grey, palette and transparent images become RGB; other shapes are scaled to the shorter side and
    cut at the centre.
    """

    def __init__(self, images, image_size, batch_size, seed, workers, peak=1.0):
        super().__init__(images, batch_size, seed, peak)
        self._folder = images.folder
        self._size = image_size
        self._workers = workers
        self._files = images.files
        self._lengths = [_length(file) for file in images.files]
        self._view = view_of(images.files)

    def pixels(self, order):
        """Yield uint8 arrays (batch_size, 3, image_size, image_size) of the images with the numbers
        in `order`.

        The last array holds what is left. Raises GanError where an image has vanished or broken
        since it was checked.
        """
        self._refuse_broken(
            [index for index in order if _length(self._files[index]) != self._lengths[index]]
        )
        batches = self._pipeline(order).create_tuple_iterator(
            num_epochs=1, output_numpy=True, do_copy=False
        )
        try:
            with patient():  # the pipeline's threads start with its first batch
                batch = next(batches, None)
            while batch is not None:
                yield batch[0]
                batch = next(batches, None)
        except RuntimeError as error:
            self._refuse_broken(
                order
            )  # MindSpore doesn't always name the file, and never by its own name
            raise GanError(
                f"{self._folder}: MindSpore can't read an image ({' '.join(str(error).split())})"
            ) from None

    def close(self):
        """Remove the temporary folder. The images themselves are untouched."""
        self._view.cleanup()

    def _refuse_broken(self, indices):
        """Raise GanError where one of these images is broken by now.

        Those of another length than at the start are looked at before each epoch: the decoder, in
        C++, ends the whole process on a JPEG that is cut off in its header. One cut off in the
        midst of an epoch can still do that.
        """
        for file, reason in check_images([self._files[index] for index in indices]).items():
            raise GanError(
                f"{self._folder}: an image that was sound at the start can't be read any more "
                f"({shown(file)}: {reason}); mend or remove it, then start or resume the run"
            )

    def _pipeline(self, order):
        data = ds.ImageFolderDataset(
            self._view.name,
            num_parallel_workers=self._workers,
            sampler=ds.SubsetSampler([int(index) for index in order]),
        )
        transforms = [
            vision.Decode(),
            vision.Resize(self._size),
            vision.CenterCrop(self._size),
            vision.HWC2CHW(),
        ]
        data = data.project(["image"]).map(transforms, "image", num_parallel_workers=self._workers)
        return data.batch(
            self.batch_size, num_parallel_workers=1
        )  # more would only take turns with the decoders


def _length(file):
    try:
        return file.stat().st_size
    except OSError:  # gone
        return None
