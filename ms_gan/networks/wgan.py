"""Networks for Wasserstein GANs on 64x64 images: a critic without batch normalisation, since its
loss is per sample.

Gulrajani et al. 2017, arXiv:1704.00028; weights scaled by fan-in and fan-out (Glorot & Bengio
2010).
"""

from __future__ import annotations

from mindspore import Tensor, nn
from mindspore.common.initializer import XavierUniform

from ms_gan.networks.parts import conv, deconv, dense, norm, up


class Generator(nn.Cell):
    """Latent (N, nz), ~ N(0, 1), to images (N, 3, 64, 64) in (-data_range, data_range).

    Widths are 8, 4, 2, 1 ngf, then 3.
    """

    def __init__(self, nz: int = 128, ngf: int = 64, data_range: float = 0.5) -> None:
        super().__init__()
        self.shape, self.data_range = (8 * ngf, 4, 4), data_range
        self.dense = dense(nz, 128 * ngf, weight_init=XavierUniform())
        cells = [norm(8 * ngf), nn.ReLU()]
        for width in (8 * ngf, 4 * ngf, 2 * ngf):
            cells += up(width, width // 2, weight_init=XavierUniform())
        self.net = nn.SequentialCell(*cells, deconv(ngf, 3, weight_init=XavierUniform()), nn.Tanh())

    def construct(self, latent: Tensor) -> Tensor:
        return self.net(self.dense(latent).reshape(-1, *self.shape)) * self.data_range


class Critic(nn.Cell):
    """Images (N, 3, 64, 64) to scores (N,), unbounded, larger for real: widths ndf, 2, 4, 8 ndf."""

    def __init__(self, ndf: int = 64) -> None:
        super().__init__()
        cells, options = [], {"has_bias": True, "weight_init": XavierUniform()}
        for inputs, outputs in ((3, ndf), (ndf, 2 * ndf), (2 * ndf, 4 * ndf), (4 * ndf, 8 * ndf)):
            cells += [conv(inputs, outputs, **options), nn.LeakyReLU(0.2)]
        self.net = nn.SequentialCell(*cells)
        self.dense = dense(128 * ndf, 1, weight_init=XavierUniform())

    def construct(self, images: Tensor) -> Tensor:
        return self.dense(self.net(images).reshape(images.shape[0], -1)).reshape(-1)
