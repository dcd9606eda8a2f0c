"""CycleGAN's objective: two translators that look real and undo one another (Zhu et al. 2017,
arXiv:1703.10593).
"""

import mindspore as ms
from mindspore import ops

from ms_gan.objectives.base import Objective, adam, named
from ms_gan.objectives.image_pool import ImagePool, draws
from ms_gan.objectives.losses import absolute_error, least_squares


class CycleGAN(Objective):
    """Translators X to Y (`generator`) and Y to X (`generator_back`) with one Adam, and a
    discriminator for each side.

    The discriminators are updated first (X, then Y), each on the sum of its least-squares halves,
    then the translators together. cycle, identity: weights of the mean absolute errors of going
    there and back, and of translating what is on the other side already (0: left out); pool:
    earlier fakes kept for each discriminator (0: none); shape: (C, H, W). Reported: loss_g in all,
    loss_d of both discriminators together, each alone, and the cycle's error.
    """

    names = ("loss_g", "loss_d", "loss_d_x", "loss_d_y", "cycle")
    panels = (
        (
            "Losses in training",
            {
                "loss_g": "translators",
                "loss_d_x": "discriminator of X",
                "loss_d_y": "discriminator of Y",
            },
        ),
        ("Cycle", {"cycle": "mean absolute error there and back"}),
    )

    def __init__(self, forth, back, judge_x, judge_y, cycle, identity, pool, shape, lr, beta1):
        networks = named(
            generator=forth, generator_back=back, discriminator_x=judge_x, discriminator_y=judge_y
        )
        optimizers = {
            "generators": adam("generators", [forth, back], lr, beta1),
            "discriminator_x": adam("discriminator_x", [judge_x], lr, beta1),
            "discriminator_y": adam("discriminator_y", [judge_y], lr, beta1),
        }
        pools = [ImagePool(f"pool_{side}", pool, shape) for side in "xy"] if pool else []
        super().__init__(
            networks, optimizers, {key: p for one in pools for key, p in one.state.items()}
        )
        self.pooled = bool(pools)
        self.train_step = _compile(
            *networks.values(),
            *optimizers.values(),
            cycle,
            identity,
            [one.exchange for one in pools],
        )

    def noise(self, rng, count):
        """The random inputs of one step: what the pools of X and Y draw, where there are any."""
        return (draws(rng, count), draws(rng, count)) if self.pooled else ()


def _compile(
    forth, back, judge_x, judge_y, optimizer_g, optimizer_x, optimizer_y, cycle, identity, exchanges
):
    """The training step: (x, y (N, 3, S, S), draws of the pools) -> as `names`."""
    weights_g = optimizer_g.parameters

    def judge_x_loss(real, fakes):
        return least_squares(judge_x(real), 1.0) + least_squares(judge_x(fakes), 0.0)

    def judge_y_loss(real, fakes):
        return least_squares(judge_y(real), 1.0) + least_squares(judge_y(fakes), 0.0)

    def translators_loss(x, y):
        fake_x, fake_y = back(y), forth(x)
        undone = absolute_error(back(fake_y), x) + absolute_error(forth(fake_x), y)
        loss = (
            least_squares(judge_x(fake_x), 1.0)
            + least_squares(judge_y(fake_y), 1.0)
            + cycle * undone
        )
        if identity:
            loss = loss + identity * (absolute_error(back(x), x) + absolute_error(forth(y), y))
        return loss, undone

    x_gradients = ops.value_and_grad(judge_x_loss, None, optimizer_x.parameters)
    y_gradients = ops.value_and_grad(judge_y_loss, None, optimizer_y.parameters)
    translators_gradients = ops.value_and_grad(translators_loss, None, weights_g, has_aux=True)

    @ms.jit
    def train_step(x, y, *drawn):
        fake_x, fake_y = ops.stop_gradient(back(y)), ops.stop_gradient(forth(x))
        if drawn:
            fake_x, fake_y = exchanges[0](fake_x, drawn[0]), exchanges[1](fake_y, drawn[1])
        loss_x, gradients = x_gradients(x, fake_x)
        optimizer_x(gradients)
        loss_y, gradients = y_gradients(y, fake_y)
        optimizer_y(gradients)
        (loss_g, undone), gradients = translators_gradients(x, y)
        optimizer_g(gradients)
        return loss_g, loss_x + loss_y, loss_x, loss_y, undone

    return train_step
