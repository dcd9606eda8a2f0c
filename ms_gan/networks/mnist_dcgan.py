"""A DCGAN that enlarges by repeating pixels, for small grey images.

After https://github.com/eriklindernoren/PyTorch-GAN, implementations/dcgan. Its batch normalisation
has eps 0.8 but for the generator's first: the source passes 0.8 where eps is expected, and that is
what its results were made with.
"""

from __future__ import annotations

from mindspore import Tensor, nn

from ms_gan.layers.upsample import Upsample
from ms_gan.networks.parts import by_fan_in, conv, dense_by_fan_in, dropped, mask_parts, norm

SOURCE_EPS = 0.8
RATE = 0.25


class Generator(nn.Cell):
    """Latent (N, nz), ~ N(0, 1), to images (N, 1, image_size, image_size) in (-1, 1).

    A dense layer makes ngf maps of a quarter of the side (ngf is 128 in the source); two
    enlargements by 2, each before a 3x3 convolution, do the rest.
    """

    def __init__(self, nz: int = 100, ngf: int = 128, image_size: int = 32) -> None:
        super().__init__()
        self.shape = ngf, image_size // 4, image_size // 4
        self.dense = dense_by_fan_in(nz, ngf * self.shape[1] ** 2)
        self.net = nn.SequentialCell(
            norm(ngf),
            *_doubled(ngf, ngf),
            *_doubled(ngf, ngf // 2),
            _conv3(ngf // 2, 1, 1),
            nn.Tanh(),
        )

    def construct(self, latent: Tensor) -> Tensor:
        return self.net(self.dense(latent).reshape(-1, *self.shape))


class Discriminator(nn.Cell):
    """Images (N, 1, image_size, image_size) in [-1, 1] to logits (N,), large for real.

    Four 3x3 convolutions of stride 2 (ndf, 2, 4 and 8 ndf wide), each with LeakyReLU 0.2, dropout
    of whole channels and, but for the first, batch normalisation, in this order. `dropout` and the
    optional mask: see `mnist_mlp`.
    """

    def __init__(self, ndf: int = 16, image_size: int = 32) -> None:
        super().__init__()
        widths = [ndf, 2 * ndf, 4 * ndf, 8 * ndf]
        self.blocks = nn.CellList()
        for index, (inputs, outputs) in enumerate(zip([1, *widths], widths)):
            before = [norm(inputs, SOURCE_EPS)] if index > 1 else []
            self.blocks.append(
                nn.SequentialCell(*before, _conv3(inputs, outputs, 2), nn.LeakyReLU(0.2))
            )
        self.norm = norm(widths[-1], SOURCE_EPS)
        self.dense = dense_by_fan_in(widths[-1] * (image_size // 16) ** 2, 1)
        self.parts = mask_parts(widths)
        self.dropout = RATE, sum(widths)

    def construct(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        x = images
        for layer, block in enumerate(self.blocks):
            x = block(x)
            x = dropped(x, mask, self.parts[layer], (x.shape[0], x.shape[1], 1, 1))
        x = self.norm(x)
        return self.dense(x.reshape(x.shape[0], -1)).reshape(-1)


def _conv3(inputs: int, outputs: int, stride: int) -> nn.Conv2d:
    return conv(inputs, outputs, 3, stride, has_bias=True, bias_init=by_fan_in(9 * inputs))


def _doubled(inputs: int, outputs: int) -> list[nn.Cell]:
    return [Upsample(2), _conv3(inputs, outputs, 1), norm(outputs, SOURCE_EPS), nn.LeakyReLU(0.2)]
