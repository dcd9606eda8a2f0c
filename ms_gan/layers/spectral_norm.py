"""Spectral normalisation: weights divided by their largest singular value, sigma.

Miyato et al. 2018, arXiv:1802.05957. A layer's weight is taken as a matrix W of a row for each
output. sigma = u W v, where u and v are W's singular vectors, which follow it by one step of the
power iteration for every pass in training. Like PyTorch's, they are constants for the gradient.
"""

from __future__ import annotations

import mindspore as ms
import numpy as np
from mindspore import Tensor, nn, ops

from ms_gan.layers import im2col

_product, _product_transposed = ops.MatMul(), ops.MatMul(transpose_b=True)


class SpectralNorm(nn.Cell):
    """A weight (O, K) to the weight over its sigma. The order of its columns doesn't matter.

    Attributes:
        u: (O,), of length 1. It begins at random, drawn from NumPy's global generator as first
          weights are.
    """

    def __init__(self, weight: ms.Parameter) -> None:
        super().__init__()
        drawn = np.random.standard_normal(weight.shape[0])
        first = Tensor((drawn / np.linalg.norm(drawn)).astype(np.float32))
        self.u = ms.Parameter(first, name=f"{weight.name}.u", requires_grad=False)
        self.unit, self.scale = ops.L2Normalize(1, 1e-24), _Scale()

    def construct(self, weight: Tensor) -> Tensor:
        v = ops.stop_gradient(self.unit(_product(self.u.reshape(1, -1), weight)))
        stretched = _product_transposed(v, weight)
        u = ops.stop_gradient(self.unit(stretched))
        if self.training:
            ops.assign(self.u, u.reshape(-1))
        return self.scale(weight, 1 / (u * stretched).sum())


class _Scale(nn.Cell):
    """A matrix times a number.

    The number's gradient is a sum over the matrix: as a product with a row of ones, which is
    several times faster than MindSpore's sum.
    """

    def construct(self, matrix, number):
        return matrix * number

    def bprop(self, matrix, number, out, dout):
        ones = ops.ones((1, matrix.shape[0]), matrix.dtype)
        return dout * number, _product(ones, dout * matrix).sum()


class Conv2d(nn.Cell):
    """An `nn.Conv2d` with a normalised weight; its Parameters stay under their attributes."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        _take_over(self, conv)

    def construct(self, x: Tensor) -> Tensor:
        weight = self.normalise(self.weight.reshape(self.weight.shape[0], -1))
        y = self.plain.conv2d(x, weight.reshape(self.weight.shape))
        return y + self.bias.reshape(1, -1, 1, 1) if self.plain.has_bias else y


class Dense(nn.Cell):
    """An `nn.Dense` with a normalised weight, of (N, inputs)."""

    def __init__(self, dense: nn.Dense) -> None:
        super().__init__()
        _take_over(self, dense)

    def construct(self, x: Tensor) -> Tensor:
        y = _product_transposed(x, self.normalise(self.weight))
        return y + self.bias if self.plain.has_bias else y


class Im2colConv2d(im2col.Conv2d):
    """`Conv2d` by im2col."""

    def __init__(self, conv: Conv2d, nchw: bool) -> None:
        super().__init__(conv.plain, nchw)
        self.insert_child_to_cell("normalise", conv.normalise)

    @staticmethod
    def supports(conv: Conv2d) -> bool:
        """What `im2col.Conv2d` supports."""
        return im2col.Conv2d.supports(conv.plain)

    def normalised(self, matrix: Tensor) -> Tensor:
        return self.normalise(matrix)


def _take_over(cell, layer):
    """Give a cell a layer and its Parameters, whose names setting attributes would change."""
    for name, parameter in layer.parameters_and_names(expand=False):
        cell.insert_param_to_cell(name, parameter)
    cell.insert_child_to_cell("plain", layer)
    cell.insert_child_to_cell("normalise", SpectralNorm(layer.weight))
