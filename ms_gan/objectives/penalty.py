"""The gradient penalty of WGAN-GP (Gulrajani et al. 2017, arXiv:1704.00028)."""

from __future__ import annotations

from collections.abc import Callable

from mindspore import Tensor, nn, ops


def gradient_penalty(critic: nn.Cell) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """A function (real, fakes, share) -> the mean of (|gradient of the critic| - 1)^2 between real
    images and fakes, both (N, C, H, W).

    share: (N, 1, 1, 1), uniform in [0, 1): how far from its real image to its fake each point lies.
    For compiled steps only: in eager mode MindSpore's second-order gradients are wrong.
    """

    def total(images):
        return critic(images).sum()

    slope = ops.grad(total)

    def penalty(real, fakes, share):
        gradient = slope(real + share * (fakes - real))
        # The tiny number keeps the root's own gradient finite where the critic is flat.
        length = ops.sqrt((gradient * gradient).sum((1, 2, 3)) + 1e-12)
        return ((length - 1) ** 2).mean()

    return penalty
