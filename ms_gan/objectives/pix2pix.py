"""Pix2pix's objective: look real beside the source, and be near the target.

Isola, Zhu, Zhou & Efros 2017, arXiv:1611.07004.
"""

from __future__ import annotations

import mindspore as ms
import numpy as np
from mindspore import nn, ops

from ms_gan.objectives.base import Noise, Step, TwoPlayers, dropout_masks, passed
from ms_gan.objectives.losses import absolute_error, gan_discriminator, gan_generator
from ms_gan.objectives.optimizers import Rates


class Pix2Pix(TwoPlayers):
    """The discriminator's update, on the mean of its halves, then the generator's, on its cross
    entropy plus a share of the mean absolute error. The fakes of both are the same.

    Reported beside the losses: the two parts of the generator's, loss_gan and, before its weight,
    l1.

    Args:
        generator: makes of sources (N, 3, S, S) images of that shape; dropout is its only noise.
        discriminator: gives logits, of any shape, of sources and images.
        l1: the weight of the mean absolute error.
        rates: of the two Adams.
    """

    names = ("loss_g", "loss_d", "loss_gan", "l1")
    panels = (
        ("Adversarial losses", {"loss_gan": "generator", "loss_d": "discriminator"}),
        ("Distance to the target", {"l1": "mean absolute error"}),
    )

    def __init__(self, generator: nn.Cell, discriminator: nn.Cell, l1: float, rates: Rates) -> None:
        super().__init__(generator, discriminator, rates)
        self.l1 = l1

    def noise(self, rng: np.random.Generator, count: int) -> Noise:
        """The generator's mask (count, ...)."""
        return (dropout_masks(rng, self.networks["generator"], count),)

    def compile(self) -> Step:
        """The step (sources, targets (N, 3, S, S), mask) -> as `names`."""
        generator, discriminator = self.players()
        optimizer_g, optimizer_d = self.optimizers.values()
        make, weight = self.maker(generator), self.l1

        def discriminator_loss(source, target, fakes):
            return gan_discriminator(discriminator(source, target), discriminator(source, fakes))

        def generator_loss(source, target, mask):
            fakes = passed(generator, source, mask)
            adversarial = gan_generator(discriminator(source, fakes))
            distance = absolute_error(fakes, target)
            return adversarial + weight * distance, adversarial, distance

        grad_g = self.gradient(generator_loss, optimizer_g, has_aux=True)
        grad_d = self.gradient(discriminator_loss, optimizer_d)

        @ms.jit
        def train_step(source, target, mask=None):
            # The generator goes over its sources twice, since its gradient needs the updated
            # discriminator. So its running statistics move twice a step; translating uses the
            # batch's own, as in the paper.
            fakes = ops.stop_gradient(passed(make, source, mask))
            loss_d, gradients = grad_d(source, target, fakes)
            optimizer_d(gradients)
            (loss_g, adversarial, distance), gradients = grad_g(source, target, mask)
            optimizer_g(gradients)
            return loss_g, loss_d, adversarial, distance

        return train_step
