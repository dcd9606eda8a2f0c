"""MindSpore's layers for CPUs: an image is rows of channels, a convolution one gather and one matrix product.

Every class is MindSpore's layer of the same name with the same arguments, parameters and initial values (it inherits
them), so that a checkpoint moves between the two. Only the arithmetic differs: on a CPU, MindSpore's kernels for
convolutions reach a fraction of the speed of its matrix product. Within a `SequentialCell` of this module an image is
(N, H, W, C), outside of it (N, C, H, W) as ever. Layers that act on each number alone (`nn.ReLU`, `nn.Tanh`) fit into
both and are MindSpore's own.

What MindSpore's automatic gradients do slowly here has a `bprop` of its own: picking rows, whose automatic gradient
is a scatter, and batch normalisation. Both can be differentiated again.
"""

from mindspore import Tensor, nn, ops

from ms_gan.layers import tables

_concat, _gather, _add_bias = ops.Concat(1), ops.Gather(), ops.BiasAdd()
_product, _product_transposed = ops.MatMul(), ops.MatMul(transpose_b=True)


@ops.constexpr
def _table(kind, height, width, numbers):
    return Tensor(getattr(tables, kind)(height, width, *numbers))


@ops.constexpr
def _readers(kind, height, width, numbers):
    table = getattr(tables, kind)(height, width, *numbers)
    return tuple(Tensor(line) for line in tables.readers(table, height * width))


def _rows(values, index):
    """(N, len(index), C): rows of (N, R, C) `values` by their numbers; number R is a row of zeros."""
    zeros = ops.zeros((values.shape[0], 1, values.shape[2]), values.dtype)
    return _gather(_concat((values, zeros)), index, 1)


class _Pick(nn.Cell):
    """Pixels of (N, H, W, C) images by a table of `ms_gan.layers.tables`: (N, len(table), C)."""

    def __init__(self, kind, numbers):
        super().__init__()
        self.kind, self.numbers = kind, numbers
        self.unpick = _Unpick(kind, numbers)

    def construct(self, images):
        n, height, width, channels = images.shape
        return _rows(images.reshape(n, height * width, channels), _table(self.kind, height, width, self.numbers))

    def bprop(self, images, out, dout):
        return (self.unpick(dout, images.shape[1], images.shape[2]),)


class _Unpick(nn.Cell):
    """The adjoint of `_Pick`: adds every picked value to the pixel of a (N, height, width, C) image it came from."""

    def __init__(self, kind, numbers):
        super().__init__()
        self.kind, self.numbers = kind, numbers

    def construct(self, values, height, width):
        terms = ()
        for index in _readers(self.kind, height, width, self.numbers):
            terms += (_rows(values, index),)
        total = ops.addn(terms) if len(terms) > 1 else terms[0]
        return total.reshape(values.shape[0], height, width, values.shape[2])

    def bprop(self, values, height, width, out, dout):
        pixels = dout.reshape(values.shape[0], height * width, values.shape[2])
        return _rows(pixels, _table(self.kind, height, width, self.numbers)), 0, 0


class Conv2d(nn.Conv2d):
    """`nn.Conv2d` of (N, H, W, C) images, for square kernels with pad_mode "pad" or "valid"."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.window = _window(self)
        self.pick = _Pick("windows", self.window)

    def construct(self, x):
        rows, columns = tables.output_side(x.shape[1], *self.window), tables.output_side(x.shape[2], *self.window)
        weight = self.weight.transpose(0, 2, 3, 1).reshape(self.out_channels, -1)
        y = _product_transposed(self.pick(x).reshape(x.shape[0] * rows * columns, -1), weight)
        if self.has_bias:
            y = _add_bias(y, self.bias)
        return y.reshape(x.shape[0], rows, columns, self.out_channels)


class Conv2dTranspose(nn.Conv2dTranspose):
    """`nn.Conv2dTranspose` of (N, H, W, C) images, for square kernels with pad_mode "pad" or "valid"."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.window = _window(self)
        self.unpick = _Unpick("windows", self.window)

    def construct(self, x):
        n, height, width, channels = x.shape
        kernel, stride, padding = self.window
        weight = self.weight.transpose(0, 2, 3, 1).reshape(channels, -1)
        y = _product(x.reshape(-1, channels), weight).reshape(n, -1, self.out_channels)
        margin = kernel - stride - 2 * padding
        y = self.unpick(y, height * stride + margin, width * stride + margin)
        if self.has_bias:
            y = _add_bias(y.reshape(-1, self.out_channels), self.bias).reshape(y.shape)
        return y


