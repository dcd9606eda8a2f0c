"""CycleGAN's networks for small images: residual translators and discriminators of patches.

G_XY and G_YX are a `Generator` each, D_X and D_Y a `Discriminator` each.

Zhu, Park, Isola & Efros 2017, arXiv:1703.10593, in the sizes of the CycleGAN lesson of Udacity's
deep learning course, https://github.com/udacity/deep-learning-v2-pytorch, cycle-gan.
"""

from __future__ import annotations

from mindspore import Tensor, nn

from ms_gan.networks.parts import conv, deconv, down, norm, up


class _Residual(nn.Cell):
    """Adds to a (N, channels, H, W) map what two 3x3 convolutions make of it, without a ReLU."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        first, second = ([conv(channels, channels, 3, 1), norm(channels)] for _ in range(2))
        self.net = nn.SequentialCell(*first, nn.ReLU(), *second)

    def construct(self, x: Tensor) -> Tensor:
        return x + self.net(x)


class Generator(nn.Cell):
    """Images (N, 3, S, S) in [-1, 1], S a multiple of 8, to images of the same shape in (-1, 1).

    Three convolutions of stride 2 (ngf, 2 and 4 ngf wide), residual blocks, three transposed
    convolutions.
    """

    def __init__(self, ngf: int = 64, blocks: int = 6) -> None:
        super().__init__()
        cells = []
        for inputs, outputs in ((3, ngf), (ngf, 2 * ngf), (2 * ngf, 4 * ngf)):
            cells += down(inputs, outputs, nn.ReLU())
        self.encoder = nn.SequentialCell(*cells)
        self.blocks = nn.SequentialCell(*(_Residual(4 * ngf) for _ in range(blocks)))
        cells = [*up(4 * ngf, 2 * ngf), *up(2 * ngf, ngf), deconv(ngf, 3), nn.Tanh()]
        self.decoder = nn.SequentialCell(*cells)

    def construct(self, images: Tensor) -> Tensor:
        return self.decoder(self.blocks(self.encoder(images)))


class Discriminator(nn.Cell):
    """Images (N, 3, S, S) in [-1, 1] to patches' scores (N, 1, S/16 - 1, S/16 - 1), 1 for real."""

    def __init__(self, ndf: int = 64) -> None:
        super().__init__()
        cells = [conv(3, ndf), nn.ReLU()]
        for inputs in (ndf, 2 * ndf, 4 * ndf):
            cells += down(inputs, 2 * inputs, nn.ReLU())
        self.net = nn.SequentialCell(*cells, conv(8 * ndf, 1, 4, 1))

    def construct(self, images: Tensor) -> Tensor:
        return self.net(images)
