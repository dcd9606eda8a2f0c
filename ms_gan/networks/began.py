"""BEGAN's networks: a decoder that draws, and an autoencoder, with a decoder of the same kind, that
judges.

Berthelot, Schumm & Metz 2017, arXiv:1703.10717.
"""

from math import log2

from mindspore import nn
from mindspore.common.initializer import XavierUniform

from ms_gan.networks.parts import conv, dense

BASE = 8  # the side of the smallest maps


class Decoder(nn.Cell):
    """Codes (N, nz) to images (N, 3, image_size, image_size), unbounded; every hidden map is n
    channels deep.

    Two 3x3 convolutions with ELU at each side from 8 up, doubled in between by repeating pixels,
    then a last convolution. As the generator it takes latents ~ U(-1, 1). `layers`: see
    `ms_gan.layers`.
    """

    def __init__(self, layers, nz=64, n=64, image_size=64):
        super().__init__()
        self.shape = n, BASE, BASE
        self.dense = dense(nz, n * BASE * BASE, XavierUniform())
        cells = _pair(layers, n, n)
        for _ in range(_stages(image_size)):
            cells += [layers.Upsample(2), *_pair(layers, n, n)]
        self.net = layers.SequentialCell(*cells, _conv3(layers, n, 3))

    def construct(self, latent):
        return self.net(self.dense(latent).reshape(-1, *self.shape))


class Autoencoder(nn.Cell):
    """Images (N, 3, image_size, image_size) in [-1, 1] to their reconstructions, of the same shape.

    The encoder grows by n channels with every halving of the side (by stride 2), down to 8x8, and
    ends in a code of nz numbers; the decoder is a `Decoder`.
    """

    def __init__(self, layers, nz=64, n=64, image_size=64):
        super().__init__()
        stages = _stages(image_size)
        cells = [_conv3(layers, 3, n), layers.ELU()]
        for stage in range(1, stages + 1):
            cells += _pair(layers, stage * n, (stage + 1) * n, stride=2)
        widest = (stages + 1) * n
        self.encoder = layers.SequentialCell(*cells, *_pair(layers, widest, widest))
        self.dense = dense(widest * BASE * BASE, nz, XavierUniform())
        self.decoder = Decoder(layers, nz, n, image_size)

    def construct(self, images):
        return self.decoder(self.dense(self.encoder(images).reshape(images.shape[0], -1)))


def _pair(layers, inputs, outputs, stride=1):
    return [
        _conv3(layers, inputs, inputs),
        layers.ELU(),
        _conv3(layers, inputs, outputs, stride),
        layers.ELU(),
    ]


def _conv3(layers, inputs, outputs, stride=1):
    return conv(layers, inputs, outputs, 3, stride, 1, bias=True, weight=XavierUniform())


def _stages(image_size):
    """How often the side is doubled between 8 and `image_size`."""
    return int(log2(image_size // BASE))
