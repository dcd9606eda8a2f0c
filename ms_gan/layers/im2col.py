"""Convolutions as matrix products on NHWC images, for CPUs, whose matrix product MindSpore uses
several times better than their convolutions.

im2col copies the pixels under every window of a convolution side by side, so that one matrix
product with the weights is the whole convolution. Which pixels these are is an index, made once
when the step is compiled. For a 3x3 image, whose pixels are numbered row by row, and a 2x2 kernel:

    image     windows      index, one line for each output pixel
    0 1 2     0 1   1 2    0 1 3 4
    3 4 5     3 4   4 5    1 2 4 5
    6 7 8                  3 4 6 7
              3 4   4 5    4 5 7 8
              6 7   7 8

Gathering by it turns (N, 9, C) pixels into (N * 4, 4 * C) windows, which times the (4 * C, O)
weights give the (N, 2, 2, O) output. Padding reads pixel 9, a row of zeros appended to the image.
The adjoint, col2im, adds each window's values to the pixels they came from (pixel 4 is in all four
windows here): it makes the gradient for the images, and it is a transposed convolution.

Each cell shares the Parameters of a MindSpore cell, under the same attributes, so a checkpoint
moves between the two. What MindSpore's automatic gradients do slowly has a `bprop` of its own, and
can be differentiated again.
"""

from __future__ import annotations

import numpy as np
from mindspore import Tensor, nn, ops

from ms_gan.layers import indices

_concat, _gather, _add_bias, _product = ops.Concat(1), ops.Gather(), ops.BiasAdd(), ops.MatMul()
_product_transposed = ops.MatMul(transpose_b=True)
_transposed_product = ops.MatMul(transpose_a=True)


