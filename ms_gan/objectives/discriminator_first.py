"""The original GAN game with the discriminator first: it learns from fakes, then the generator from
the wiser one.
"""

import mindspore as ms
from mindspore import ops

from ms_gan.objectives.base import TwoPlayers, masks
from ms_gan.objectives.losses import gan_generator


class DiscriminatorFirst(TwoPlayers):
    """A generator that takes (N, nz) noise against a discriminator that gives (N,) logits, each
    with its own Adam.

    draw: what draws latents (see `ms_gan.latents`); discriminator_loss: of real and fake logits
    (see `losses`); fresh: whether the generator learns on new latents, else on those that the
    discriminator has seen the fakes of; lr_g, lr_d, beta1: the rates of both Adams. d_x and d_g_z1:
    see `gan.GAN`.
    """

    names = ("loss_g", "loss_d", "d_x", "d_g_z1")

    def __init__(
        self, generator, discriminator, draw, nz, discriminator_loss, fresh, lr_g, lr_d, beta1
    ):
        super().__init__(generator, discriminator, lr_g, lr_d, beta1)
        self.draw, self.nz, self.fresh = draw, nz, fresh
        self.train_step = _compile(
            generator, discriminator, *self.optimizers.values(), discriminator_loss
        )

    def noise(self, rng, count):
        """The random inputs of one step.

        Latents float32 (count, nz) for the discriminator's update and the generator's, then the
        masks, where something is dropped: of both generator passes, then of the passes of the real
        images, the fakes, and the fakes anew.
        """
        first = self.draw(rng, count, self.nz)
        second = self.draw(rng, count, self.nz) if self.fresh else first
        return (
            first,
            second,
            *masks(rng, self.networks["generator"], count, passes=2),
            *masks(rng, self.networks["discriminator"], count, passes=3),
        )


def _compile(generator, discriminator, optimizer_g, optimizer_d, loss_of):
    """The training step: (real, two latents (N, nz), no or five masks) -> as `names`."""

    def discriminator_loss(real, fakes, masks):
        real_logits, fake_logits = discriminator(real, *masks[:1]), discriminator(fakes, *masks[1:])
        return loss_of(real_logits, fake_logits), real_logits, fake_logits

    def generator_loss(latent, mask_g, mask_d):
        return gan_generator(discriminator(generator(latent, *mask_g), *mask_d))

    generator_gradients = ops.value_and_grad(generator_loss, None, optimizer_g.parameters)
    discriminator_gradients = ops.value_and_grad(
        discriminator_loss, None, optimizer_d.parameters, has_aux=True
    )

    @ms.jit
    def train_step(real, first, second, *masks):
        fakes = ops.stop_gradient(generator(first, *masks[:1]))
        (loss_d, real_logits, fake_logits), gradients = discriminator_gradients(
            real, fakes, masks[2:4]
        )
        optimizer_d(gradients)
        loss_g, gradients = generator_gradients(second, masks[1:2], masks[4:])
        optimizer_g(gradients)
        return loss_g, loss_d, ops.sigmoid(real_logits).mean(), ops.sigmoid(fake_logits).mean()

    return train_step
