"""BEGAN's networks: a decoder that draws, and an autoencoder, with a decoder of the same kind, that
judges.

Berthelot, Schumm & Metz 2017, arXiv:1703.10717.
"""

from __future__ import annotations

from math import log2

from mindspore import Tensor, nn
from mindspore.common.initializer import XavierUniform

from ms_gan.layers.upsample import Upsample
from ms_gan.networks.parts import conv, dense

BASE = 8  # the side of the smallest maps


class Decoder(nn.Cell):
    """Codes (N, nz) to images (N, 3, image_size, image_size), unbounded; every hidden map is n
    channels deep.

    Two 3x3 convolutions with ELU at each side from 8 up, doubled in between by repeating pixels,
    then a last convolution. As the generator it takes latents ~ U(-1, 1).
    """

    def __init__(self, nz: int = 64, n: int = 64, image_size: int = 64) -> None:
        super().__init__()
        self.shape = n, BASE, BASE
        self.dense = dense(nz, n * BASE * BASE, weight_init=XavierUniform())
        cells = _pair(n, n)
        for _ in range(_stages(image_size)):
            cells += [Upsample(2), *_pair(n, n)]
        self.net = nn.SequentialCell(*cells, _conv3(n, 3))

    def construct(self, latent: Tensor) -> Tensor:
        return self.net(self.dense(latent).reshape(-1, *self.shape))


class Autoencoder(nn.Cell):
    """Images (N, 3, image_size, image_size) in [-1, 1] to their reconstructions, of the same shape.

    The encoder grows by n channels with every halving of the side (by stride 2), down to 8x8, and
    ends in a code of nz numbers; the decoder is a `Decoder`.
    """

    def __init__(self, nz: int = 64, n: int = 64, image_size: int = 64) -> None:
        super().__init__()
        stages = _stages(image_size)
        cells = [_conv3(3, n), nn.ELU()]
        for stage in range(1, stages + 1):
            cells += _pair(stage * n, (stage + 1) * n, stride=2)
        widest = (stages + 1) * n
        self.encoder = nn.SequentialCell(*cells, *_pair(widest, widest))
        self.dense = dense(widest * BASE * BASE, nz, weight_init=XavierUniform())
        self.decoder = Decoder(nz, n, image_size)

    def construct(self, images: Tensor) -> Tensor:
        return self.decoder(self.dense(self.encoder(images).reshape(images.shape[0], -1)))


def _pair(inputs: int, outputs: int, stride: int = 1) -> list[nn.Cell]:
    return [_conv3(inputs, inputs), nn.ELU(), _conv3(inputs, outputs, stride), nn.ELU()]


def _conv3(inputs: int, outputs: int, stride: int = 1) -> nn.Conv2d:
    return conv(inputs, outputs, 3, stride, has_bias=True, weight_init=XavierUniform())


def _stages(image_size: int) -> int:
    """How often the side is doubled between 8 and `image_size`."""
    return int(log2(image_size // BASE))
