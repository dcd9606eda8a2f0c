"""Pix2pix: a U-Net that translates an image, and a PatchGAN that judges the translation beside its
source.

Isola, Zhu, Zhou & Efros 2017, arXiv:1611.07004.
"""

from __future__ import annotations

from math import log2

from mindspore import Tensor, nn, ops

from ms_gan.networks.parts import conv, deconv, down, dropped, mask_parts, norm

RATE = 0.5
DROPPING = 3  # the first levels of the decoder, which have dropout


class UNet(nn.Cell):
    """Images (N, 3, image_size, image_size) in [-1, 1] to images of the same shape in (-1, 1).

    The encoder halves the side by 4x4 convolutions down to one pixel (8 levels for 256), 8 ngf wide
    at most; each level of the decoder also sees the encoder's result of its size. `dropout` and the
    optional mask: see `mnist_mlp`.

    Raises:
        ValueError: for a side that isn't a power of 2 from 16 on.
    """

    def __init__(self, ngf: int = 64, image_size: int = 256) -> None:
        super().__init__()
        self.levels = int(log2(image_size))
        if image_size != 2**self.levels or self.levels < 4:
            raise ValueError(f"image_size is {image_size}, expected a power of 2, 16 or more")
        widths = [ngf * min(2**level, 8) for level in range(self.levels)]
        encoder = [[conv(3, ngf, has_bias=True)]]
        for inputs, outputs in zip(widths, widths[1:-1]):
            encoder.append([nn.LeakyReLU(0.2), conv(inputs, outputs), norm(outputs)])
        encoder.append([nn.LeakyReLU(0.2), conv(widths[-2], widths[-1], has_bias=True)])
        decoder, inputs = [], widths[-1]
        for outputs in widths[-2::-1]:
            decoder.append([nn.ReLU(), deconv(inputs, outputs), norm(outputs)])
            inputs = 2 * outputs  # of this level and of the encoder's
        decoder.append([nn.ReLU(), deconv(inputs, 3, has_bias=True), nn.Tanh()])
        self.down = nn.CellList([nn.SequentialCell(*cells) for cells in encoder])
        self.up = nn.CellList([nn.SequentialCell(*cells) for cells in decoder])
        sizes = [widths[-2 - level] * 4 ** (level + 1) for level in range(DROPPING)]
        self.parts = mask_parts(sizes)
        self.dropout = RATE, sum(sizes)
        self.concat = ops.Concat(1)

    def construct(self, images: Tensor, mask: Tensor | None = None) -> Tensor:
        x = images
        skips = ()  # type: tuple[Tensor, ...]
        for cell in self.down:
            x = cell(x)
            skips = skips + (x,)
        for level, cell in enumerate(self.up):
            x = cell(x)
            if level < DROPPING:
                x = dropped(x, mask, self.parts[level], x.shape)
            if level < self.levels - 1:
                x = self.concat((skips[self.levels - 2 - level], x))
        return x


class PatchDiscriminator(nn.Cell):
    """Two images (N, 3, S, S), the source and its translation, to logits for each patch.

    The logits are (N, 1, S/8 - 2, S/8 - 2), large for real. Each judges a patch of 70x70 pixels.
    """

    def __init__(self, ndf: int = 64) -> None:
        super().__init__()
        cells = [conv(6, ndf, has_bias=True), nn.LeakyReLU(0.2)]
        for inputs, stride in ((ndf, 2), (2 * ndf, 2), (4 * ndf, 1)):
            cells += down(inputs, 2 * inputs, nn.LeakyReLU(0.2), stride)
        self.net = nn.SequentialCell(*cells, conv(8 * ndf, 1, 4, 1, has_bias=True))
        self.concat = ops.Concat(1)

    def construct(self, source: Tensor, image: Tensor) -> Tensor:
        return self.net(self.concat((source, image)))
