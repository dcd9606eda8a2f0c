"""CycleGAN's step on networks of one weight each: all losses follow by hand."""

import mindspore as ms
import numpy as np
import pytest
from mindspore import nn

from ms_gan.objectives.cyclegan import CycleGAN, Weights
from ms_gan.objectives.optimizers import Rates
from ms_gan.parameters import assign, snapshot

LR = 0.01
X, Y = (
    np.array([[0.5], [-1]], np.float32).reshape(2, 1, 1, 1),
    np.array([[2], [1]], np.float32).reshape(2, 1, 1, 1),
)
G_XY, G_YX, D_X, D_Y = 1.5, 0.4, 0.7, -0.3
KEYS = ("generator/w", "generator_back/w", "discriminator_x/w", "discriminator_y/w")


class Scale(nn.Cell):
    def __init__(self, value):
        super().__init__()
        self.w = ms.Parameter(ms.Tensor(value, ms.float32), name="w")

    def construct(self, x):
        return x * self.w


def make(cycle=10.0, identity=0.0, pool=0):
    generators, discriminators = (Scale(G_XY), Scale(G_YX)), (Scale(D_X), Scale(D_Y))
    weights, rates = Weights(cycle, identity), Rates(LR, LR, 0.5)
    return CycleGAN(generators, discriminators, weights, (pool, 1, 1, 1), rates)


def step(game, *draws):
    return game.report(game.train_step(*map(ms.Tensor, (X, Y, *draws))))


def weights(game):
    return [float(game.parameters()[key].asnumpy()) for key in KEYS]


def squares(scores, target):
    return ((scores - target) ** 2).mean()


def distance(a, b):
    return np.abs(a - b).mean()


def expected(discriminators, cycle, identity):
    """(loss_g, cycle error) of the untrained generators with these discriminators."""
    undone = distance(X * G_XY * G_YX, X) + distance(Y * G_YX * G_XY, Y)
    same = distance(X * G_YX, X) + distance(Y * G_XY, Y)
    looks = squares(Y * G_YX * discriminators[0], 1) + squares(X * G_XY * discriminators[1], 1)
    return looks + cycle * undone + identity * same, undone


@pytest.mark.parametrize("cycle, identity", [(10.0, 0.0), (3.0, 5.0)])
def test_discriminators_learn_first_then_one_optimizer_moves_both_generators(cycle, identity):
    game = make(cycle, identity)
    report = step(game)
    assert list(report) == ["loss_g", "loss_d", "loss_d_x", "loss_d_y", "cycle"]
    assert report["loss_d_x"] == pytest.approx(
        squares(X * D_X, 1) + squares(Y * G_YX * D_X, 0), rel=1e-5
    )
    assert report["loss_d_y"] == pytest.approx(
        squares(Y * D_Y, 1) + squares(X * G_XY * D_Y, 0), rel=1e-5
    )
    assert report["loss_d"] == pytest.approx(report["loss_d_x"] + report["loss_d_y"], rel=1e-6)
    after = weights(game)
    moved = np.abs(np.subtract(after, (G_XY, G_YX, D_X, D_Y)))
    np.testing.assert_allclose(moved, LR, rtol=1e-3)  # Adam's first step
    loss_g, undone = expected(after[2:], cycle, identity)
    assert report["loss_g"] == pytest.approx(loss_g, rel=1e-5)
    assert report["cycle"] == pytest.approx(undone, rel=1e-5)


def test_with_pools_the_discriminators_also_learn_from_earlier_fakes():
    game, rng = make(pool=2), np.random.default_rng(0)
    fill = game.noise(rng, 2)
    assert [array.shape for array in fill] == [(2, 2), (2, 2)]
    assert not np.array_equal(*fill)
    step(game, *fill)
    state = snapshot(game.parameters())
    np.testing.assert_allclose(state["state/pool_x.images"], Y * G_YX, rtol=1e-6)
    np.testing.assert_allclose(state["state/pool_y.images"], X * G_XY, rtol=1e-6)
    g_xy, g_yx, d_x, d_y = weights(game)
    # X's pool swaps both of its fakes for the ones it stores, Y's none.
    swap, keep = (
        np.array([[0, 0.1], [0.6, 0.1]], np.float32),
        np.array([[0, 0.9], [0.6, 0.9]], np.float32),
    )
    report = step(game, swap, keep)
    assert report["loss_d_x"] == pytest.approx(
        squares(X * d_x, 1) + squares(Y * G_YX * d_x, 0), rel=1e-5
    )
    assert report["loss_d_y"] == pytest.approx(
        squares(Y * d_y, 1) + squares(X * g_xy * d_y, 0), rel=1e-5
    )
    state = snapshot(game.parameters())
    np.testing.assert_allclose(state["state/pool_x.images"], Y * np.float32(g_yx), rtol=1e-5)
    np.testing.assert_allclose(state["state/pool_y.images"], X * G_XY, rtol=1e-6)


def test_keys():
    plain, pooled = make().parameters(), make(pool=3).parameters()
    assert set(KEYS) <= set(plain)
    optimizers = {key.split("/")[0] for key in plain if ".optimizer/" in key}
    assert optimizers == {
        "generators.optimizer",
        "discriminator_x.optimizer",
        "discriminator_y.optimizer",
    }
    moments = [key for key in plain if key.startswith("generators.optimizer/") and "moment1" in key]
    assert len(moments) == 2
    assert set(pooled) - set(plain) == {
        f"state/pool_{side}.{what}" for side in "xy" for what in ("images", "filled")
    }


def test_without_pools_a_step_takes_no_noise():
    assert make().noise(np.random.default_rng(0), 2) == ()


def test_a_step_can_be_taken_back():
    game = make()
    before = snapshot(game.parameters())
    first = step(game)
    assign(game.parameters(), before)
    assert step(game) == first
