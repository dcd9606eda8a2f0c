"""Wasserstein GANs with a gradient penalty or clipped weights, or with the original loss.

Arjovsky, Chintala & Bottou 2017, arXiv:1701.07875; Gulrajani et al. 2017, arXiv:1704.00028.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import mindspore as ms
import numpy as np
from mindspore import Tensor, nn, ops

from ms_gan import latents
from ms_gan.objectives.base import Noise, Step, TwoPlayers
from ms_gan.objectives.losses import (
    gan_discriminator,
    gan_generator,
    wasserstein_critic,
    wasserstein_generator,
)
from ms_gan.objectives.optimizers import Rates


@dataclass(frozen=True)
class Loss:
    """What the critic and the generator minimise, and how the critic is kept smooth."""

    critic: Callable[[Tensor, Tensor], Tensor]  # of real and fake scores
    generator: Callable[[Tensor], Tensor]  # of fake scores
    penalty: float = 0.0  # the gradient penalty's weight, lambda in the paper
    clip: float = 0.0  # the critic's weights stay in [-clip, clip], 0 for not at all


LOSSES = {
    "wgan-gp": Loss(wasserstein_critic, wasserstein_generator, penalty=10.0),
    "wgan": Loss(wasserstein_critic, wasserstein_generator, clip=0.01),
    "dcgan": Loss(gan_discriminator, gan_generator),
}


@dataclass(frozen=True)
class Updates:
    """What a step is made of: updates of the critic, then of the generator."""

    nz: int  # the size of a latent vector
    critic: int  # each on real images of its own
    generator: int  # each on fresh latents


class WGAN(TwoPlayers):
    """Updates of the critic, then of the generator.

    Reported are the last updates' numbers: the losses (loss_d without the penalty), the penalty
    before its weight, and the mean scores of real images and fakes.

    Args:
        generator: takes latents (N, nz), ~ N(0, 1).
        critic: gives scores (N,), larger for real.
        loss: what both minimise.
        updates: how many of either.
        rates: of the two Adams.
    """

    names = ("loss_g", "loss_d", "penalty", "score_real", "score_fake")
    panels = (
        ("Losses in training", {"loss_g": "generator", "loss_d": "critic, without its penalty"}),
        ("Gradient penalty", {"penalty": "mean of (slope - 1)²"}),
    )

    def __init__(
        self, generator: nn.Cell, critic: nn.Cell, loss: Loss, updates: Updates, rates: Rates
    ) -> None:
        super().__init__(generator, critic, rates)
        self.loss, self.updates = loss, updates

    def noise(self, rng: np.random.Generator, count: int) -> Noise:
        """Latents for the critic (critic updates, n, nz) and the generator (generator updates, n,
        nz), and the penalty's shares (critic updates, n, 1, 1, 1). n = count / critic updates.
        """
        updates = self.updates
        n = count // updates.critic
        drawn = latents.normal(rng, (updates.critic + updates.generator) * n, updates.nz)
        drawn = drawn.reshape(-1, n, updates.nz)
        share = rng.random((updates.critic, n, 1, 1, 1), np.float32)
        return drawn[: updates.critic], drawn[updates.critic :], share

    def compile(self) -> Step:
        """The step (real (critic updates * n, C, H, W), the arrays of `noise`) -> as `names`."""
        generator, critic = self.players()
        optimizer_g, optimizer_d = self.optimizers.values()
        loss_critic, loss_generator = self.loss.critic, self.loss.generator
        weight, clip = self.loss.penalty, self.loss.clip
        critic_updates, generator_updates = self.updates.critic, self.updates.generator
        weights, penalty_of = optimizer_d.parameters, gradient_penalty(critic)
        make = self.maker(generator)

        def critic_loss(real, fakes, share):
            real_scores, fake_scores = critic(real), critic(fakes)
            loss = loss_critic(real_scores, fake_scores)
            penalty = penalty_of(real, fakes, share) if weight else ops.zeros_like(loss)
            return loss + weight * penalty, loss, penalty, real_scores.mean(), fake_scores.mean()

        def generator_loss(latent):
            return loss_generator(critic(generator(latent)))

        grad_g = self.gradient(generator_loss, optimizer_g)
        grad_d = self.gradient(critic_loss, optimizer_d, has_aux=True)

        @ms.jit
        def train_step(real, critic_latents, generator_latents, shares):
            n = shares.shape[1]
            loss_d, penalty, score_real, score_fake, loss_g = 0, 0, 0, 0, 0
            for update in range(critic_updates):
                fakes = ops.stop_gradient(make(critic_latents[update]))
                (_, loss_d, penalty, score_real, score_fake), gradients = grad_d(
                    real[update * n : (update + 1) * n], fakes, shares[update]
                )
                optimizer_d(gradients)
                if clip:
                    for parameter in weights:
                        ops.assign(parameter, ops.clip_by_value(parameter, -clip, clip))
            for update in range(generator_updates):
                loss_g, gradients = grad_g(generator_latents[update])
                optimizer_g(gradients)
            return loss_g, loss_d, penalty, score_real, score_fake

        return train_step


def gradient_penalty(
    critic: Callable[[Tensor], Tensor],
) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """A function (real, fakes (N, C, H, W), share) -> the mean of (|gradient of the critic| - 1)^2.

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
