"""The smallest GAN there is: points in the plane, made by one dense layer and judged by three.

After the generative adversarial network of Zhang et al., Dive into Deep Learning, chapter 20.1,
https://d2l.ai.
"""

from __future__ import annotations

from mindspore import Tensor, nn, ops

from ms_gan.networks.parts import dense


class Generator(nn.Cell):
    """Latent (N, 2), ~ N(0, 1), to points (N, 2): an affine map, all that a Gaussian needs."""

    def __init__(self) -> None:
        super().__init__()
        self.net = dense(2, 2)

    def construct(self, latent: Tensor) -> Tensor:
        return self.net(latent)


class Tanh(nn.Cell):
    """`nn.Tanh` by the sigmoid: from 2.7 on, MindSpore's own errs by up to 1.5e-5 on a CPU."""

    def construct(self, x: Tensor) -> Tensor:
        return 2 * ops.sigmoid(2 * x) - 1


class Discriminator(nn.Cell):
    """Points (N, 2) to logits (N,), large for real."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.SequentialCell(dense(2, 5), Tanh(), dense(5, 3), Tanh(), dense(3, 1))

    def construct(self, points: Tensor) -> Tensor:
        return self.net(points).reshape(-1)
