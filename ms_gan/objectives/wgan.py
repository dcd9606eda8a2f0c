"""Wasserstein GANs, with a gradient penalty or clipped weights, and the original loss on the same
networks.

Arjovsky, Chintala & Bottou 2017, arXiv:1701.07875; Gulrajani et al. 2017, arXiv:1704.00028.
"""

from dataclasses import dataclass
from typing import Callable

import mindspore as ms
import numpy as np
from mindspore import ops

from ms_gan import latents
from ms_gan.objectives.base import TwoPlayers
from ms_gan.objectives.losses import (
    gan_discriminator,
    gan_generator,
    wasserstein_critic,
    wasserstein_generator,
)
from ms_gan.objectives.penalty import gradient_penalty


@dataclass(frozen=True)
class Loss:
    """What the critic and the generator minimise, and how the critic is kept smooth."""

    critic: Callable  # of real and fake scores
    generator: Callable  # of fake scores
    penalty: float = 0.0  # the gradient penalty's weight, lambda in the paper
    clip: float = (
        0.0  # the critic's weights are held to [-clip, clip] after its update, 0 for not at all
    )


LOSSES = {
    "wgan-gp": Loss(wasserstein_critic, wasserstein_generator, penalty=10.0),
    "wgan": Loss(wasserstein_critic, wasserstein_generator, clip=0.01),
    "dcgan": Loss(gan_discriminator, gan_generator),
}


class WGAN(TwoPlayers):
    """A generator that takes (N, nz) noise against a critic that gives (N,) scores, each with its
    own Adam.

    A step makes `critic_updates` updates of the critic, each on real images of its own, then
    `generator_updates` of the generator, each on fresh noise. loss: a `Loss`. Reported beside the
    last update's losses (loss_d without the penalty): the penalty, before its weight, and the mean
    scores of real images and fakes.
    """

    names = ("loss_g", "loss_d", "penalty", "score_real", "score_fake")
    panels = (
        ("Losses in training", {"loss_g": "generator", "loss_d": "critic, without its penalty"}),
        ("Gradient penalty", {"penalty": "mean of (slope - 1)²"}),
    )

    def __init__(
        self, generator, critic, nz, loss, lr, beta1, beta2, critic_updates=1, generator_updates=2
    ):
        super().__init__(generator, critic, lr, lr, beta1, beta2)
        self.nz, self.updates = nz, (critic_updates, generator_updates)
        self.train_step = _compile(
            generator, critic, *self.optimizers.values(), loss, *self.updates
        )

    def noise(self, rng, count):
        """The random inputs of one step for `count` real images: float32 arrays, n = count /
        critic_updates.

        Latents for the critic (critic_updates, n, nz) and for the generator (generator_updates, n,
        nz), and where between real image and fake the penalty is taken (critic_updates, n, 1, 1,
        1), in [0, 1).
        """
        critic_updates, generator_updates = self.updates
        n = count // critic_updates
        drawn = latents.normal(rng, (critic_updates + generator_updates) * n, self.nz).reshape(
            -1, n, self.nz
        )
        share = rng.random((critic_updates, n, 1, 1, 1), np.float32)
        return drawn[:critic_updates], drawn[critic_updates:], share


def _compile(generator, critic, optimizer_g, optimizer_d, loss, critic_updates, generator_updates):
    """The training step: (real (critic_updates * n, C, H, W), the arrays of `noise`) -> as `names`."""
    loss_critic, loss_generator, weight, clip = loss.critic, loss.generator, loss.penalty, loss.clip
    penalty_of = gradient_penalty(critic)

    def critic_loss(real, fakes, share):
        real_scores, fake_scores = critic(real), critic(fakes)
        loss = loss_critic(real_scores, fake_scores)
        penalty = penalty_of(real, fakes, share) if weight else ops.zeros_like(loss)
        return loss + weight * penalty, loss, penalty, real_scores.mean(), fake_scores.mean()

    def generator_loss(latent):
        return loss_generator(critic(generator(latent)))

    generator_gradients = ops.value_and_grad(generator_loss, None, optimizer_g.parameters)
    critic_gradients = ops.value_and_grad(critic_loss, None, optimizer_d.parameters, has_aux=True)
    weights = optimizer_d.parameters

    @ms.jit
    def train_step(real, critic_latents, generator_latents, shares):
        n = shares.shape[1]
        loss_d, penalty, score_real, score_fake, loss_g = 0, 0, 0, 0, 0
        for update in range(critic_updates):
            fakes = ops.stop_gradient(generator(critic_latents[update]))
            (_, loss_d, penalty, score_real, score_fake), gradients = critic_gradients(
                real[update * n : (update + 1) * n], fakes, shares[update]
            )
            optimizer_d(gradients)
            if clip:
                for parameter in weights:
                    ops.assign(parameter, ops.clip_by_value(parameter, -clip, clip))
        for update in range(generator_updates):
            loss_g, gradients = generator_gradients(generator_latents[update])
            optimizer_g(gradients)
        return loss_g, loss_d, penalty, score_real, score_fake

    return train_step
