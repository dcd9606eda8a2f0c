"""The original GAN game as MindSpore's DCGAN tutorial plays it: the generator first, then the
discriminator.

Goodfellow et al. 2014, arXiv:1406.2661 (the non-saturating generator loss), in the order and with
the means of https://www.mindspore.cn/tutorials/en/master/generative/dcgan.html
"""

from __future__ import annotations

import mindspore as ms
import numpy as np
from mindspore import Tensor, nn, ops

from ms_gan import latents
from ms_gan.inference import unmoved
from ms_gan.objectives.base import Noise, Rates, Step, TwoPlayers, dropout_masks, each, passed
from ms_gan.objectives.losses import ADVERSARIAL, Adversarial

PROBABILITIES = "d_x", "d_g_z1", "d_g_z2"
SCORES = "score_real", "score_fake", "score_fake_after"


class GAN(TwoPlayers):
    """The generator's update, then the discriminator's on the same fakes.

    Reported beside the losses, loss_d being made of its two halves loss_d_real and loss_d_fake:
    d_x, the discriminator's mean verdict on the real images; d_g_z1, on the fakes, as the step met
    them; d_g_z2, on the same fakes after both updates. Verdicts are probabilities of being real.
    Where the discriminator gives scores instead of logits, their means are reported likewise as
    score_real, score_fake and score_fake_after.

    Args:
        generator: takes latents (N, nz), ~ N(0, 1).
        discriminator: gives logits (N,), or scores.
        nz: the size of a latent vector.
        rates: of the two Adams.
        loss: what both minimise.
    """

    def __init__(
        self,
        generator: nn.Cell,
        discriminator: nn.Cell,
        nz: int,
        rates: Rates,
        loss: Adversarial = ADVERSARIAL["non-saturating"],
    ) -> None:
        super().__init__(generator, discriminator, rates)
        self.nz, self.loss = nz, loss
        *verdicts, self.last_verdict = PROBABILITIES if loss.logits else SCORES
        self.names = ("loss_g", "loss_d", "loss_d_real", "loss_d_fake", *verdicts)

    def noise(self, rng: np.random.Generator, count: int) -> Noise:
        """Latents (count, nz), and the discriminator's masks (3, count, ...) in the generator's
        update, of the real images, and of the fakes.
        """
        latent = latents.normal(rng, count, self.nz)
        return latent, dropout_masks(rng, self.networks["discriminator"], 3, count)

    def report(self, outputs: tuple[Tensor, ...]) -> dict[str, float]:
        """All numbers of a step, fetched from the device."""
        discriminator, fakes = self.networks["discriminator"], outputs[-1]
        with unmoved(discriminator):
            verdict = discriminator(fakes)
        if self.loss.logits:
            verdict = ops.sigmoid(verdict)
        return {**super().report(outputs), self.last_verdict: float(verdict.mean())}

    def compile(self) -> Step:
        """The step (real (N, C, H, W), latent (N, nz), masks) -> as `names`, then the fakes."""
        generator, discriminator = self.networks.values()
        optimizer_g, optimizer_d = self.optimizers.values()
        loss = self.loss
        loss_of_real, loss_of_fakes, loss_of_generator = loss.real, loss.fake, loss.generator
        share, logits = loss.share, loss.logits

        def generator_loss(latent, mask):
            fakes = generator(latent)
            return loss_of_generator(passed(discriminator, fakes, mask)), fakes

        def discriminator_loss(real, fakes, mask_real, mask_fake):
            on_real = passed(discriminator, real, mask_real)
            on_fakes = passed(discriminator, fakes, mask_fake)
            loss_real, loss_fake = loss_of_real(on_real), loss_of_fakes(on_fakes)
            return share * (loss_real + loss_fake), loss_real, loss_fake, on_real, on_fakes

        grad_g = ops.value_and_grad(generator_loss, None, optimizer_g.parameters, has_aux=True)
        grad_d = ops.value_and_grad(discriminator_loss, None, optimizer_d.parameters, has_aux=True)

        @ms.jit
        def train_step(real, latent, masks=None):
            mask_g, mask_real, mask_fake = each(masks, 3)
            (loss_g, fakes), gradients = grad_g(latent, mask_g)
            optimizer_g(gradients)
            # The fakes come from before the generator's update, as in the tutorial.
            (loss_d, loss_real, loss_fake, on_real, on_fakes), gradients = grad_d(
                real, ops.stop_gradient(fakes), mask_real, mask_fake
            )
            optimizer_d(gradients)
            if logits:
                on_real, on_fakes = ops.sigmoid(on_real), ops.sigmoid(on_fakes)
            return loss_g, loss_d, loss_real, loss_fake, on_real.mean(), on_fakes.mean(), fakes

        return train_step
