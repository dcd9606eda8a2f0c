"""CycleGAN's objective: two generators whose images look real and that undo one another.

Zhu, Park, Isola & Efros 2017, arXiv:1703.10593.
"""

from __future__ import annotations

from dataclasses import dataclass

import mindspore as ms
import numpy as np
from mindspore import nn, ops

from ms_gan.objectives.base import Noise, Objective, Step, named
from ms_gan.objectives.image_pool import ImagePool, draws
from ms_gan.objectives.losses import absolute_error, least_squares
from ms_gan.objectives.optimizers import Rates, adam


@dataclass(frozen=True)
class Weights:
    """The weights of the generators' mean absolute errors, beside the adversarial losses."""

    cycle: float  # of going there and back
    identity: float = 0.0  # of translating what is on the other side already, 0: left out


class CycleGAN(Objective):
    """G_XY and G_YX with one Adam, and D_X and D_Y with one each.

    The discriminators are updated first (D_X, then D_Y), each on the sum of its least-squares
    halves, then the generators together. Reported beside loss_g, the generators' loss in all, and
    loss_d, of both discriminators together: that of either, and the cycle's error.

    Args:
        generators: G_XY and G_YX, which make of images (N, C, H, W) images of that shape.
        discriminators: D_X and D_Y, which give scores of any shape, near 1 for real.
        weights: of the generators' errors.
        pool: (size, C, H, W), the shape of either discriminator's pool of earlier fakes, from which
          it also learns. Size 0: it learns from the step's own.
        rates: of the generators' Adam and of the discriminators'.
    """

    generators = ("generator", "generator_back")
    names = ("loss_g", "loss_d", "loss_d_x", "loss_d_y", "cycle")
    panels = (
        ("Losses in training", {"loss_g": "G_XY and G_YX", "loss_d_x": "D_X", "loss_d_y": "D_Y"}),
        ("Cycle", {"cycle": "mean absolute error there and back"}),
    )

    def __init__(
        self,
        generators: tuple[nn.Cell, nn.Cell],
        discriminators: tuple[nn.Cell, nn.Cell],
        weights: Weights,
        pool: tuple[int, int, int, int],
        rates: Rates,
    ) -> None:
        (g_xy, g_yx), (d_x, d_y) = generators, discriminators
        judges = {"discriminator_x": d_x, "discriminator_y": d_y}
        networks = named(generator=g_xy, generator_back=g_yx, **judges)
        optimizers = {"generators": adam("generators", generators, rates.generator, rates)}
        for name, judge in judges.items():
            optimizers[name] = adam(name, [judge], rates.discriminator, rates)
        super().__init__(networks, optimizers)
        self.weights = weights
        self.pools = [ImagePool(f"pool_{side}", pool) for side in "xy"] if pool[0] else []
        for one in self.pools:
            self.state.update(one.state)

    def noise(self, rng: np.random.Generator, count: int) -> Noise:
        """What the pools of X and of Y draw (count, 2), where there are pools."""
        return (draws(rng, count), draws(rng, count)) if self.pools else ()

    def compile(self) -> Step:
        """The step (x, y (N, C, H, W), draws of the pools) -> as `names`."""
        g_xy, g_yx, d_x, d_y = self.players()
        optimizer_g, optimizer_x, optimizer_y = self.optimizers.values()
        make_x, make_y = self.maker(g_yx), self.maker(g_xy)
        cycle, identity = self.weights.cycle, self.weights.identity
        exchange_x, exchange_y = [pool.exchange for pool in self.pools] or (None, None)

        def x_loss(real, fakes):
            return least_squares(d_x(real), 1.0) + least_squares(d_x(fakes), 0.0)

        def y_loss(real, fakes):
            return least_squares(d_y(real), 1.0) + least_squares(d_y(fakes), 0.0)

        def generators_loss(x, y):
            fake_x, fake_y = g_yx(y), g_xy(x)
            undone = absolute_error(g_yx(fake_y), x) + absolute_error(g_xy(fake_x), y)
            adversarial = least_squares(d_x(fake_x), 1.0) + least_squares(d_y(fake_y), 1.0)
            loss = adversarial + cycle * undone
            if identity:
                loss = loss + identity * (absolute_error(g_yx(x), x) + absolute_error(g_xy(y), y))
            return loss, undone

        grad_x = self.gradient(x_loss, optimizer_x)
        grad_y = self.gradient(y_loss, optimizer_y)
        grad_g = self.gradient(generators_loss, optimizer_g, has_aux=True)

        @ms.jit
        def train_step(x, y, draws_x=None, draws_y=None):
            fake_x, fake_y = ops.stop_gradient(make_x(y)), ops.stop_gradient(make_y(x))
            if exchange_x is not None:
                fake_x, fake_y = exchange_x(fake_x, draws_x), exchange_y(fake_y, draws_y)
            loss_x, gradients = grad_x(x, fake_x)
            optimizer_x(gradients)
            loss_y, gradients = grad_y(y, fake_y)
            optimizer_y(gradients)
            (loss_g, undone), gradients = grad_g(x, y)
            optimizer_g(gradients)
            return loss_g, loss_x + loss_y, loss_x, loss_y, undone

        return train_step
