"""The original GAN game as MindSpore's DCGAN tutorial plays it: the generator first, then the
discriminator.

Goodfellow et al. 2014, arXiv:1406.2661 (the non-saturating generator loss), in the order and with
the means of https://www.mindspore.cn/tutorials/en/master/generative/dcgan.html
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import mindspore as ms
import numpy as np
from mindspore import Tensor, nn, ops

from ms_gan import latents
from ms_gan.inference import compiled, unmoved
from ms_gan.objectives import diffaugment, r1
from ms_gan.objectives.base import Noise, Step, TwoPlayers, dropout_masks, each, passed
from ms_gan.objectives.losses import ADVERSARIAL, Adversarial
from ms_gan.objectives.optimizers import Rates
from ms_gan.runtime import quiet

PROBABILITIES = "d_x", "d_g_z1", "d_g_z2"
SCORES = "score_real", "score_fake", "score_fake_after"


@dataclass(frozen=True)
class Game:
    """What both players minimise, and what else keeps the discriminator in bounds."""

    loss: Adversarial = ADVERSARIAL["non-saturating"]
    r1: float = 0.0  # the gradient penalty's weight, gamma, see `r1`
    augmentations: tuple[str, ...] = ()  # of all that the discriminator sees, see `diffaugment`


class GAN(TwoPlayers):
    """The generator's update, then the discriminator's on the same fakes.

    Reported beside the losses, loss_d (without a penalty) being made of its two halves loss_d_real
    and loss_d_fake: d_x, the discriminator's mean verdict on the real images; d_g_z1, on the fakes,
    as the step met them; d_g_z2, on the same fakes, not augmented, after both updates. Verdicts are
    probabilities of being real. Where the discriminator gives scores instead of logits, their means
    are reported likewise as score_real, score_fake and score_fake_after.

    Args:
        generator: takes latents (N, nz), ~ N(0, 1).
        discriminator: gives logits (N,), or scores.
        nz: the size of a latent vector.
        rates: of the two Adams.
        game: what both minimise.
    """

    def __init__(
        self,
        generator: nn.Cell,
        discriminator: nn.Cell,
        nz: int,
        rates: Rates,
        game: Game = Game(),  # noqa: B008 - frozen
    ) -> None:
        super().__init__(generator, discriminator, rates)
        self.nz, self.game = nz, game
        *verdicts, self.last_verdict = PROBABILITIES if game.loss.logits else SCORES
        self.names = ("loss_g", "loss_d", "loss_d_real", "loss_d_fake", *verdicts)

    def noise(self, rng: np.random.Generator, count: int) -> Noise:
        """Latents (count, nz), then the discriminator's dropout masks (3, count, ...) and the
        augmentation's numbers (3, count, ...) in the generator's update, of the real images, and of
        the fakes.
        """
        latent = latents.normal(rng, count, self.nz)
        masks = dropout_masks(rng, self.networks["discriminator"], 3, count)
        numbers = diffaugment.draw(rng, 3, count) if self.game.augmentations else None
        return latent, masks, numbers

    def inputs(self, rng: np.random.Generator, count: int, step: int) -> Noise:
        """What `noise` draws, and the weight of R1."""
        return (*self.noise(rng, count), r1.weight_of(self.game.r1, step))

    @cached_property
    def verdict(self) -> Step:
        """The discriminator alone, compiled: some ten times as fast as layer by layer."""
        return compiled(self.networks["discriminator"], batch_statistics=True)

    def report(self, outputs: tuple[Tensor, ...]) -> dict[str, float]:
        """All numbers of a step, fetched from the device."""
        with unmoved(self.networks["discriminator"]), quiet():
            (verdict,) = self.verdict(outputs[-1])
            # Before the statistics are put back: operations that wait behind it make it take 60 ms
            # instead of 8.
            verdict.asnumpy()
        verdict = verdict.astype(ms.float32)  # where the networks are in float16
        if self.game.loss.logits:
            verdict = ops.sigmoid(verdict)
        return {**super().report(outputs), self.last_verdict: float(verdict.mean())}

    def compile(self) -> Step:
        """The step (real (N, C, H, W), latent (N, nz), masks, numbers, weight) -> as `names`, then
        the fakes.
        """
        generator, discriminator = self.players()
        optimizer_g, optimizer_d = self.optimizers.values()
        loss = self.game.loss
        loss_of_real, loss_of_fakes, loss_of_generator = loss.real, loss.fake, loss.generator
        share, logits = loss.share, loss.logits
        augmented, penalised = (
            diffaugment.augmentation(self.game.augmentations),
            r1.judged(discriminator),
        )

        def generator_loss(latent, mask, numbers):
            fakes = generator(latent)
            return loss_of_generator(passed(discriminator, augmented(fakes, numbers), mask)), fakes

        def discriminator_loss(real, fakes, mask_real, mask_fakes, weight):
            if weight is None:
                on_real, penalty = passed(discriminator, real, mask_real), 0.0
            else:
                on_real, penalty = penalised(real, mask_real)
                penalty = weight * penalty
            on_fakes = passed(discriminator, fakes, mask_fakes)
            loss_real, loss_fake = loss_of_real(on_real), loss_of_fakes(on_fakes)
            loss_d = share * (loss_real + loss_fake)
            return loss_d + penalty, loss_d, loss_real, loss_fake, on_real, on_fakes

        grad_g = self.gradient(generator_loss, optimizer_g, has_aux=True)
        grad_d = self.gradient(discriminator_loss, optimizer_d, has_aux=True)

        @ms.jit
        def train_step(real, latent, masks=None, numbers=None, weight=None):
            mask_g, mask_real, mask_fakes = each(masks, 3)  # MindSpore 2.0 knows no starred names
            numbers_g, numbers_real, numbers_fakes = each(numbers, 3)
            (loss_g, fakes), gradients = grad_g(latent, mask_g, numbers_g)
            optimizer_g(gradients)
            # The fakes come from before the generator's update, as in the tutorial.
            (_, loss_d, loss_real, loss_fake, on_real, on_fakes), gradients = grad_d(
                augmented(real, numbers_real),
                augmented(ops.stop_gradient(fakes), numbers_fakes),
                mask_real,
                mask_fakes,
                weight,
            )
            optimizer_d(gradients)
            if logits:
                on_real, on_fakes = ops.sigmoid(on_real), ops.sigmoid(on_fakes)
            return loss_g, loss_d, loss_real, loss_fake, on_real.mean(), on_fakes.mean(), fakes

        return train_step
