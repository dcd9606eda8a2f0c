"""The original GAN game with the discriminator first: the generator learns from the wiser one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import mindspore as ms
import numpy as np
from mindspore import Tensor, nn, ops

from ms_gan.objectives.base import Noise, Step, TwoPlayers, dropout_masks, each, passed
from ms_gan.objectives.losses import gan_generator
from ms_gan.objectives.optimizers import Rates


@dataclass(frozen=True)
class Latents:
    """What the generator takes."""

    draw: Callable[[np.random.Generator, int, int], np.ndarray]  # see `ms_gan.latents`
    size: int  # of a vector
    fresh: bool  # whether the generator learns on new ones, else on the discriminator's


class DiscriminatorFirst(TwoPlayers):
    """The discriminator's update, then the generator's. d_x and d_g_z1: see `gan.GAN`.

    Args:
        generator: takes latents (N, size).
        discriminator: gives logits (N,).
        latents: how they are drawn.
        loss: the discriminator's, of real and fake logits (see `losses`).
        rates: of the two Adams.
    """

    names = ("loss_g", "loss_d", "d_x", "d_g_z1")

    def __init__(
        self,
        generator: nn.Cell,
        discriminator: nn.Cell,
        latents: Latents,
        loss: Callable[[Tensor, Tensor], Tensor],
        rates: Rates,
    ) -> None:
        super().__init__(generator, discriminator, rates)
        self.latents, self.loss = latents, loss

    def noise(self, rng: np.random.Generator, count: int) -> Noise:
        """Latents (count, size) for the discriminator's update and for the generator's, the
        generator's masks (2, count, ...) for both, and the discriminator's (3, count, ...): of the
        real images, the fakes, and the fakes anew.
        """
        drawn = self.latents
        first = drawn.draw(rng, count, drawn.size)
        second = drawn.draw(rng, count, drawn.size) if drawn.fresh else first
        generator, discriminator = self.networks.values()
        masks_g = dropout_masks(rng, generator, 2, count)
        masks_d = dropout_masks(rng, discriminator, 3, count)
        return first, second, masks_g, masks_d

    def compile(self) -> Step:
        """The step (real (N, ...), two latents (N, size), masks) -> as `names`."""
        generator, discriminator = self.players()
        optimizer_g, optimizer_d = self.optimizers.values()
        make, loss_of = self.maker(generator), self.loss

        def discriminator_loss(real, fakes, mask_real, mask_fake):
            real_logits = passed(discriminator, real, mask_real)
            fake_logits = passed(discriminator, fakes, mask_fake)
            return loss_of(real_logits, fake_logits), real_logits, fake_logits

        def generator_loss(latent, mask_g, mask_d):
            fakes = passed(generator, latent, mask_g)
            return gan_generator(passed(discriminator, fakes, mask_d))

        grad_g = self.gradient(generator_loss, optimizer_g)
        grad_d = self.gradient(discriminator_loss, optimizer_d, has_aux=True)

        @ms.jit
        def train_step(real, first, second, masks_g=None, masks_d=None):
            mask_first, mask_second = each(masks_g, 2)
            mask_real, mask_fake, mask_anew = each(masks_d, 3)
            fakes = ops.stop_gradient(passed(make, first, mask_first))
            (loss_d, real_logits, fake_logits), gradients = grad_d(
                real, fakes, mask_real, mask_fake
            )
            optimizer_d(gradients)
            loss_g, gradients = grad_g(second, mask_second, mask_anew)
            optimizer_g(gradients)
            return loss_g, loss_d, ops.sigmoid(real_logits).mean(), ops.sigmoid(fake_logits).mean()

        return train_step
