"""A GAN of dense layers for MNIST digits: two slim networks with dropout after every hidden layer.

After the GAN lesson of Udacity's deep learning course,
https://github.com/udacity/deep-learning-v2-pytorch, gan-mnist.
"""

from mindspore import nn

from ms_gan.networks.parts import by_fan_in, dense, dropped

SIDE = 28
RATE = 0.3


class _MLP(nn.Cell):
    """Dense layers of these sizes, LeakyReLU 0.2 and dropout after each but the last.

    `dropout` tells training what masks to draw: the rate, and how many numbers a sample takes. A
    mask, float32 (N, dropout[1]) of zeros and 1 / (1 - rate), is the optional second input; without
    it nothing is dropped.
    """

    def __init__(self, layers, sizes):
        super().__init__()
        self.dense = nn.CellList(
            [dense(a, b, by_fan_in(a), by_fan_in(a)) for a, b in zip(sizes, sizes[1:])]
        )
        self.leaky = layers.LeakyReLU(0.2)
        self.dropout = RATE, sum(sizes[1:-1])

    def construct(self, x, *keep):
        first = 0
        for cell in self.dense[:-1]:
            x = self.leaky(cell(x))
            x, first = dropped(x, keep, first, x.shape)
        return self.dense[-1](x)


class Generator(nn.Cell):
    """Latent (N, nz), usually ~ U(-1, 1), to digits (N, 1, 28, 28) in (-1, 1), by ngf, 2 and 4 ngf
    hidden units.
    """

    def __init__(self, layers, nz=100, ngf=32):
        super().__init__()
        self.net = _MLP(layers, (nz, ngf, 2 * ngf, 4 * ngf, SIDE * SIDE))
        self.tanh = nn.Tanh()
        self.dropout = self.net.dropout

    def construct(self, latent, *keep):
        return self.tanh(self.net(latent, *keep)).reshape(-1, 1, SIDE, SIDE)


class Discriminator(nn.Cell):
    """Digits (N, 1, 28, 28) in [-1, 1] to logits (N,), large for real, by 4 ndf, 2 ndf and ndf
    hidden units.
    """

    def __init__(self, layers, ndf=32):
        super().__init__()
        self.net = _MLP(layers, (SIDE * SIDE, 4 * ndf, 2 * ndf, ndf, 1))
        self.dropout = self.net.dropout

    def construct(self, images, *keep):
        return self.net(images.reshape(-1, SIDE * SIDE), *keep).reshape(-1)
