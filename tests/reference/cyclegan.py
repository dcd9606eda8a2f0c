"""cyclegan: two generators, there and back, and a discriminator of patches for each side."""

from common import Optimizer
from torch import nn


class Residual(nn.Module):
    """Two 3x3 convolutions around which the input goes straight on."""

    def __init__(self, width):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(),
            nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width),
        )  # fmt: skip

    def forward(self, images):
        return images + self.net(images)


def translator(ngf, blocks):
    """(N, 3, S, S) to (N, 3, S, S) in (-1, 1)."""
    return nn.Sequential(
        nn.Conv2d(3, ngf, 4, 2, 1, bias=False), nn.BatchNorm2d(ngf), nn.ReLU(),
        nn.Conv2d(ngf, 2 * ngf, 4, 2, 1, bias=False), nn.BatchNorm2d(2 * ngf), nn.ReLU(),
        nn.Conv2d(2 * ngf, 4 * ngf, 4, 2, 1, bias=False), nn.BatchNorm2d(4 * ngf), nn.ReLU(),
        *(Residual(4 * ngf) for _ in range(blocks)),
        nn.ConvTranspose2d(4 * ngf, 2 * ngf, 4, 2, 1, bias=False), nn.BatchNorm2d(2 * ngf), nn.ReLU(),
        nn.ConvTranspose2d(2 * ngf, ngf, 4, 2, 1, bias=False), nn.BatchNorm2d(ngf), nn.ReLU(),
        nn.ConvTranspose2d(ngf, 3, 4, 2, 1, bias=False), nn.Tanh(),
    )  # fmt: skip


def critic(ndf):
    """(N, 3, S, S) to scores of patches."""
    return nn.Sequential(
        nn.Conv2d(3, ndf, 4, 2, 1, bias=False), nn.ReLU(),
        nn.Conv2d(ndf, 2 * ndf, 4, 2, 1, bias=False), nn.BatchNorm2d(2 * ndf), nn.ReLU(),
        nn.Conv2d(2 * ndf, 4 * ndf, 4, 2, 1, bias=False), nn.BatchNorm2d(4 * ndf), nn.ReLU(),
        nn.Conv2d(4 * ndf, 8 * ndf, 4, 2, 1, bias=False), nn.BatchNorm2d(8 * ndf), nn.ReLU(),
        nn.Conv2d(8 * ndf, 1, 4, 1, 1, bias=False),
    )  # fmt: skip


def squares(scores, target):
    return ((scores - target) ** 2).mean()


def distance(images, others):
    return (images - others).abs().mean()


class CycleGan:
    """D_X, D_Y, then both generators with one optimizer.

    The recipe has ngf = ndf = 64 and 6 blocks.
    """

    def __init__(self, adam, ngf, ndf, blocks):
        self.x_to_y, self.y_to_x = translator(ngf, blocks), translator(ngf, blocks)
        self.d_x, self.d_y = critic(ndf), critic(ndf)
        self.networks = [self.x_to_y, self.y_to_x, self.d_x, self.d_y]
        self.optimizer_x = Optimizer(adam, [self.d_x], 0.0002, (0.5, 0.999))
        self.optimizer_y = Optimizer(adam, [self.d_y], 0.0002, (0.5, 0.999))
        self.optimizer_g = Optimizer(adam, [self.x_to_y, self.y_to_x], 0.0002, (0.5, 0.999))
        self.optimizers = [self.optimizer_g, self.optimizer_x, self.optimizer_y]

    def step(self, x, y):
        """Images (N, 3, S, S) of each side; "cycle" is the sum of both mean distances before its
        factor of 10.
        """
        fake_x, fake_y = self.y_to_x(y), self.x_to_y(x)
        loss_d_x = squares(self.d_x(x), 1) + squares(self.d_x(fake_x.detach()), 0)
        self.optimizer_x.update(loss_d_x)
        loss_d_y = squares(self.d_y(y), 1) + squares(self.d_y(fake_y.detach()), 0)
        self.optimizer_y.update(loss_d_y)
        cycle = distance(x, self.y_to_x(fake_y)) + distance(y, self.x_to_y(fake_x))
        losses = {"loss_d_x": loss_d_x, "loss_d_y": loss_d_y, "cycle": cycle, **self.extra(x, y)}
        losses["loss_g"] = (
            squares(self.d_x(fake_x), 1)
            + squares(self.d_y(fake_y), 1)
            + 10 * cycle
            + 0.5 * 10 * losses.get("identity", 0)
        )
        self.optimizer_g.update(losses["loss_g"])
        return losses

    def extra(self, x, y):
        """Further terms of the generators' loss."""
        return {}


class Identity(CycleGan):
    """Each generator also leaves alone what is already on its side; "identity" is before its factor
    of 5.
    """

    def extra(self, x, y):
        return {"identity": distance(self.y_to_x(x), x) + distance(self.x_to_y(y), y)}
