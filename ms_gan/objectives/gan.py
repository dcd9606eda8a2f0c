"""The original GAN game as MindSpore's DCGAN tutorial plays it: the generator first, then the discriminator.

Goodfellow et al. 2014, arXiv:1406.2661 (the non-saturating generator loss), in the order and with the means of
https://www.mindspore.cn/tutorials/en/master/generative/dcgan.html
"""

import mindspore as ms
from mindspore import ops

from ms_gan import latents
from ms_gan.objectives.base import Objective, adam
from ms_gan.objectives.losses import binary_cross_entropy
from ms_gan.parameters import assign, snapshot


class GAN(Objective):
    """A generator that takes (N, nz) noise against a discriminator that gives (N,) logits, each with its own Adam."""

    def __init__(self, generator, discriminator, nz, lr, beta1):
        super().__init__(
            networks={"generator": generator, "discriminator": discriminator},
            optimizers={"generator": adam(generator, "generator", lr, beta1),
                        "discriminator": adam(discriminator, "discriminator", lr, beta1)})
        self.nz = nz
        self.train_step = _compile(generator, discriminator, *self.optimizers.values())

    def noise(self, rng, count):
        """The random inputs of one step: one float32 (count, nz) array."""
        return (latents.normal(rng, count, self.nz),)

    def losses(self, outputs):
        """The two losses of a step, fetched from the device."""
        return {"loss_g": float(outputs[0]), "loss_d": float(outputs[1])}

    def report(self, outputs):
        """All numbers of a step, fetched from the device: the losses and the discriminator's mean verdicts.

        d_x: on the real images; d_g_z1: on the fakes, as the step met them; d_g_z2: on the same fakes after both
        updates. All are probabilities of being real.
        """
        loss_g, loss_d, d_x, d_g_z1, fakes = outputs
        return {"loss_g": float(loss_g), "loss_d": float(loss_d), "d_x": float(d_x), "d_g_z1": float(d_g_z1),
                "d_g_z2": float(self._verdict(fakes))}

    def _verdict(self, images):
        """The discriminator's mean verdict on a batch, in training mode, but leaving its running statistics alone."""
        discriminator = self.networks["discriminator"]
        statistics = {key: p for key, p in discriminator.parameters_and_names() if not p.requires_grad}
        before = snapshot(statistics)
        verdict = ops.sigmoid(discriminator(images)).mean()
        assign(statistics, before)
        return verdict


def _compile(generator, discriminator, optimizer_g, optimizer_d):
    """The training step: (real (N, C, H, W), latent (N, nz)) -> loss_g, loss_d, d_x, d_g_z1, fakes."""

    def generator_loss(latent):
        fakes = generator(latent)
        logits = discriminator(fakes)
        return binary_cross_entropy(logits, 1.0), fakes

    def discriminator_loss(real, fakes):
        real_logits, fake_logits = discriminator(real), discriminator(fakes)
        loss = (binary_cross_entropy(real_logits, 1.0) + binary_cross_entropy(fake_logits, 0.0)) / 2
        return loss, real_logits, fake_logits

    generator_gradients = ops.value_and_grad(generator_loss, None, optimizer_g.parameters, has_aux=True)
    discriminator_gradients = ops.value_and_grad(discriminator_loss, None, optimizer_d.parameters, has_aux=True)

    @ms.jit
    def train_step(real, latent):
        (loss_g, fakes), gradients = generator_gradients(latent)
        optimizer_g(gradients)
        # The fakes come from before the generator's update, as in the tutorial.
        (loss_d, real_logits, fake_logits), gradients = discriminator_gradients(real, ops.stop_gradient(fakes))
        optimizer_d(gradients)
        return loss_g, loss_d, ops.sigmoid(real_logits).mean(), ops.sigmoid(fake_logits).mean(), fakes

    return train_step
