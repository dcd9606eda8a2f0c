"""The smallest GAN there is: points in the plane, made by one dense layer and judged by three.

After the generative adversarial network of Zhang et al., Dive into Deep Learning, chapter 20.1, https://d2l.ai.
"""

from mindspore import nn

from ms_gan.networks.parts import dense


class Generator(nn.Cell):
    """Latent (N, 2), ~ N(0, 1), to points (N, 2): an affine map, which is all that a Gaussian needs."""

    def __init__(self):
        super().__init__()
        self.net = dense(2, 2)

    def construct(self, latent):
        return self.net(latent)


class Discriminator(nn.Cell):
    """Points (N, 2) to logits (N,), large for real."""

    def __init__(self):
        super().__init__()
        self.net = nn.SequentialCell(dense(2, 5), nn.Tanh(), dense(5, 3), nn.Tanh(), dense(3, 1))

    def construct(self, points):
        return self.net(points).reshape(-1)
