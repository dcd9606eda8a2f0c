"""Pix2pix: a U-Net that translates an image, and a PatchGAN that judges the translation beside its
source.

Isola, Zhu, Zhou & Efros 2017, arXiv:1611.07004.
"""

from math import log2

from mindspore import nn, ops

from ms_gan.networks.parts import conv, deconv, dropped, norm

RATE = 0.5
DROPPING = 3  # the first levels of the decoder, which have dropout

_concat = ops.Concat(1)


class UNet(nn.Cell):
    """Images (N, 3, image_size, image_size) in [-1, 1] to images of the same shape in (-1, 1).

    The encoder halves the side by 4x4 convolutions down to one pixel (8 levels for 256), 8 ngf wide
    at most; each level of the decoder also sees the encoder's result of its size. `dropout` and the
    optional mask: see `mnist_mlp`. `layers`: see `ms_gan.layers`. Raises ValueError for a side that
    isn't a power of 2 from 16 on.
    """

    def __init__(self, layers, ngf=64, image_size=256):
        super().__init__()
        levels = int(log2(image_size))
        if image_size != 2**levels or levels < 4:
            raise ValueError(f"image_size is {image_size}, expected a power of 2, 16 or more")
        widths = [ngf * min(2**level, 8) for level in range(levels)]
        down = [layers.SequentialCell(conv(layers, 3, ngf, bias=True))]
        for inputs, outputs in zip(widths, widths[1:-1]):
            down.append(
                layers.SequentialCell(
                    layers.LeakyReLU(0.2), conv(layers, inputs, outputs), norm(layers, outputs)
                )
            )
        down.append(
            layers.SequentialCell(
                layers.LeakyReLU(0.2), conv(layers, widths[-2], widths[-1], bias=True)
            )
        )
        up = []
        for inputs, outputs in zip(
            [widths[-1], *(2 * width for width in widths[-2:0:-1])], widths[-2::-1]
        ):
            up.append(
                layers.SequentialCell(
                    nn.ReLU(), deconv(layers, inputs, outputs), norm(layers, outputs)
                )
            )
        up.append(
            layers.SequentialCell(nn.ReLU(), deconv(layers, 2 * ngf, 3, bias=True), nn.Tanh())
        )
        self.down, self.up, self.levels = nn.CellList(down), nn.CellList(up), levels
        self.dropout = (
            RATE,
            sum(width * 4**level for level, width in enumerate(widths[-2 : -2 - DROPPING : -1], 1)),
        )

    def construct(self, images, *keep):
        x, skips, first = images, (), 0
        for cell in self.down:
            x = cell(x)
            skips = skips + (x,)
        for level, cell in enumerate(self.up):
            x = cell(x)
            if level < self.levels - 1:
                if level < DROPPING:
                    x, first = dropped(x, keep, first, x.shape)
                x = _concat((skips[self.levels - 2 - level], x))
        return x


class PatchDiscriminator(nn.Cell):
    """Two images (N, 3, S, S), the source and its translation, to logits (N, 1, S/8 - 2, S/8 - 2),
    large for real.

    Each logit judges a patch of 70x70 pixels. `layers`: see `ms_gan.layers`.
    """

    def __init__(self, layers, ndf=64):
        super().__init__()
        cells = [conv(layers, 6, ndf, bias=True), layers.LeakyReLU(0.2)]
        for inputs, outputs, stride in (
            (ndf, 2 * ndf, 2),
            (2 * ndf, 4 * ndf, 2),
            (4 * ndf, 8 * ndf, 1),
        ):
            cells += [
                conv(layers, inputs, outputs, 4, stride),
                norm(layers, outputs),
                layers.LeakyReLU(0.2),
            ]
        self.net = layers.SequentialCell(*cells, conv(layers, 8 * ndf, 1, 4, 1, bias=True))

    def construct(self, source, image):
        return self.net(_concat((source, image)))