class NHWC(nn.Cell):
    """A cell that does on NHWC images what a MindSpore cell does on NCHW ones.

    Args:
        cell: the MindSpore cell; its Parameters are taken over under their attributes.
        nchw: whether the images it is called with are NCHW: then it transposes them in and out.
    """

    def __init__(self, cell: nn.Cell, nchw: bool) -> None:
        super().__init__()
        self.nchw = nchw
        for name, parameter in cell.parameters_and_names(expand=False):
            self.insert_param_to_cell(name, parameter)

    @staticmethod
    def supports(cell: nn.Cell) -> bool:
        """Whether it can do what the cell does."""
        return True

    def construct(self, x: Tensor) -> Tensor:
        if self.nchw:
            return self.nhwc(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
        return self.nhwc(x)


@ops.constexpr
def _index(kind, height, width, numbers):
    return Tensor(getattr(indices, kind)(height, width, *numbers))


@ops.constexpr
def _inverse_index(kind, height, width, numbers):
    index = getattr(indices, kind)(height, width, *numbers)
    return tuple(Tensor(line) for line in indices.inverse(index, height * width))


@ops.constexpr
def _backwards(count):
    return Tensor(np.arange(count - 1, -1, -1, dtype=np.int32))


def _with_zeros(values):
    """(N, R, C) values and one more row of zeros, number R, for what lies outside of an image."""
    return _concat((values, ops.zeros((values.shape[0], 1, values.shape[2]), values.dtype)))


class _Gather(nn.Cell):
    """Pixels of (N, H, W, C) images by an index of `indices`: (N, len(index), C)."""

    def __init__(self, kind: str, numbers: tuple[int, ...]) -> None:
        super().__init__()
        self.kind, self.numbers = kind, numbers
        self.adjoint = _GatherAdjoint(kind, numbers)

    def construct(self, images):
        n, height, width, channels = images.shape
        pixels = _with_zeros(images.reshape(n, height * width, channels))
        return _gather(pixels, _index(self.kind, height, width, self.numbers), 1)

    def bprop(self, images, out, dout):
        return (self.adjoint(_with_zeros(dout), images.shape[1], images.shape[2]),)


class _GatherAdjoint(nn.Cell):
    """Adds every gathered value to the pixel of a (N, height, width, C) image it came from.

    The values, (N, len(index) + 1 or more, C), end in rows of zeros.
    """

    def __init__(self, kind: str, numbers: tuple[int, ...]) -> None:
        super().__init__()
        self.kind, self.numbers = kind, numbers

    def construct(self, values, height, width):
        terms = ()
        for index in _inverse_index(self.kind, height, width, self.numbers):
            terms += (_gather(values, index, 1),)
        total = ops.addn(terms) if len(terms) > 1 else terms[0]
        return total.reshape(values.shape[0], height, width, values.shape[2])

    def bprop(self, values, height, width, out, dout):
        n, rows, channels = values.shape
        index = _index(self.kind, height, width, self.numbers)
        gathered = _gather(_with_zeros(dout.reshape(n, height * width, channels)), index, 1)
        zeros = ops.zeros((n, rows - index.shape[0], channels), values.dtype)
        return _concat((gathered, zeros)), 0, 0


class _Convolve(nn.Cell):
    """Images (N, H, W, C) and a weight (O, kernel * kernel * C) to outputs (N, places, O)."""

    def __init__(self, window: tuple[int, ...]) -> None:
        super().__init__()
        self.im2col, self.adjoint = _Gather("im2col", window), _ConvolveAdjoint(window)

    def construct(self, images, weight):
        windows = self.im2col(images).reshape(-1, weight.shape[1])
        return _product_transposed(windows, weight).reshape(images.shape[0], -1, weight.shape[0])

    def bprop(self, images, weight, out, dout):
        # The same as in `construct`: MindSpore computes it once for both.
        windows = self.im2col(images).reshape(-1, weight.shape[1])
        gradient = self.adjoint(dout, weight, images.shape[1], images.shape[2])
        return gradient, _transposed_product(dout.reshape(-1, weight.shape[0]), windows)


class _ConvolveAdjoint(nn.Cell):
    """A transposed convolution: (N, places, O) and the weight to images (N, height, width, C)."""

    def __init__(self, window: tuple[int, ...]) -> None:
        super().__init__()
        kernel, stride, padding = window
        self.area, self.lost = kernel * kernel, kernel - 1 - 2 * padding
        self.im2col, self.col2im = _Gather("im2col", window), _GatherAdjoint("im2col", window)
        self.turns = stride == 1 and 0 < padding < kernel
        if self.turns:
            self.turned_im2col = _Gather("im2col", (kernel, 1, kernel - 1 - padding))

    def construct(self, values, weight, height, width):
        n, places, channels = values.shape
        if self.turns and channels * self.area <= weight.shape[1]:
            return self.turned(values, weight, height, width)
        # The zeros that `col2im` needs: appended to the factor, which is smaller than the product.
        windows = _product(_with_zeros(values).reshape(-1, channels), weight)
        return self.col2im(windows.reshape(n, (places + 1) * self.area, -1), height, width)

    def turned(self, values, weight, height, width):
        """The same with stride 1: a convolution with the kernel turned by 180 degrees.

        Where the values have no more channels than the images, it moves half as much as col2im.
        """
        n, _, channels = values.shape
        values = values.reshape(n, height - self.lost, width - self.lost, channels)
        kernels = weight.reshape(channels, self.area, -1).transpose(2, 1, 0)
        kernels = _gather(kernels, _backwards(self.area), 1).reshape(-1, self.area * channels)
        windows = self.turned_im2col(values).reshape(-1, self.area * channels)
        return _product_transposed(windows, kernels).reshape(n, height, width, -1)

    def bprop(self, values, weight, height, width, out, dout):  # noqa: PLR0913 - MindSpore's
        windows = self.im2col(dout).reshape(-1, weight.shape[1])
        gradient = _product_transposed(windows, weight).reshape(values.shape)
        return gradient, _transposed_product(values.reshape(-1, values.shape[2]), windows), 0, 0


class Conv2d(NHWC):
    """`nn.Conv2d` by im2col; see `supports`."""

    def __init__(self, conv: nn.Conv2d, nchw: bool) -> None:
        super().__init__(conv, nchw)
        self.out_channels, self.has_bias = conv.out_channels, conv.has_bias
        self.window = _window(conv)
        self.convolve = _Convolve(self.window)

    @staticmethod
    def supports(conv: nn.Conv2d) -> bool:
        """Whether it has one group, no dilation, pad_mode "pad" or "valid", and is square."""
        return _window(conv) is not None

    def normalised(self, matrix: Tensor) -> Tensor:
        """What it multiplies by, of its weight (O, kernel * kernel * C)."""
        return matrix

    def nhwc(self, x: Tensor) -> Tensor:
        rows = indices.output_size(x.shape[1], *self.window)
        columns = indices.output_size(x.shape[2], *self.window)
        weight = self.weight.transpose(0, 2, 3, 1).reshape(self.out_channels, -1)
        y = self.convolve(x, self.normalised(weight))
        if self.has_bias:
            y = _add_bias(y.reshape(-1, self.out_channels), self.bias)
        return y.reshape(x.shape[0], rows, columns, self.out_channels)


class Conv2dTranspose(NHWC):
    """`nn.Conv2dTranspose` by a matrix product and col2im; see `supports`."""

    def __init__(self, conv: nn.Conv2dTranspose, nchw: bool) -> None:
        super().__init__(conv, nchw)
        self.out_channels, self.has_bias = conv.out_channels, conv.has_bias
        self.window = _window(conv)
        self.convolve = _ConvolveAdjoint(self.window)

    @staticmethod
    def supports(conv: nn.Conv2dTranspose) -> bool:
        """What `Conv2d` supports, without output padding and gaps between its windows."""
        window = _window(conv)
        whole = getattr(conv, "output_padding", 0) in (0, (0, 0))
        return window is not None and whole and window[0] >= window[1]

    def nhwc(self, x: Tensor) -> Tensor:
        n, height, width, channels = x.shape
        kernel, stride, padding = self.window
        weight = self.weight.transpose(0, 2, 3, 1).reshape(channels, -1)
        margin = kernel - stride - 2 * padding
        rows, columns = height * stride + margin, width * stride + margin
        y = self.convolve(x.reshape(n, -1, channels), weight, rows, columns)
        if self.has_bias:
            y = _add_bias(y.reshape(-1, self.out_channels), self.bias).reshape(y.shape)
        return y


class Upsample(NHWC):
    """`ms_gan.layers.upsample.Upsample` by a gather."""

    def __init__(self, upsample: nn.Cell, nchw: bool) -> None:
        super().__init__(upsample, nchw)
        self.factor = upsample.factor
        self.enlarge = _Gather("nearest", (self.factor,))

    def nhwc(self, x: Tensor) -> Tensor:
        n, height, width, channels = x.shape
        return self.enlarge(x).reshape(n, height * self.factor, width * self.factor, channels)


class LeakyReLU(nn.Cell):
    """`nn.LeakyReLU` by operations whose gradients are fast."""

    def __init__(self, leaky: nn.LeakyReLU) -> None:
        super().__init__()
        self.slope = leaky.alpha

    def construct(self, x: Tensor) -> Tensor:
        # Of x itself and not of relu(x) and relu(-x): a NaN has to come through.
        return ops.addn((x, ops.relu(x * (self.slope - 1))))


class ELU(nn.Cell):
    """`nn.ELU` with a fast gradient."""

    def __init__(self, elu: nn.ELU) -> None:
        super().__init__()

    def construct(self, x: Tensor) -> Tensor:
        return ops.elu(x)

    def bprop(self, x: Tensor, out: Tensor, dout: Tensor) -> tuple[Tensor]:
        # Below 0 the slope is exp(x), which is the output + 1.
        return (dout * (ops.minimum(out, 0.0) + 1),)


def _window(conv):
    """(kernel, stride, padding) of a convolution, or None where it isn't supported."""
    several = [set(_numbers(n)) for n in (conv.kernel_size, conv.stride, conv.padding)]
    plain = conv.group == 1 and set(_numbers(conv.dilation)) == {1}
    if not plain or conv.pad_mode not in ("pad", "valid") or any(len(n) > 1 for n in several):
        return None
    return tuple(numbers.pop() for numbers in several)


def _numbers(numbers):
    return numbers if isinstance(numbers, tuple) else (numbers,)
