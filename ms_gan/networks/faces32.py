"""A DCGAN for 32x32 faces with a dense layer at either end, and convolutions between them.

After the face generation project of Udacity's deep learning course,
https://github.com/udacity/deep-learning-v2-pytorch, project-face-generation.
"""

from __future__ import annotations

from mindspore import Tensor, nn

from ms_gan.networks.parts import conv, deconv, dense, down, up


class Generator(nn.Cell):
    """Latent (N, nz), usually ~ U(-1, 1), to images (N, 3, 32, 32) in (-1, 1).

    Widths are 4 ngf at 4x4, 2 ngf, ngf, 3.
    """

    def __init__(self, nz: int = 100, ngf: int = 32) -> None:
        super().__init__()
        self.shape = 4 * ngf, 4, 4
        self.dense = dense(nz, 64 * ngf)
        cells = [*up(4 * ngf, 2 * ngf), *up(2 * ngf, ngf), deconv(ngf, 3), nn.Tanh()]
        self.net = nn.SequentialCell(*cells)

    def construct(self, latent: Tensor) -> Tensor:
        return self.net(self.dense(latent).reshape(-1, *self.shape))


class Discriminator(nn.Cell):
    """Images (N, 3, 32, 32) in [-1, 1] to logits (N,), large for real; widths ndf, 2 ndf, 4 ndf."""

    def __init__(self, ndf: int = 32) -> None:
        super().__init__()
        cells = [conv(3, ndf), nn.LeakyReLU(0.2)]
        for inputs in (ndf, 2 * ndf):
            cells += down(inputs, 2 * inputs, nn.LeakyReLU(0.2))
        self.net = nn.SequentialCell(*cells)
        self.dense = dense(64 * ndf, 1)

    def construct(self, images: Tensor) -> Tensor:
        return self.dense(self.net(images).reshape(images.shape[0], -1)).reshape(-1)
