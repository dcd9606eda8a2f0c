"""A GAN of dense layers for MNIST digits: two slim networks with dropout after every hidden layer.

After the GAN lesson of Udacity's deep learning course,
https://github.com/udacity/deep-learning-v2-pytorch, gan-mnist.
"""

from __future__ import annotations

from mindspore import Tensor, nn

from ms_gan.networks.parts import dense_by_fan_in, dropped, mask_parts

SIDE = 28
RATE = 0.3


class _MLP(nn.Cell):
    """Dense layers of these sizes, LeakyReLU 0.2 and dropout after each but the last.

    `dropout` tells training what masks to draw: the rate, and how many numbers a sample takes. A
    mask, float32 (N, dropout[1]) of zeros and 1 / (1 - rate), is the optional second input; without
    it nothing is dropped.
    """

    def __init__(self, sizes: tuple[int, ...]) -> None:
        super().__init__()
        self.dense = nn.CellList([dense_by_fan_in(*ends) for ends in zip(sizes, sizes[1:])])
        self.leaky = nn.LeakyReLU(0.2)
        self.parts = mask_parts(sizes[1:-1])
        self.dropout = RATE, sum(sizes[1:-1])

    def construct(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        for layer, part in enumerate(self.parts):  # a slice of a CellList would rename Parameters
            x = self.leaky(self.dense[layer](x))
            x = dropped(x, mask, part, x.shape)
        return self.dense[-1](x)


class Generator(nn.Cell):
    """Latent (N, nz), usually ~ U(-1, 1), to digits (N, 1, 28, 28) in (-1, 1); 3 hidden layers."""

    def __init__(self, nz: int = 100, ngf: int = 32) -> None:
        super().__init__()
        self.net = _MLP((nz, ngf, 2 * ngf, 4 * ngf, SIDE * SIDE))
        self.tanh = nn.Tanh()
        self.dropout = self.net.dropout

    def construct(self, latent: Tensor, mask: Tensor | None = None) -> Tensor:
        return self.tanh(self.net(latent, mask)).reshape(-1, 1, SIDE, SIDE)


class Discriminator(nn.Cell):
    """Digits (N, 1, 28, 28) in [-1, 1] to logits (N,), large for real; 3 hidden layers."""

    def __init__(self, ndf: int = 32) -> None:
        super().__init__()
        self.net = _MLP((SIDE * SIDE, 4 * ndf, 2 * ndf, ndf, 1))
        self.dropout = self.net.dropout

    def construct(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        return self.net(images.reshape(-1, SIDE * SIDE), mask).reshape(-1)
