"""Boundary equilibrium GAN: an autoencoder takes for fake what it reconstructs badly.

Berthelot, Schumm & Metz 2017, arXiv:1703.10717.
"""

from __future__ import annotations

import mindspore as ms
import numpy as np
from mindspore import nn, ops

from ms_gan import latents
from ms_gan.objectives.base import Mean, Noise, Step, TwoPlayers
from ms_gan.objectives.losses import absolute_error
from ms_gan.objectives.optimizers import Rates

K_RATE = 0.001  # lambda in the paper


class BEGAN(TwoPlayers):
    """Generator and autoencoder, kept in balance by k, a number in [0, 1] that is learnt too.

    Reported beside the losses: k, and convergence, M in the paper, which falls as the pictures get
    better.

    Args:
        generator: takes latents (N, nz), ~ U(-1, 1).
        autoencoder: makes of images (N, C, H, W) images of that shape.
        nz: the size of a latent vector.
        gamma: the fakes' reconstruction error over the real images' that is aimed at.
        rates: of the two Adams.
    """

    names = ("loss_g", "loss_d", "k", "convergence")
    panels = (
        ("Losses in training", {"loss_g": "generator", "loss_d": "discriminator"}),
        ("Convergence", {"convergence": "M"}),
        ("Balance", {"k": "k"}),
    )

    def __init__(
        self, generator: nn.Cell, autoencoder: nn.Cell, nz: int, gamma: float, rates: Rates
    ) -> None:
        super().__init__(generator, autoencoder, rates)
        self.nz, self.gamma = nz, gamma
        self.k = ms.Parameter(ms.Tensor(0.0, ms.float32), name="state.k", requires_grad=False)
        self.mean = Mean()  # of what k follows: it is one number for all ranks
        self.state, self.means = {"k": self.k}, [self.mean]

    def noise(self, rng: np.random.Generator, count: int) -> Noise:
        """Latents (count, nz), uniform in [-1, 1)."""
        return (latents.uniform(rng, count, self.nz),)

    def compile(self) -> Step:
        """The step (real (N, C, H, W), latent (N, nz)) -> as `names`."""
        generator, autoencoder = self.players()
        optimizer_g, optimizer_d = self.optimizers.values()
        k, gamma, mean = self.k, self.gamma, self.mean

        def generator_loss(latent):
            fakes = generator(latent)
            return absolute_error(fakes, autoencoder(fakes)), fakes

        def discriminator_loss(real, fakes, share):
            loss_real = absolute_error(real, autoencoder(real))
            return loss_real - share * absolute_error(fakes, autoencoder(fakes)), loss_real

        grad_g = self.gradient(generator_loss, optimizer_g, has_aux=True)
        grad_d = self.gradient(discriminator_loss, optimizer_d, has_aux=True)

        @ms.jit
        def train_step(real, latent):
            (loss_g, fakes), gradients_g = grad_g(latent)
            (loss_d, loss_real), gradients_d = grad_d(real, ops.stop_gradient(fakes), k)
            optimizer_g(gradients_g)
            optimizer_d(gradients_d)
            balance = mean(gamma * loss_real - loss_g)
            following = ops.clip_by_value(k + K_RATE * balance, 0.0, 1.0)
            ops.assign(k, following)
            return loss_g, loss_d, following, loss_real + balance.abs()

        return train_step
