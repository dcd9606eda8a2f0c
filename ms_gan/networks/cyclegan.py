"""CycleGAN's networks for small images: residual translators and discriminators of patches.

Zhu, Park, Isola & Efros 2017, arXiv:1703.10593, in the sizes of the CycleGAN lesson of Udacity's
deep learning course, https://github.com/udacity/deep-learning-v2-pytorch, cycle-gan.
"""

from mindspore import nn

from ms_gan.networks.parts import conv, deconv, norm


class _Residual(nn.Cell):
    """Adds to a (N, channels, H, W) map what two 3x3 convolutions make of it; no ReLU after the
    sum.
    """

    def __init__(self, layers, channels):
        super().__init__()
        self.net = layers.SequentialCell(
            conv(layers, channels, channels, 3, 1),
            norm(layers, channels),
            nn.ReLU(),
            conv(layers, channels, channels, 3, 1),
            norm(layers, channels),
        )

    def construct(self, x):
        return x + self.net(x)


class Generator(nn.Cell):
    """Images (N, 3, S, S) in [-1, 1], S a multiple of 8, to images of the same shape in (-1, 1).

    Three convolutions of stride 2 (ngf, 2 and 4 ngf wide), residual blocks, three transposed
    convolutions. `layers` is the vocabulary to build it from, see `ms_gan.layers`.
    """

    def __init__(self, layers, ngf=64, blocks=6):
        super().__init__()
        cells = []
        for inputs, outputs in ((3, ngf), (ngf, 2 * ngf), (2 * ngf, 4 * ngf)):
            cells += [conv(layers, inputs, outputs), norm(layers, outputs), nn.ReLU()]
        self.encoder = layers.SequentialCell(*cells)
        self.blocks = nn.SequentialCell(*(_Residual(layers, 4 * ngf) for _ in range(blocks)))
        self.decoder = layers.SequentialCell(
            deconv(layers, 4 * ngf, 2 * ngf),
            norm(layers, 2 * ngf),
            nn.ReLU(),
            deconv(layers, 2 * ngf, ngf),
            norm(layers, ngf),
            nn.ReLU(),
            deconv(layers, ngf, 3),
            nn.Tanh(),
        )

    def construct(self, images):
        return self.decoder(self.blocks(self.encoder(images)))


class Discriminator(nn.Cell):
    """Images (N, 3, S, S) in [-1, 1] to a score for each patch, (N, 1, S/16 - 1, S/16 - 1), near 1
    for real.
    """

    def __init__(self, layers, ndf=64):
        super().__init__()
        cells = [conv(layers, 3, ndf), nn.ReLU()]
        for inputs, outputs in ((ndf, 2 * ndf), (2 * ndf, 4 * ndf), (4 * ndf, 8 * ndf)):
            cells += [conv(layers, inputs, outputs), norm(layers, outputs), nn.ReLU()]
        self.net = layers.SequentialCell(*cells, conv(layers, 8 * ndf, 1, 4, 1))

    def construct(self, images):
        return self.net(images)
