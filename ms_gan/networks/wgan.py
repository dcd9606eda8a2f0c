"""Networks for Wasserstein GANs on 64x64 images: a critic without batch normalisation, since its
loss is per sample.

Gulrajani et al. 2017, arXiv:1704.00028; weights scaled by fan-in and fan-out (Glorot & Bengio
2010).
"""

from mindspore import nn
from mindspore.common.initializer import XavierUniform

from ms_gan.networks.parts import conv, deconv, dense, norm

SIDE = 64


class Generator(nn.Cell):
    """Latent (N, nz), ~ N(0, 1), to images (N, 3, 64, 64) in (-peak, peak): widths 8, 4, 2, 1 ngf,
    then 3.

    `layers` is the vocabulary to build it from, see `ms_gan.layers`.
    """

    def __init__(self, layers, nz=128, ngf=64, peak=0.5):
        super().__init__()
        self.shape, self.peak = (8 * ngf, 4, 4), peak
        self.dense = dense(nz, 128 * ngf, XavierUniform())
        cells = [norm(layers, 8 * ngf), nn.ReLU()]
        for width in (8 * ngf, 4 * ngf, 2 * ngf):
            cells += [
                deconv(layers, width, width // 2, weight=XavierUniform()),
                norm(layers, width // 2),
                nn.ReLU(),
            ]
        self.net = layers.SequentialCell(
            *cells, deconv(layers, ngf, 3, weight=XavierUniform()), nn.Tanh()
        )

    def construct(self, latent):
        return self.net(self.dense(latent).reshape(-1, *self.shape)) * self.peak


class Critic(nn.Cell):
    """Images (N, 3, 64, 64) to scores (N,), unbounded, larger for real: widths ndf, 2, 4, 8 ndf."""

    def __init__(self, layers, ndf=64):
        super().__init__()
        cells = []
        for inputs, outputs in zip((3, ndf, 2 * ndf, 4 * ndf), (ndf, 2 * ndf, 4 * ndf, 8 * ndf)):
            cells += [
                conv(layers, inputs, outputs, bias=True, weight=XavierUniform()),
                layers.LeakyReLU(0.2),
            ]
        self.net = layers.SequentialCell(*cells)
        self.dense = dense(128 * ndf, 1, XavierUniform())

    def construct(self, images):
        return self.dense(self.net(images).reshape(images.shape[0], -1)).reshape(-1)
