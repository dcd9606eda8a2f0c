"""A DCGAN that enlarges by repeating pixels, for small grey images.

After https://github.com/eriklindernoren/PyTorch-GAN, implementations/dcgan. Its batch normalisation
has eps 0.8 but for the generator's first: the source passes 0.8 where eps is expected, and that is
what its results were made with.
"""

from mindspore import nn

from ms_gan.networks.parts import by_fan_in, conv, dense, dropped, norm

SOURCE_EPS = 0.8
RATE = 0.25


class Generator(nn.Cell):
    """Latent (N, nz), ~ N(0, 1), to images (N, 1, image_size, image_size) in (-1, 1).

    A dense layer makes ngf maps of a quarter of the side (ngf is 128 in the source); two
    enlargements by 2, each before a 3x3 convolution, do the rest. `layers` is the vocabulary to
    build it from, see `ms_gan.layers`.
    """

    def __init__(self, layers, nz=100, ngf=128, image_size=32):
        super().__init__()
        self.shape = ngf, image_size // 4, image_size // 4
        self.dense = dense(nz, ngf * self.shape[1] ** 2, by_fan_in(nz), by_fan_in(nz))
        self.net = layers.SequentialCell(
            norm(layers, ngf),
            layers.Upsample(2),
            _conv3(layers, ngf, ngf, 1),
            norm(layers, ngf, SOURCE_EPS),
            layers.LeakyReLU(0.2),
            layers.Upsample(2),
            _conv3(layers, ngf, ngf // 2, 1),
            norm(layers, ngf // 2, SOURCE_EPS),
            layers.LeakyReLU(0.2),
            _conv3(layers, ngf // 2, 1, 1),
            nn.Tanh(),
        )

    def construct(self, latent):
        return self.net(self.dense(latent).reshape(-1, *self.shape))


class Discriminator(nn.Cell):
    """Images (N, 1, image_size, image_size) in [-1, 1] to logits (N,), large for real.

    Four 3x3 convolutions of stride 2 (ndf, 2, 4 and 8 ndf wide), each with LeakyReLU 0.2, dropout
    of whole channels and, but for the first, batch normalisation, in this order. `dropout` and the
    optional mask: see `mnist_mlp`.
    """

    def __init__(self, layers, ndf=16, image_size=32):
        super().__init__()
        widths = [1, ndf, 2 * ndf, 4 * ndf, 8 * ndf]
        self.blocks = nn.CellList(
            [
                layers.SequentialCell(
                    *([norm(layers, inputs, SOURCE_EPS)] if index > 1 else []),
                    _conv3(layers, inputs, outputs, 2),
                    layers.LeakyReLU(0.2),
                )
                for index, (inputs, outputs) in enumerate(zip(widths, widths[1:]))
            ]
        )
        self.last_norm = layers.SequentialCell(norm(layers, widths[-1], SOURCE_EPS))
        features = widths[-1] * (image_size // 16) ** 2
        self.dense = dense(features, 1, by_fan_in(features), by_fan_in(features))
        self.dropout = RATE, sum(widths[1:])

    def construct(self, images, *keep):
        x, first = images, 0
        for block in self.blocks:
            x = block(x)
            x, first = dropped(x, keep, first, (x.shape[0], x.shape[1], 1, 1))
        x = self.last_norm(x)
        return self.dense(x.reshape(x.shape[0], -1)).reshape(-1)


def _conv3(layers, inputs, outputs, stride):
    return conv(layers, inputs, outputs, 3, stride, 1, bias=True, bias_init=by_fan_in(9 * inputs))
