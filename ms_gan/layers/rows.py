"""MindSpore's layers for CPUs: an image is rows of channels, a convolution one gather and one
matrix product.

Every class is MindSpore's layer of the same name with the same arguments, parameters and initial
values (it inherits them), so that a checkpoint moves between the two. Only the arithmetic differs:
on a CPU, MindSpore's kernels for convolutions reach a fraction of the speed of its matrix product.
Within a `SequentialCell` of this module an image is (N, H, W, C), outside of it (N, C, H, W) as
ever. Layers that act on each number alone (`nn.ReLU`, `nn.Tanh`) fit into both and are MindSpore's
own.

What MindSpore's automatic gradients do slowly here has a `bprop` of its own, and can be
differentiated again.
"""

from mindspore import Tensor, nn, ops

from ms_gan.layers import tables

CHANNELS = 3  # the axis of an image batch that holds the channels, within a `SequentialCell`
_concat, _gather, _add_bias, _product = ops.Concat(1), ops.Gather(), ops.BiasAdd(), ops.MatMul()
_product_transposed, _transposed_product = (
    ops.MatMul(transpose_b=True),
    ops.MatMul(transpose_a=True),
)


@ops.constexpr
def _table(kind, height, width, numbers):
    return Tensor(getattr(tables, kind)(height, width, *numbers))


@ops.constexpr
def _readers(kind, height, width, numbers):
    return tuple(
        map(Tensor, tables.readers(getattr(tables, kind)(height, width, *numbers), height * width))
    )


def _with_zeros(values):
    """(N, R, C) values and one more row of zeros, whose number R stands for what lies outside of an
    image.
    """
    return _concat((values, ops.zeros((values.shape[0], 1, values.shape[2]), values.dtype)))


class _Pick(nn.Cell):
    """Pixels of (N, H, W, C) images by a table of `ms_gan.layers.tables`: (N, len(table), C)."""

    def __init__(self, kind, numbers):
        super().__init__()
        self.kind, self.numbers = kind, numbers
        self.unpick = _Unpick(kind, numbers)

    def construct(self, images):
        n, height, width, channels = images.shape
        pixels = _with_zeros(images.reshape(n, height * width, channels))
        return _gather(pixels, _table(self.kind, height, width, self.numbers), 1)

    def bprop(self, images, out, dout):
        return (self.unpick(_with_zeros(dout), images.shape[1], images.shape[2]),)


class _Unpick(nn.Cell):
    """The adjoint of `_Pick`: adds every picked value to the pixel of a (N, height, width, C) image
    it came from.

    The values, (N, len(table) + 1 or more, C), end in rows of zeros.
    """

    def __init__(self, kind, numbers):
        super().__init__()
        self.kind, self.numbers = kind, numbers

    def construct(self, values, height, width):
        terms = ()
        for index in _readers(self.kind, height, width, self.numbers):
            terms += (_gather(values, index, 1),)
        total = ops.addn(terms) if len(terms) > 1 else terms[0]
        return total.reshape(values.shape[0], height, width, values.shape[2])

    def bprop(self, values, height, width, out, dout):
        n, rows, channels = values.shape
        table = _table(self.kind, height, width, self.numbers)
        picked = _gather(_with_zeros(dout.reshape(n, height * width, channels)), table, 1)
        return (
            _concat((picked, ops.zeros((n, rows - table.shape[0], channels), values.dtype))),
            0,
            0,
        )


class _Convolve(nn.Cell):
    """Images (N, H, W, C) and a weight (O, kernel * kernel * C) to a convolution's (N, places, O)."""

    def __init__(self, window):
        super().__init__()
        self.pick, self.spread = _Pick("windows", window), _Spread(window)

    def construct(self, images, weight):
        windows = self.pick(images).reshape(-1, weight.shape[1])
        return _product_transposed(windows, weight).reshape(images.shape[0], -1, weight.shape[0])

    def bprop(self, images, weight, out, dout):
        windows = self.pick(images).reshape(
            -1, weight.shape[1]
        )  # MindSpore takes those of `construct`
        return (
            self.spread(dout, weight, images.shape[1], images.shape[2]),
            _transposed_product(dout.reshape(-1, weight.shape[0]), windows),
        )


class _Spread(nn.Cell):
    """The adjoint of `_Convolve` for its images: (N, places, O) and the weight to images (N,
    height, width, C).
    """

    def __init__(self, window):
        super().__init__()
        self.area = window[0] * window[0]
        self.pick, self.unpick = _Pick("windows", window), _Unpick("windows", window)

    def construct(self, values, weight, height, width):
        # The zeros that `unpick` needs: appended to the factor, which is smaller than the product.
        n, places, channels = values.shape
        windows = _product(_with_zeros(values).reshape(-1, channels), weight)
        return self.unpick(windows.reshape(n, (places + 1) * self.area, -1), height, width)

    def bprop(self, values, weight, height, width, out, dout):
        windows = self.pick(dout).reshape(-1, weight.shape[1])
        return (
            _product_transposed(windows, weight).reshape(values.shape),
            _transposed_product(values.reshape(-1, values.shape[2]), windows),
            0,
            0,
        )


