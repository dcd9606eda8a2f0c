"""Losses, functions of what a discriminator or critic gives: logits or scores, of any shape."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mindspore import Tensor, nn, ops


class _Softplus(nn.Cell):
    """log(1 + exp(x)), exact for any x.

    MindSpore's own gives numbers that depend on how often a process has called it, in their last
    digit.
    """

    def construct(self, x: Tensor) -> Tensor:
        return ops.relu(x) + ops.log1p(ops.exp(-ops.abs(x)))

    def bprop(self, x: Tensor, out: Tensor, dout: Tensor) -> tuple[Tensor]:
        # Also where relu and abs have none, at 0.
        return (dout * ops.sigmoid(x),)


_softplus = _Softplus()


def binary_cross_entropy(logits: Tensor, target: float) -> Tensor:
    """Mean cross entropy of sigmoid(logits) against one target in [0, 1] for all: a scalar >= 0.

    Finite, with a gradient, for any logit: a sigmoid followed by BCELoss saturates beyond 17 or so.
    Written out, since the eager gradient of MindSpore's own BCEWithLogitsLoss divides by the batch
    size of its first call for ever after (2.7 to 2.10).
    """
    return (target * _softplus(-logits) + (1 - target) * _softplus(logits)).mean()


def gan_discriminator(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """The mean of the discriminator's two halves (Goodfellow et al. 2014, arXiv:1406.2661)."""
    return (binary_cross_entropy(real_logits, 1.0) + binary_cross_entropy(fake_logits, 0.0)) / 2


def gan_fake(fake_logits: Tensor) -> Tensor:
    """The original discriminator's loss on fakes; on real ones it is `gan_generator` of those."""
    return binary_cross_entropy(fake_logits, 0.0)


def smoothed_discriminator(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """The sum of both halves, with 0.9 for real (Salimans et al. 2016, arXiv:1606.03498)."""
    return binary_cross_entropy(real_logits, 0.9) + binary_cross_entropy(fake_logits, 0.0)


def gan_generator(fake_logits: Tensor) -> Tensor:
    """The generator's non-saturating loss of the original GAN."""
    return binary_cross_entropy(fake_logits, 1.0)


def hinge_real(scores: Tensor) -> Tensor:
    """The discriminator's hinge loss on real ones (Lim & Ye 2017, arXiv:1705.02894)."""
    return ops.relu(1 - scores).mean()


def hinge_fake(scores: Tensor) -> Tensor:
    """The discriminator's hinge loss on fakes."""
    return ops.relu(1 + scores).mean()


def wasserstein_critic(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """Minus the distance that a critic sees (Arjovsky et al. 2017, arXiv:1701.07875)."""
    return fake_scores.mean() - real_scores.mean()


def wasserstein_generator(fake_scores: Tensor) -> Tensor:
    """The generator's loss of a Wasserstein GAN."""
    return -fake_scores.mean()


def least_squares(scores: Tensor, target: float) -> Tensor:
    """Mean squared distance of scores to one target for all (Mao et al. 2017, arXiv:1611.04076)."""
    return ((scores - target) ** 2).mean()


def least_squares_real(scores: Tensor) -> Tensor:
    """Mean squared distance of scores to 1."""
    return least_squares(scores, 1.0)


def least_squares_fake(scores: Tensor) -> Tensor:
    """Mean squared distance of scores to 0."""
    return least_squares(scores, 0.0)


def absolute_error(images: Tensor, others: Tensor) -> Tensor:
    """Mean absolute difference of two batches of the same shape."""
    return (images - others).abs().mean()


@dataclass(frozen=True)
class Adversarial:
    """What the discriminator and the generator minimise, in functions of its outputs (N,)."""

    real: Callable[[Tensor], Tensor]  # the discriminator's half, of real examples
    fake: Callable[[Tensor], Tensor]  # and of fakes
    generator: Callable[[Tensor], Tensor]  # of fakes
    share: float  # of both halves' sum that the discriminator minimises: 0.5 for their mean
    logits: bool  # whether the outputs' sigmoid is the probability of being real


ADVERSARIAL = {
    "non-saturating": Adversarial(gan_generator, gan_fake, gan_generator, 0.5, logits=True),
    "hinge": Adversarial(hinge_real, hinge_fake, wasserstein_generator, 1.0, logits=False),
    "least-squares": Adversarial(
        least_squares_real, least_squares_fake, least_squares_real, 0.5, logits=False
    ),
}
