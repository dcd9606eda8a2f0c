"""The DCGAN of ms_gan/networks/dcgan.py, trained as ms_gan/objectives/gan.py does it, in plain
eager PyTorch.

Run by benchmarks/steps.py's users, in an interpreter that has torch: torch_dcgan.py WAY BATCH
IMAGE_SIZE NGF NDF STEPS. WAY is "usual" for the loop as it is mostly written, "lean" for one that
computes no gradient that it doesn't use. Prints {"seconds": [of every step], "before": the
megabytes right before the first step, "peak": the most megabytes}.
"""

import json
import resource
import sys
import time
from math import log2

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

NZ = 100


def generator(ngf, image_size):
    """(N, NZ, 1, 1) latent vectors to (N, 3, image_size, image_size) images."""
    widths = _widths(ngf, image_size)[::-1]
    cells = [nn.ConvTranspose2d(NZ, widths[0], 4, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU()]
    for wide, narrow in zip(widths, widths[1:]):
        cells += [
            nn.ConvTranspose2d(wide, narrow, 4, 2, 1, bias=False),
            nn.BatchNorm2d(narrow),
            nn.ReLU(),
        ]
    return _initialised(
        nn.Sequential(*cells, nn.ConvTranspose2d(widths[-1], 3, 4, 2, 1, bias=False), nn.Tanh())
    )


def discriminator(ndf, image_size):
    """(N, 3, image_size, image_size) images to (N, 1, 1, 1) logits."""
    widths = _widths(ndf, image_size)
    cells = [nn.Conv2d(3, widths[0], 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
    for narrow, wide in zip(widths, widths[1:]):
        cells += [
            nn.Conv2d(narrow, wide, 4, 2, 1, bias=False),
            nn.BatchNorm2d(wide),
            nn.LeakyReLU(0.2),
        ]
    return _initialised(nn.Sequential(*cells, nn.Conv2d(widths[-1], 1, 4, bias=False)))


class Game:
    """Both networks and their optimizers; `step` updates the generator, then the discriminator."""

    def __init__(self, ngf, ndf, image_size, lean):
        self.lean = lean
        self.generator, self.discriminator = (
            generator(ngf, image_size),
            discriminator(ndf, image_size),
        )
        self.optimizer_g = torch.optim.Adam(self.generator.parameters(), 0.0002, (0.5, 0.999))
        self.optimizer_d = torch.optim.Adam(self.discriminator.parameters(), 0.0002, (0.5, 0.999))

    def step(self, real, latent):
        """One update of each for (N, 3, H, W) images and (N, NZ) noise: loss_g, loss_d."""
        fakes = self.generator(latent.reshape(latent.shape + (1, 1)))
        # The usual loop makes the discriminator's gradients here, too, and throws them away.
        self.discriminator.requires_grad_(not self.lean)
        loss_g = _cross_entropy(self.discriminator(fakes), 1)
        self.optimizer_g.zero_grad()
        loss_g.backward()
        self.optimizer_g.step()
        self.discriminator.requires_grad_(True)
        real_logits, fake_logits = self.discriminator(real), self.discriminator(fakes.detach())
        loss_d = (_cross_entropy(real_logits, 1) + _cross_entropy(fake_logits, 0)) / 2
        self.optimizer_d.zero_grad()
        loss_d.backward()
        self.optimizer_d.step()
        return loss_g.item(), loss_d.item()


def main(way, *numbers):
    """Make the steps and print what they took."""
    batch_size, image_size, ngf, ndf, steps = map(int, numbers)
    torch.manual_seed(0)
    game = Game(ngf, ndf, image_size, lean=way == "lean")
    real = torch.rand(batch_size, 3, image_size, image_size) * 2 - 1
    before, seconds = _megabytes(), []
    for _ in range(steps):
        began = time.perf_counter()
        game.step(real, torch.randn(batch_size, NZ))
        seconds.append(time.perf_counter() - began)
    print(json.dumps({"seconds": seconds, "before": before, "peak": _megabytes()}))


def _widths(base, image_size):
    """The channels at sides image_size / 2, ..., 8, 4."""
    return [base * 2**level for level in range(int(log2(image_size)) - 2)]


def _initialised(network):
    """The network with the weights that DCGAN starts from."""
    for cell in network:
        if isinstance(cell, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(cell.weight, 0, 0.02)
        elif isinstance(cell, nn.BatchNorm2d):
            nn.init.normal_(cell.weight, 1, 0.02)
    return network


def _cross_entropy(logits, target):
    return binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))


def _megabytes():
    """The most memory that this process has held so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


if __name__ == "__main__":
    main(*sys.argv[1:])
