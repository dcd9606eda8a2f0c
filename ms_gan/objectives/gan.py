"""The original GAN game as MindSpore's DCGAN tutorial plays it: the generator first, then the
discriminator.

Goodfellow et al. 2014, arXiv:1406.2661 (the non-saturating generator loss), in the order and with
the means of https://www.mindspore.cn/tutorials/en/master/generative/dcgan.html
"""

import mindspore as ms
from mindspore import ops

from ms_gan import latents
from ms_gan.inference import unmoved
from ms_gan.objectives.base import TwoPlayers, masks
from ms_gan.objectives.losses import binary_cross_entropy, gan_generator


class GAN(TwoPlayers):
    """A generator that takes (N, nz) noise against a discriminator that gives (N,) logits, each
    with its own Adam.

    Reported beside the losses, loss_d being the mean of its two halves loss_d_real and loss_d_fake:
    d_x, the discriminator's mean verdict on the real images; d_g_z1, on the fakes, as the step met
    them; d_g_z2, on the same fakes after both updates. Verdicts are probabilities of being real.
    """

    names = ("loss_g", "loss_d", "loss_d_real", "loss_d_fake", "d_x", "d_g_z1")

    def __init__(self, generator, discriminator, nz, lr, beta1):
        super().__init__(generator, discriminator, lr, lr, beta1)
        self.nz = nz
        self.train_step = _compile(generator, discriminator, *self.optimizers.values())

    def noise(self, rng, count):
        """The random inputs of one step: a float32 (count, nz) array, and the masks where something
        is dropped.
        """
        return latents.normal(rng, count, self.nz), *masks(
            rng, self.networks["discriminator"], count, passes=3
        )

    def report(self, outputs):
        """All numbers of a step, fetched from the device."""
        return {**super().report(outputs), "d_g_z2": float(self._verdict(outputs[-1]))}

    def _verdict(self, images):
        """The discriminator's mean verdict on a batch, in training mode, but leaving its running
        statistics alone.
        """
        discriminator = self.networks["discriminator"]
        with unmoved(discriminator):
            return ops.sigmoid(discriminator(images)).mean()


def _compile(generator, discriminator, optimizer_g, optimizer_d):
    """The training step: (real (N, C, H, W), latent (N, nz), no or three masks) -> as `names`, then
    the fakes.
    """

    def generator_loss(latent, mask):
        fakes = generator(latent)
        return gan_generator(discriminator(fakes, *mask)), fakes

    def discriminator_loss(real, fakes, masks):
        real_logits, fake_logits = discriminator(real, *masks[:1]), discriminator(fakes, *masks[1:])
        loss_real, loss_fake = (
            binary_cross_entropy(real_logits, 1.0),
            binary_cross_entropy(fake_logits, 0.0),
        )
        return (loss_real + loss_fake) / 2, loss_real, loss_fake, real_logits, fake_logits

    generator_gradients = ops.value_and_grad(
        generator_loss, None, optimizer_g.parameters, has_aux=True
    )
    discriminator_gradients = ops.value_and_grad(
        discriminator_loss, None, optimizer_d.parameters, has_aux=True
    )

    @ms.jit
    def train_step(real, latent, *masks):
        (loss_g, fakes), gradients = generator_gradients(latent, masks[:1])
        optimizer_g(gradients)
        # The fakes come from before the generator's update, as in the tutorial.
        (loss_d, loss_real, loss_fake, real_logits, fake_logits), gradients = (
            discriminator_gradients(real, ops.stop_gradient(fakes), masks[1:])
        )
        optimizer_d(gradients)
        return (
            loss_g,
            loss_d,
            loss_real,
            loss_fake,
            ops.sigmoid(real_logits).mean(),
            ops.sigmoid(fake_logits).mean(),
            fakes,
        )

    return train_step
