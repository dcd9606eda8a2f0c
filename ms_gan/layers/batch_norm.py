"""Batch normalisation on NHWC images, and over the batches of all ranks together."""

from __future__ import annotations

from mindspore import Tensor, nn, ops

from ms_gan.layers.im2col import NHWC

_add_bias, _product = ops.BiasAdd(), ops.MatMul()


def _scaled(rows: Tensor, scale: Tensor) -> Tensor:
    """(R, C) rows times a scale (C,), several times faster than by broadcasting."""
    return rows * _product(ops.ones((rows.shape[0], 1), rows.dtype), scale.reshape(1, -1))


class _BatchNorm(NHWC):
    def __init__(self, norm: nn.Cell, nchw: bool) -> None:
        super().__init__(norm, nchw)
        self.eps, self.momentum = norm.eps, norm.momentum

    def update_running(self, mean: Tensor, variance: Tensor, count: int) -> bool:
        """Move the running statistics towards a batch's.

        Args:
            mean: (C,).
            variance: (C,), the biased one; the running one is unbiased, on every MindSpore.
            count: the pixels these are of.

        Returns:
            True: MindSpore 2.0.0 leaves a call that returns nothing out of what it compiles.
        """
        share = self.momentum  # the attribute is 1 less the argument: what a new batch adds
        unbiased = variance * (count / (count - 1))
        ops.assign(self.moving_mean, self.moving_mean * (1 - share) + mean * share)
        ops.assign(self.moving_variance, self.moving_variance * (1 - share) + unbiased * share)
        return True


class BatchNorm2d(_BatchNorm):
    """`nn.BatchNorm2d` of NHWC images."""

    def __init__(self, norm: nn.BatchNorm2d, nchw: bool) -> None:
        super().__init__(norm, nchw)
        self.normalize = _Normalize(self.eps)

    @staticmethod
    def supports(norm: nn.BatchNorm2d) -> bool:
        """Whether its mode tells which statistics it uses."""
        return norm.use_batch_statistics is None

    def nhwc(self, x: Tensor) -> Tensor:
        rows = x.reshape(-1, x.shape[3])
        if self.training:
            # Not the Parameters themselves: a `bprop` would see them as they were before an update
            # in the same step.
            gamma, beta = self.gamma.reshape(-1), self.beta.reshape(-1)
            y, mean, variance = self.normalize(rows, gamma, beta)
            self.update_running(mean, variance, rows.shape[0])
        else:
            scale = self.gamma * ops.rsqrt(self.moving_variance + self.eps)
            y = _add_bias(_scaled(rows, scale), self.beta - self.moving_mean * scale)
        return y.reshape(x.shape)


class _Normalize(nn.Cell):
    """Batch normalisation of (R, C) rows: (normalised rows, their mean, their biased variance).

    Sums over rows are products with a row of ones, which is several times faster than a sum over
    the first axis.
    """

    def __init__(self, eps: float) -> None:
        super().__init__()
        self.eps = eps

    def construct(self, x, gamma, beta):
        centred, mean, variance = self.centred(x)
        scale = gamma * ops.rsqrt(variance + self.eps)
        return _add_bias(_scaled(centred, scale), beta), mean, variance

    def bprop(self, x, gamma, beta, out, dout):
        # The statistics are for the running ones only: they have no gradient.
        dy, count = dout[0], x.shape[0]
        # Of x again and not of `out`, which would be a constant in gradients of gradients, as R1's.
        # MindSpore computes it once for both.
        centred, _, variance = self.centred(x)
        inverse = ops.rsqrt(variance + self.eps)
        dgamma = _sum(dy * centred) * inverse
        dbeta = _sum(dy)
        scale = inverse * gamma  # in this order: MindSpore would keep what `construct` scaled by
        dx = _scaled(dy, scale) - _scaled(centred, scale * inverse * dgamma / count)
        return _add_bias(dx, -scale * dbeta / count), dgamma, dbeta

    def centred(self, x):
        """The rows less their mean, their mean and their variance."""
        mean = _sum(x) / x.shape[0]
        # First, since the mean of squares minus the squared mean loses digits.
        centred = _add_bias(x, -mean)
        return centred, mean, _sum(centred * centred) / x.shape[0]


def _sum(rows):
    """The sum of (R, C) rows: (C,)."""
    return _product(ops.ones((1, rows.shape[0]), rows.dtype), rows).reshape(-1)


class SynchronisedBatchNorm2d(_BatchNorm):
    """`nn.BatchNorm2d` that in training uses the mean and variance over the batches of all ranks.

    MindSpore's own, `nn.SyncBatchNorm`, is for Ascend only. All ranks' batches are of one size.
    Gradients flow through the statistics to all ranks' images, so that their mean is what one
    process with all the images would have computed.
    """

    def __init__(self, norm: nn.Cell, nchw: bool, world_size: int) -> None:
        super().__init__(norm, nchw)
        self.world_size = world_size
        self.channel = 1 if nchw else 3
        self.axes = tuple(axis for axis in range(4) if axis != self.channel)
        self.aligned = (1, -1, 1, 1) if nchw else (1, 1, 1, -1)
        self.all_reduce = ops.AllReduce()

    @staticmethod
    def supports(norm: SynchronisedBatchNorm2d) -> bool:
        """Whether it isn't NHWC already."""
        return norm.nchw

    def construct(self, x: Tensor) -> Tensor:
        if self.training:
            count = self.world_size * (x.size // x.shape[self.channel])
            mean = self.all_reduce(x.sum(self.axes)) / count
            centred = x - mean.reshape(self.aligned)
            variance = self.all_reduce((centred * centred).sum(self.axes)) / count
            self.update_running(mean, variance, count)
        else:
            centred = x - self.moving_mean.reshape(self.aligned)
            variance = self.moving_variance
        scale = self.gamma * ops.rsqrt(variance + self.eps)
        return centred * scale.reshape(self.aligned) + self.beta.reshape(self.aligned)