class Conv2d(nn.Conv2d):
    """`nn.Conv2d` of (N, H, W, C) images, for square kernels with pad_mode "pad" or "valid"."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.window = _window(self)
        self.convolve = _Convolve(self.window)

    def construct(self, x):
        rows, columns = (
            tables.output_side(x.shape[1], *self.window),
            tables.output_side(x.shape[2], *self.window),
        )
        y = self.convolve(x, self.weight.transpose(0, 2, 3, 1).reshape(self.out_channels, -1))
        if self.has_bias:
            y = _add_bias(y.reshape(-1, self.out_channels), self.bias)
        return y.reshape(x.shape[0], rows, columns, self.out_channels)


class Conv2dTranspose(nn.Conv2dTranspose):
    """`nn.Conv2dTranspose` of (N, H, W, C) images, for square kernels with pad_mode "pad" or
    "valid".
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.window = _window(self)
        self.spread = _Spread(self.window)

    def construct(self, x):
        n, height, width, channels = x.shape
        kernel, stride, padding = self.window
        weight = self.weight.transpose(0, 2, 3, 1).reshape(channels, -1)
        margin = kernel - stride - 2 * padding
        y = self.spread(
            x.reshape(n, -1, channels), weight, height * stride + margin, width * stride + margin
        )
        if self.has_bias:
            y = _add_bias(y.reshape(-1, self.out_channels), self.bias).reshape(y.shape)
        return y


class BatchNorm2d(nn.BatchNorm2d):
    """`nn.BatchNorm2d` of (N, H, W, C) images; the running variance is the unbiased one on every
    MindSpore.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.normalize = _Normalize(self.eps)

    def construct(self, x):
        rows = x.reshape(-1, x.shape[3])
        if self.training:
            # Not the Parameters themselves: a `bprop` would see them as they were before an update
            # in the same step.
            gamma, beta = self.gamma.reshape(-1), self.beta.reshape(-1)
            y, mean, variance = self.normalize(rows, gamma, beta)
            share = self.momentum  # the attribute is 1 less the argument: what a new batch adds
            unbiased = variance * (rows.shape[0] / (rows.shape[0] - 1))
            ops.assign(self.moving_mean, self.moving_mean * (1 - share) + mean * share)
            ops.assign(self.moving_variance, self.moving_variance * (1 - share) + unbiased * share)
        else:
            scale = self.gamma * ops.rsqrt(self.moving_variance + self.eps)
            y = _add_bias(rows * scale, self.beta - self.moving_mean * scale)
        return y.reshape(x.shape)


class _Normalize(nn.Cell):
    """Batch normalisation of (R, C) rows by their own statistics: (normalised rows, mean, biased
    variance).

    Sums over rows are products with a row of ones, which is several times faster than a sum over
    the first axis.
    """

    def __init__(self, eps):
        super().__init__()
        self.eps = eps

    def construct(self, x, gamma, beta):
        ones = ops.ones((1, x.shape[0]), x.dtype)
        mean = (_product(ones, x) / x.shape[0]).reshape(-1)
        centred = _add_bias(
            x, -mean
        )  # first, since the mean of squares minus the squared mean loses digits
        variance = (_product(ones, centred * centred) / x.shape[0]).reshape(-1)
        return _add_bias(centred * (gamma * ops.rsqrt(variance + self.eps)), beta), mean, variance

    def bprop(self, x, gamma, beta, out, dout):
        dy, count = (
            dout[0],
            x.shape[0],
        )  # the statistics are for the running averages only: no gradient
        ones = ops.ones((1, count), x.dtype)
        centred = _add_bias(x, -out[1])
        inverse = ops.rsqrt(out[2] + self.eps)
        dgamma = _product(ones, dy * centred).reshape(-1) * inverse
        dbeta = _product(ones, dy).reshape(-1)
        scale = gamma * inverse
        dx = _add_bias(
            dy * scale - centred * (scale * inverse * dgamma / count), -scale * dbeta / count
        )
        return dx, dgamma, dbeta


class LeakyReLU(nn.LeakyReLU):
    """`nn.LeakyReLU` by operations whose gradients are fast."""

    def __init__(self, alpha=0.2):
        super().__init__(alpha)
        self.slope = alpha

    def construct(self, x):
        return ops.relu(x) * (1 - self.slope) + x * self.slope


class ELU(nn.Cell):
    """`nn.ELU` by operations whose gradients are fast."""

    def construct(self, x):
        return ops.relu(x) + (ops.exp(-ops.relu(-x)) - 1)


class Upsample(nn.Cell):
    """Enlarges (N, H, W, C) images by a whole factor, each pixel becoming factor * factor equal
    ones.
    """

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
    """(kernel, stride, padding) of a convolution.

    Raises ValueError for what isn't implemented here.
    """
    kernel, stride, padding = (
        _sole(numbers) for numbers in (layer.kernel_size, layer.stride, layer.padding)
    )
    if layer.pad_mode not in ("pad", "valid") or layer.group != 1 or _sole(layer.dilation) != 1:
        raise ValueError(
            f"{type(layer).__name__}: pad_mode {layer.pad_mode!r}, group {layer.group}, dilation "
            f"{layer.dilation}; these layers do pad_mode 'pad' or 'valid' and group and dilation 1 only"
        )
    return kernel, stride, padding


def _sole(numbers):
    """The number that a tuple repeats, or the number itself.

    Raises ValueError where they differ.
    """
    several = set(numbers) if isinstance(numbers, tuple) else {numbers}
    if len(several) > 1:
        raise ValueError(f"{numbers}: these layers do square kernels, strides and paddings only")
    return several.pop()
