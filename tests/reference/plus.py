"""faces-plus and further options of faces: spectral normalisation (by torch.nn.utils.spectral_norm),
the hinge loss, R1, and augmentation of all that the discriminator sees.
"""

import dcgan
import torch
from common import Optimizer, cross_entropy
from torch import nn
from torch.nn import functional
from torch.nn.utils import spectral_norm

EVERY = 16  # steps, of which the first has R1


class Plus:
    """A discriminator without batch normalization, and the hinge loss.

    The recipe's image_size is 64, its ngf and ndf are 32.
    """

    gamma = 0.0
    rates = 0.0002, 0.0008
    betas = 0.0, 0.99

    def __init__(self, adam, image_size, nz, ngf, ndf):
        self.generator = dcgan.generator(image_size, nz, ngf)
        self.discriminator = self.make_discriminator(image_size, ndf)
        self.networks = [self.generator, self.discriminator]
        self.optimizer_g = Optimizer(adam, [self.generator], self.rates[0], self.betas)
        self.optimizer_d = Optimizer(adam, [self.discriminator], self.rates[1], self.betas)
        self.optimizers = [self.optimizer_g, self.optimizer_d]
        self.steps = 0

    def make_discriminator(self, image_size, ndf):
        wider = dcgan.stages(image_size)
        layers = nn.Sequential(normalised(nn.Conv2d(3, ndf, 4, 2, 1)), nn.LeakyReLU(0.2))
        for times in wider[:-1]:
            layers.extend(
                [normalised(nn.Conv2d(times * ndf, 2 * times * ndf, 4, 2, 1)), nn.LeakyReLU(0.2)]
            )
        return layers.extend([normalised(nn.Conv2d(wider[-1] * ndf, 1, 4)), nn.Flatten()])

    def augmented(self, images, numbers):
        return images

    def generator_loss(self, verdicts):
        return -verdicts.mean()

    def halves(self, on_real, on_fakes):
        """The discriminator's loss of real images and of fakes, and of both."""
        loss_real = functional.relu(1 - on_real).mean()
        loss_fake = functional.relu(1 + on_fakes).mean()
        return loss_real, loss_fake, loss_real + loss_fake

    def step(self, real, noise, numbers=(None, None, None)):
        """(N, 3, S, S) images, (N, nz) noise, and what augments the fakes for the generator, the
        real images and the fakes, (3, N, 7). loss_d is without the penalty.
        """
        fakes = self.generator(noise)
        loss_g = self.generator_loss(self.discriminator(self.augmented(fakes, numbers[0])))
        self.optimizer_g.update(loss_g)
        real = self.augmented(real, numbers[1]).requires_grad_()
        on_real = self.discriminator(real)
        on_fakes = self.discriminator(self.augmented(fakes.detach(), numbers[2]))
        loss_real, loss_fake, loss_d = self.halves(on_real, on_fakes)
        penalty = 0.0
        if self.gamma and self.steps % EVERY == 0:
            (slopes,) = torch.autograd.grad(on_real.sum(), real, create_graph=True)
            penalty = self.gamma / 2 * slopes.flatten(1).norm(dim=1).square().mean()
        self.optimizer_d.update(loss_d + EVERY * penalty)
        self.steps += 1
        return {
            "loss_g": loss_g,
            "loss_d": loss_d,
            "loss_d_real": loss_real,
            "loss_d_fake": loss_fake,
        }


class PlusAugmented(Plus):
    """The same with R1 and DiffAugment of every kind."""

    gamma = 2.0

    def augmented(self, images, numbers):
        return torch.stack([augment(image, row) for image, row in zip(images, numbers.tolist())])


class FacesR1(Plus):
    """faces with R1: batch normalization, the original loss, and the tutorial's Adams."""

    gamma = 10.0
    rates = 0.0002, 0.0002
    betas = 0.5, 0.999

    def make_discriminator(self, image_size, ndf):
        return dcgan.discriminator(image_size, ndf)

    def generator_loss(self, verdicts):
        return cross_entropy(verdicts, 1)

    def halves(self, on_real, on_fakes):
        loss_real, loss_fake = cross_entropy(on_real, 1), cross_entropy(on_fakes, 0)
        return loss_real, loss_fake, (loss_real + loss_fake) / 2


def normalised(layer):
    """Spectral normalisation, which would put the weight behind the bias."""
    spectral_norm(layer)
    layer._parameters["bias"] = layer._parameters.pop("bias")
    return layer


def augment(image, numbers):
    """One image (3, side, side) by seven numbers in [0, 1): its brightness, saturation and contrast
    change, it moves by an eighth at most, and a square of half its side is blanked.
    """
    brightness, saturation, contrast, down, right, y, x = numbers
    side = image.shape[-1]
    image = image + brightness - 0.5
    grey = image.mean(0)
    image = grey + 2 * saturation * (image - grey)
    image = image.mean() + (0.5 + contrast) * (image - image.mean())

    most = side // 8
    top, left = int(down * (2 * most + 1)), int(right * (2 * most + 1))
    image = functional.pad(image, (most, most, most, most))
    image = image[:, top : top + side, left : left + side]

    half = side // 4
    middle_y, middle_x = int(y * (side + 1)), int(x * (side + 1))
    kept = torch.ones(side, side)
    kept[max(middle_y - half, 0) : middle_y + half, max(middle_x - half, 0) : middle_x + half] = 0
    return image * kept
