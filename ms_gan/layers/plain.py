"""MindSpore's own layers, for Ascend and GPU, by the names that networks use."""

from mindspore import nn, ops
from mindspore.nn import ELU, BatchNorm2d, Conv2d, Conv2dTranspose, LeakyReLU, SequentialCell

CHANNELS = 1  # the axis of an image batch that holds the channels, within a `SequentialCell`
__all__ = [
    "BatchNorm2d",
    "CHANNELS",
    "Conv2d",
    "Conv2dTranspose",
    "ELU",
    "LeakyReLU",
    "SequentialCell",
    "Upsample",
]


class Upsample(nn.Cell):
    """Enlarges (N, C, H, W) images by a whole factor, each pixel becoming factor * factor equal
    ones.

    By a product, since the gradient of MindSpore's nearest resizing can't be differentiated again.
    """

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def construct(self, x):
        n, channels, height, width = x.shape
        ones = ops.ones((1, 1, 1, self.factor, 1, self.factor), x.dtype)
        enlarged = x.reshape(n, channels, height, 1, width, 1) * ones
        return enlarged.reshape(n, channels, height * self.factor, width * self.factor)
