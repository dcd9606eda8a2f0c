"""pix2pix: a U-Net from picture to picture against a discriminator that judges patches of the pair."""

from math import log2

import torch
from common import Optimizer, cross_entropy
from torch import nn


class UNet(nn.Module):
    """(N, 3, S, S) to (N, 3, S, S), down to 1x1 and up again. Its dropout is left out.

    Declared level by level: down from the outermost, then up from the innermost.
    """

    def __init__(self, image_size, ngf):
        super().__init__()
        levels = int(log2(image_size))
        widths = [ngf * min(2**level, 8) for level in range(levels)]
        self.down = nn.ModuleList([nn.Conv2d(3, widths[0], 4, 2, 1)])
        for narrow, wide in zip(widths[:-2], widths[1:-1]):
            self.down.append(
                nn.Sequential(
                    nn.LeakyReLU(0.2),
                    nn.Conv2d(narrow, wide, 4, 2, 1, bias=False),
                    nn.BatchNorm2d(wide),
                )
            )
        self.down.append(
            nn.Sequential(nn.LeakyReLU(0.2), nn.Conv2d(widths[-2], widths[-1], 4, 2, 1))
        )
        self.up = nn.ModuleList()
        for level in reversed(range(levels)):
            # All but the innermost get a skip beside what comes from below.
            inputs = widths[level] * (1 if level == levels - 1 else 2)
            if level:
                self.up.append(
                    nn.Sequential(
                        nn.ReLU(),
                        nn.ConvTranspose2d(inputs, widths[level - 1], 4, 2, 1, bias=False),
                        nn.BatchNorm2d(widths[level - 1]),
                    )
                )
            else:
                self.up.append(
                    nn.Sequential(nn.ReLU(), nn.ConvTranspose2d(inputs, 3, 4, 2, 1), nn.Tanh())
                )

    def forward(self, images):
        skips = []
        for down in self.down:
            images = down(images)
            skips.append(images)
        images = self.up[0](skips.pop())
        for up in self.up[1:]:
            images = up(torch.cat([skips.pop(), images], 1))
        return images


class Pix2Pix:
    """D first, then G on the same fakes against the updated one. Recipe: ngf = ndf = 64."""

    def __init__(self, adam, image_size, ngf, ndf):
        self.generator = UNet(image_size, ngf)
        self.discriminator = nn.Sequential(
            nn.Conv2d(6, ndf, 4, 2, 1), nn.LeakyReLU(0.2),
            nn.Conv2d(ndf, 2 * ndf, 4, 2, 1, bias=False), nn.BatchNorm2d(2 * ndf), nn.LeakyReLU(0.2),
            nn.Conv2d(2 * ndf, 4 * ndf, 4, 2, 1, bias=False), nn.BatchNorm2d(4 * ndf), nn.LeakyReLU(0.2),
            nn.Conv2d(4 * ndf, 8 * ndf, 4, 1, 1, bias=False), nn.BatchNorm2d(8 * ndf), nn.LeakyReLU(0.2),
            nn.Conv2d(8 * ndf, 1, 4, 1, 1),
        )  # fmt: skip
        self.networks = [self.generator, self.discriminator]
        self.optimizer_d = Optimizer(adam, [self.discriminator], 0.0002, (0.5, 0.999))
        self.optimizer_g = Optimizer(adam, [self.generator], 0.0002, (0.5, 0.999))
        self.optimizers = [self.optimizer_g, self.optimizer_d]

    def step(self, inputs, targets):
        """Pairs of (N, 3, S, S) images; "l1" is the mean distance before its factor of 100."""
        fakes = self.generator(inputs)
        loss_d = (
            cross_entropy(self.judge(inputs, targets), 1)
            + cross_entropy(self.judge(inputs, fakes.detach()), 0)
        ) / 2
        self.optimizer_d.update(loss_d)
        l1 = (fakes - targets).abs().mean()
        loss_g = cross_entropy(self.judge(inputs, fakes), 1) + 100 * l1
        self.optimizer_g.update(loss_g)
        return {"loss_d": loss_d, "loss_g": loss_g, "l1": l1}

    def judge(self, inputs, images):
        return self.discriminator(torch.cat([inputs, images], 1))
