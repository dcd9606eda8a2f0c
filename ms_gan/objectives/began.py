"""Boundary equilibrium GAN: the discriminator is an autoencoder, and what it reconstructs badly is
fake.

Berthelot, Schumm & Metz 2017, arXiv:1703.10717.
"""

import mindspore as ms
from mindspore import ops

from ms_gan import latents
from ms_gan.objectives.base import Mean, TwoPlayers
from ms_gan.objectives.losses import absolute_error

K_RATE = 0.001  # lambda in the paper


class BEGAN(TwoPlayers):
    """A generator of (N, nz) noise against an autoencoder, kept in balance by k, a number in [0, 1]
    that is learnt too.

    gamma: the fakes' reconstruction error over the real images' that is aimed at; lr: a number or a
    schedule. Reported: k, and convergence, M in the paper, which falls as the pictures get better.
    """

    names = ("loss_g", "loss_d", "k", "convergence")
    panels = (
        ("Losses in training", {"loss_g": "generator", "loss_d": "discriminator"}),
        ("Convergence", {"convergence": "M"}),
        ("Balance", {"k": "k"}),
    )

    def __init__(self, generator, autoencoder, nz, gamma, lr_g, lr_d, beta1):
        k = ms.Parameter(ms.Tensor(0.0, ms.float32), name="state.k", requires_grad=False)
        mean = Mean()  # of what k follows: it is one number for all workers
        super().__init__(generator, autoencoder, lr_g, lr_d, beta1, state={"k": k}, means=(mean,))
        self.nz = nz
        self.train_step = _compile(
            generator, autoencoder, *self.optimizers.values(), k, gamma, mean
        )

    def noise(self, rng, count):
        """The random inputs of one step: one float32 (count, nz) array, uniform in [-1, 1)."""
        return (latents.uniform(rng, count, self.nz),)


def _compile(generator, autoencoder, optimizer_g, optimizer_d, k, gamma, mean):
    """The training step: (real (N, C, H, W), latent (N, nz)) -> as `names`."""

    def generator_loss(latent):
        fakes = generator(latent)
        return absolute_error(fakes, autoencoder(fakes)), fakes

    def discriminator_loss(real, fakes, share):
        loss_real = absolute_error(real, autoencoder(real))
        return loss_real - share * absolute_error(fakes, autoencoder(fakes)), loss_real

    generator_gradients = ops.value_and_grad(
        generator_loss, None, optimizer_g.parameters, has_aux=True
    )
    discriminator_gradients = ops.value_and_grad(
        discriminator_loss, None, optimizer_d.parameters, has_aux=True
    )

    @ms.jit
    def train_step(real, latent):
        (loss_g, fakes), gradients_g = generator_gradients(latent)
        (loss_d, loss_real), gradients_d = discriminator_gradients(
            real, ops.stop_gradient(fakes), k
        )
        optimizer_g(gradients_g)
        optimizer_d(gradients_d)
        balance = mean(gamma * loss_real - loss_g)
        following = ops.clip_by_value(k + K_RATE * balance, 0.0, 1.0)
        ops.assign(k, following)
        return loss_g, loss_d, following, loss_real + balance.abs()

    return train_step
