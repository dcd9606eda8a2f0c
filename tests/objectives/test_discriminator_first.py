"""The order of a step, its noise and its masks, on networks of one weight each: all losses follow
by hand.
"""

import mindspore as ms
import numpy as np
import pytest
from mindspore import nn

from ms_gan import latents
from ms_gan.objectives.discriminator_first import DiscriminatorFirst, Latents
from ms_gan.objectives.losses import gan_discriminator, smoothed_discriminator
from ms_gan.objectives.optimizers import Rates
from ms_gan.parameters import assign, snapshot, tensors

LR = 0.1
REAL = np.array([[0.5], [2], [-1]], np.float32)
FIRST = np.array([[1], [-2], [0.3]], np.float32)
SECOND = np.array([[-0.7], [0.4], [1.5]], np.float32)


class Scale(nn.Cell):
    """(N, 1) times a weight, and times a mask where there is one."""

    def __init__(self, value, flat=False, dropout=None):
        super().__init__()
        self.w = ms.Parameter(ms.Tensor(value, ms.float32), name="w")
        self.flat = flat
        if dropout:
            self.dropout = dropout

    def construct(self, x, mask=None):
        y = x * self.w
        if mask is not None:
            y = y * mask
        return y.reshape(-1) if self.flat else y


def make(fresh, loss=gan_discriminator, draw=latents.normal, dropout=None):
    return DiscriminatorFirst(
        Scale(0.8, dropout=dropout),
        Scale(0.6, True, dropout),
        Latents(draw, 1, fresh),
        loss,
        Rates(LR, LR, 0.5),
    )


@pytest.fixture(scope="module")
def compiled():
    return make(fresh=True, loss=smoothed_discriminator, dropout=(0.5, 1))


@pytest.fixture
def game(compiled):
    before = snapshot(compiled.parameters())
    yield compiled
    assign(compiled.parameters(), before)


def cross_entropy(logits, target):
    return (target * np.log1p(np.exp(-logits)) + (1 - target) * np.log1p(np.exp(logits))).mean()


def probability(logits):
    return (1 / (1 + np.exp(-logits))).mean()


def weight(game, name):
    return float(game.parameters()[f"{name}/w"].asnumpy())


@pytest.mark.parametrize(
    "masks", [np.ones((5, 3)), np.arange(15).reshape(5, 3) % 4 / 2], ids=["whole", "dropped"]
)
def test_the_discriminator_learns_first_and_judges_the_generator_then(game, masks):
    """Masks: both passes of the generator, then real images, fakes, and the fakes anew."""
    masks = masks.astype(np.float32)[..., None]
    inputs = tensors((REAL, FIRST, SECOND, masks[:2], masks[2:]))
    report = game.report(game.train_step(*inputs))
    assert list(report) == ["loss_g", "loss_d", "d_x", "d_g_z1"]
    real, fake = REAL * 0.6 * masks[2], FIRST * 0.8 * masks[0] * 0.6 * masks[3]
    assert report["loss_d"] == pytest.approx(
        cross_entropy(real, 0.9) + cross_entropy(fake, 0), rel=1e-5
    )
    assert report["d_x"] == pytest.approx(probability(real), rel=1e-5)
    assert report["d_g_z1"] == pytest.approx(probability(fake), rel=1e-5)
    wiser = weight(game, "discriminator")
    assert abs(wiser - 0.6) == pytest.approx(LR, rel=1e-3)
    again = SECOND * 0.8 * masks[1] * wiser * masks[4]
    assert report["loss_g"] == pytest.approx(cross_entropy(again, 1), rel=1e-5)
    assert abs(weight(game, "generator") - 0.8) == pytest.approx(LR, rel=1e-3)


def test_without_dropout_there_are_no_masks_and_the_given_loss_is_used():
    game = make(fresh=False)
    report = game.report(game.train_step(*map(ms.Tensor, (REAL, FIRST, FIRST))))
    expected = (cross_entropy(REAL * 0.6, 1) + cross_entropy(FIRST * 0.48, 0)) / 2
    assert report["loss_d"] == pytest.approx(expected, rel=1e-5)
    assert report["loss_g"] == pytest.approx(
        cross_entropy(FIRST * 0.8 * weight(game, "discriminator"), 1), rel=1e-5
    )


@pytest.mark.parametrize("fresh", [True, False])
@pytest.mark.parametrize("draw", [latents.normal, latents.uniform])
def test_latents_are_drawn_once_or_twice_by_the_given_function(fresh, draw):
    noise = make(fresh, draw=draw).noise(np.random.default_rng(5), 4)
    rng = np.random.default_rng(5)
    first = draw(rng, 4, 1)
    assert noise[2:] == (None, None)
    np.testing.assert_array_equal(noise[0], first)
    np.testing.assert_array_equal(noise[1], draw(rng, 4, 1) if fresh else first)


def test_masks_are_of_either_networks_size_and_rate():
    game = make(fresh=False)
    game.networks["generator"].dropout, game.networks["discriminator"].dropout = (
        (0.5, 30),
        (0.2, 40),
    )
    _, _, masks_g, masks_d = game.noise(np.random.default_rng(0), 100)
    assert (masks_g.shape, masks_d.shape) == ((2, 100, 30), (3, 100, 40))
    masks = [*masks_g, *masks_d]
    assert {mask.dtype for mask in masks} == {np.dtype(np.float32)}
    for mask, rate in zip(masks, (0.5, 0.5, 0.2, 0.2, 0.2)):
        assert set(np.unique(mask)) == {0, np.float32(1 / (1 - rate))}
        assert (mask == 0).mean() == pytest.approx(rate, abs=0.05)
    assert len({mask.tobytes() for mask in masks}) == 5
