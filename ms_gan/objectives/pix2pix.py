"""Pix2pix's objective: look real beside the source, and be near the target (Isola et al. 2017,
arXiv:1611.07004).
"""

import mindspore as ms
from mindspore import ops

from ms_gan.objectives.base import TwoPlayers, masks
from ms_gan.objectives.losses import absolute_error, gan_discriminator, gan_generator


class Pix2Pix(TwoPlayers):
    """A translator with dropout for its only noise against a discriminator of pairs, each with its
    own Adam.

    The discriminator is updated first, on the mean of its halves, then the generator on its cross
    entropy plus l1 times the mean absolute error. The fakes of both updates are the same. lr_g,
    lr_d: numbers or schedules. Reported: the loss of either, and the generator's two parts.
    """

    names = ("loss_g", "loss_d", "loss_gan", "l1")
    panels = (
        ("Adversarial losses", {"loss_gan": "generator", "loss_d": "discriminator"}),
        ("Distance to the target", {"l1": "mean absolute error"}),
    )

    def __init__(self, generator, discriminator, l1, lr_g, lr_d, beta1):
        super().__init__(generator, discriminator, lr_g, lr_d, beta1)
        self.train_step = _compile(generator, discriminator, *self.optimizers.values(), l1)

    def noise(self, rng, count):
        """The random inputs of one step: the generator's dropout mask."""
        return masks(rng, self.networks["generator"], count)


def _compile(generator, discriminator, optimizer_g, optimizer_d, weight):
    """The training step: (sources, targets (N, 3, S, S), no or one mask) -> as `names`."""

    def discriminator_loss(source, target, fakes):
        return gan_discriminator(discriminator(source, target), discriminator(source, fakes))

    def generator_loss(source, target, mask):
        fakes = generator(source, *mask)
        adversarial, distance = (
            gan_generator(discriminator(source, fakes)),
            absolute_error(fakes, target),
        )
        return adversarial + weight * distance, adversarial, distance

    generator_gradients = ops.value_and_grad(
        generator_loss, None, optimizer_g.parameters, has_aux=True
    )
    discriminator_gradients = ops.value_and_grad(discriminator_loss, None, optimizer_d.parameters)

    @ms.jit
    def train_step(source, target, *mask):
        # The generator goes over its sources twice, since its gradient needs the updated
        # discriminator. So its running statistics move twice a step; translating uses the batch's
        # own, as in the paper.
        fakes = ops.stop_gradient(generator(source, *mask))
        loss_d, gradients = discriminator_gradients(source, target, fakes)
        optimizer_d(gradients)
        (loss_g, adversarial, distance), gradients = generator_gradients(source, target, mask)
        optimizer_g(gradients)
        return loss_g, loss_d, adversarial, distance

    return train_step
