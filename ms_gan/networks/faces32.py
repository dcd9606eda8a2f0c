"""A DCGAN for 32x32 faces with a dense layer at either end, and convolutions between them.

After the face generation project of Udacity's deep learning course,
https://github.com/udacity/deep-learning-v2-pytorch, project-face-generation.
"""

from mindspore import nn

from ms_gan.networks.parts import conv, deconv, dense, norm

SIDE = 32


class Generator(nn.Cell):
    """Latent (N, nz), usually ~ U(-1, 1), to images (N, 3, 32, 32) in (-1, 1).

    Widths are 4 ngf at 4x4, 2 ngf, ngf, 3; `layers` is the vocabulary to build it from, see
    `ms_gan.layers`.
    """

    def __init__(self, layers, nz=100, ngf=32):
        super().__init__()
        self.shape = 4 * ngf, 4, 4
        self.dense = dense(nz, 64 * ngf)
        self.net = layers.SequentialCell(
            deconv(layers, 4 * ngf, 2 * ngf),
            norm(layers, 2 * ngf),
            nn.ReLU(),
            deconv(layers, 2 * ngf, ngf),
            norm(layers, ngf),
            nn.ReLU(),
            deconv(layers, ngf, 3),
            nn.Tanh(),
        )

    def construct(self, latent):
        return self.net(self.dense(latent).reshape(-1, *self.shape))


class Discriminator(nn.Cell):
    """Images (N, 3, 32, 32) in [-1, 1] to logits (N,), large for real; widths ndf, 2 ndf, 4 ndf."""

    def __init__(self, layers, ndf=32):
        super().__init__()
        self.net = layers.SequentialCell(
            conv(layers, 3, ndf),
            layers.LeakyReLU(0.2),
            conv(layers, ndf, 2 * ndf),
            norm(layers, 2 * ndf),
            layers.LeakyReLU(0.2),
            conv(layers, 2 * ndf, 4 * ndf),
            norm(layers, 4 * ndf),
            layers.LeakyReLU(0.2),
        )
        self.dense = dense(64 * ndf, 1)

    def construct(self, images):
        return self.dense(self.net(images).reshape(images.shape[0], -1)).reshape(-1)
