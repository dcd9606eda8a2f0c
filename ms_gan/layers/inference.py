"""A trained generator prepared for a CPU: the same images from few large operations, nothing left to learn.

Normalisation by fixed statistics is a factor and a summand for each channel, so it goes into weights and a bias. A
transposed convolution that doubles the side (kernel 4, stride 2, padding 1) becomes one matrix product: with a border
of zeros around its input, each window of 2x2 pixels decides the four pixels (2q-1, 2q) x (2p-1, 2p) of its output
alone. The product leaves them beside one another; the next layer's table finds them where they are.
"""

import mindspore as ms
import numpy as np
from mindspore import Tensor, nn, ops

from ms_gan.layers import rows

TAPS = ((2, 0), (3, 1))  # the kernel's row for output 2q-1, then 2q, from the window's first pixel and from its second

_concat, _gather, _add_bias, _product = ops.Concat(1), ops.Gather(), ops.BiasAdd(), ops.MatMul()


def prepare(generator, count):
    """A cell with the generator's output in inference mode, for batches of exactly `count` latents.

    None where the generator isn't of the kind that is known here: a `rows.SequentialCell` named `net` that begins at
    1x1 pixels and doubles the side by transposed convolutions from then on.
    """
    stages = _stages(getattr(generator, "net", None))
    if not stages:
        return None
    first, *others = (_folded(*stage) for stage in stages)
    side = stages[0][0].kernel_size[0]
    weight = first[0].transpose(0, 2, 3, 1)
    cells = [_Product(weight.reshape(len(weight), -1), np.tile(first[1], side * side), first[2])]
    places, total = np.arange(side * side).reshape(side, side), side * side
    for weight, bias, activation in others:
        cells.append(_Windows(count, places, total, len(weight)))
        cells.append(_Product(_by_windows(weight), np.tile(bias, 4), activation))
        side *= 2
        places, total = _places(side), (side + 2)**2
    return nn.SequentialCell(*cells, _Pixels(count, places, weight.shape[1])).set_train(False)


def compiled(generator):
    """The generator as a compiled function: the same bits, sooner once it has been compiled."""

    @ms.jit
    def images(latents):
        return generator(latents)

    return images


class _Product(nn.Cell):
    """(R, inputs) rows times a matrix, plus a bias, through an activation."""

    def __init__(self, matrix, bias, activation):
        super().__init__()
        self.matrix, self.bias = Tensor(np.ascontiguousarray(matrix)), Tensor(bias)
        self.activation = activation

    def construct(self, x):
        return self.activation(_add_bias(_product(x, self.matrix), self.bias))


class _Windows(nn.Cell):
    """The 2x2 windows of images with a border of zeros, whose pixels are at `places` of a product's `total` rows."""

    def __init__(self, count, places, total, channels):
        super().__init__()
        border = np.pad(places, 1, constant_values=total)  # the row of zeros that comes after the others
        q, p, a, b = np.ogrid[:len(places) + 1, :len(places) + 1, :2, :2]
        self.table = Tensor(border[q + a, p + b].reshape(-1).astype(np.int32))
        self.zeros = Tensor(np.zeros((count, 1, channels), np.float32))
        self.count, self.channels = count, channels

    def construct(self, x):
        padded = _concat((x.reshape(self.count, -1, self.channels), self.zeros))
        return _gather(padded, self.table, 1).reshape(-1, 4 * self.channels)


class _Pixels(nn.Cell):
    """(N, C, H, W) images whose pixels are at `places` of a product's result."""

    def __init__(self, count, places, channels):
        super().__init__()
        self.table = Tensor(places.reshape(-1).astype(np.int32))
        self.count, self.side, self.channels = count, len(places), channels

    def construct(self, x):
        x = _gather(x.reshape(self.count, -1, self.channels), self.table, 1)
        return x.reshape(self.count, self.side, self.side, self.channels).transpose(0, 3, 1, 2)


def _stages(net):
    """[(transposed convolution, its normalisation or None, its activation)] of a network; [] for one not known here."""
    cells, stages = list(net.cell_list) if isinstance(net, rows.SequentialCell) else [], []
    while cells:
        layer = cells.pop(0)
        if not isinstance(layer, rows.Conv2dTranspose) or layer.has_bias:
            return []
        kernel, stride, padding = layer.unpick.numbers
        if (stride, padding) != (1, 0) if not stages else (kernel, stride, padding) != (4, 2, 1):
            return []
        norm = cells.pop(0) if cells and isinstance(cells[0], rows.BatchNorm2d) else None
        if not cells or not isinstance(cells[0], (nn.ReLU, nn.Tanh)):
            return []
        stages.append((layer, norm, cells.pop(0)))
    return stages if len(stages) > 1 else []


def _folded(layer, norm, activation):
    """(weight, bias, activation) of a stage as arrays, with the normalisation in weight and bias."""
    weight = layer.weight.asnumpy()
    if norm is None:
        return weight, np.zeros(weight.shape[1], np.float32), activation
    gamma, beta, mean, variance = (p.asnumpy().astype(np.float64) for p in (
        norm.gamma, norm.beta, norm.moving_mean, norm.moving_variance))
    scale = gamma / np.sqrt(variance + norm.eps)
    weight = weight * scale.astype(np.float32)[:, None, None]
    return weight, (beta - mean * scale).astype(np.float32), activation


def _by_windows(weight):
    """The (4 * inputs, 4 * outputs) matrix from windows to output pixels, of (inputs, outputs, 4, 4) weights."""
    inputs, outputs = weight.shape[:2]
    matrix = np.empty((2, 2, inputs, 2, 2, outputs), np.float32)
    for a, b, row, column in np.ndindex(2, 2, 2, 2):
        matrix[a, b, :, row, column] = weight[:, :, TAPS[row][a], TAPS[column][b]]
    return matrix.reshape(4 * inputs, 4 * outputs)


def _places(side):
    """(side, side): where in the result of a product of windows each pixel of the image is."""
    window, place = np.divmod(np.arange(side) + 1, 2)
    windows = side // 2 + 1
    return 4 * (window[:, None] * windows + window) + 2 * place[:, None] + place