class BatchNorm2d(nn.BatchNorm2d):
    """`nn.BatchNorm2d` of (N, H, W, C) images; the running variance is the unbiased one on every MindSpore."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.normalize = _Normalize(self.eps)

    def construct(self, x):
        rows = x.reshape(-1, x.shape[3])
        if self.training:
            y, mean, variance = self.normalize(rows, self.gamma, self.beta)
            share = self.momentum  # the attribute is 1 less the argument: what a new batch adds
            unbiased = variance * (rows.shape[0] / (rows.shape[0] - 1))
            ops.assign(self.moving_mean, self.moving_mean * (1 - share) + mean * share)
            ops.assign(self.moving_variance, self.moving_variance * (1 - share) + unbiased * share)
        else:
            scale = self.gamma * ops.rsqrt(self.moving_variance + self.eps)
            y = _add_bias(rows * scale, self.beta - self.moving_mean * scale)
        return y.reshape(x.shape)


class _Normalize(nn.Cell):
    """Batch normalisation of (R, C) rows by their own statistics: (normalised rows, mean, biased variance).

    Sums over rows are products with a row of ones, which is several times faster than a sum over the first axis.
    """

    def __init__(self, eps):
        super().__init__()
        self.eps = eps

    def construct(self, x, gamma, beta):
        ones = ops.ones((1, x.shape[0]), x.dtype)
        mean = (_product(ones, x) / x.shape[0]).reshape(-1)
        centred = _add_bias(x, -mean)  # first, since the mean of squares minus the squared mean loses digits
        variance = (_product(ones, centred * centred) / x.shape[0]).reshape(-1)
        return _add_bias(centred * (gamma * ops.rsqrt(variance + self.eps)), beta), mean, variance

    def bprop(self, x, gamma, beta, out, dout):
        dy, count = dout[0], x.shape[0]  # the statistics are for the running averages only: no gradient
        ones = ops.ones((1, count), x.dtype)
        centred = _add_bias(x, -out[1])
        inverse = ops.rsqrt(out[2] + self.eps)
        dgamma = _product(ones, dy * centred).reshape(-1) * inverse
        dbeta = _product(ones, dy).reshape(-1)
        scale = gamma * inverse
        dx = _add_bias(dy * scale - centred * (scale * inverse * dgamma / count), -scale * dbeta / count)
        return dx, dgamma, dbeta


class LeakyReLU(nn.LeakyReLU):
    """`nn.LeakyReLU` by operations whose gradients are fast."""

    def __init__(self, alpha=0.2):
        super().__init__(alpha)
        self.slope = alpha

    def construct(self, x):
        return ops.relu(x) * (1 - self.slope) + x * self.slope


class Upsample(nn.Cell):
    """Enlarges (N, H, W, C) images by a whole factor, each pixel becoming factor * factor equal ones."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor
        self.pick = _Pick("enlarged", (factor,))

    def construct(self, x):
        n, height, width, channels = x.shape
        return self.pick(x).reshape(n, height * self.factor, width * self.factor, channels)


class SequentialCell(nn.SequentialCell):
    """`nn.SequentialCell` of (N, C, H, W) images whose cells see and give (N, H, W, C) ones."""

    def construct(self, x):
        x = x.transpose(0, 2, 3, 1)
        for cell in self.cell_list:
            x = cell(x)
        return x.transpose(0, 3, 1, 2)


def _window(layer):
    """(kernel, stride, padding) of a convolution. Raises ValueError for what isn't implemented here."""
    kernel, stride, padding = (_sole(numbers) for numbers in (layer.kernel_size, layer.stride, layer.padding))
    if layer.pad_mode not in ("pad", "valid") or layer.group != 1 or _sole(layer.dilation) != 1:
        raise ValueError(f"{type(layer).__name__}: pad_mode {layer.pad_mode!r}, group {layer.group}, dilation "
                         f"{layer.dilation}; these layers do pad_mode 'pad' or 'valid' and group and dilation 1 only")
    return kernel, stride, padding


def _sole(numbers):
    """The number that a tuple repeats, or the number itself. Raises ValueError where they differ."""
    several = set(numbers) if isinstance(numbers, tuple) else {numbers}
    if len(several) > 1:
        raise ValueError(f"{numbers}: these layers do square kernels, strides and paddings only")
    return several.pop()
