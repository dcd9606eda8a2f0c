"""Pix2pix's step on a translator and a discriminator of pairs of one weight or two: all losses
follow by hand.
"""

import mindspore as ms
import numpy as np
import pytest
from mindspore import nn

from ms_gan.objectives.optimizers import Rates
from ms_gan.objectives.pix2pix import Pix2Pix
from ms_gan.parameters import assign, snapshot

LR, W, A, B = 0.01, 0.8, 0.5, -0.4
SOURCE, TARGET = np.array([[1], [-2]], np.float32), np.array([[0.3], [0.6]], np.float32)


class Translator(nn.Cell):
    """The source times a weight, and times a mask where there is one."""

    def __init__(self, dropout=None):
        super().__init__()
        self.w = ms.Parameter(ms.Tensor(W, ms.float32), name="w")
        if dropout:
            self.dropout = dropout

    def construct(self, source, mask=None):
        return source * self.w if mask is None else source * self.w * mask


class Judge(nn.Cell):
    """a * source + b * image."""

    def __init__(self):
        super().__init__()
        self.a = ms.Parameter(ms.Tensor(A, ms.float32), name="a")
        self.b = ms.Parameter(ms.Tensor(B, ms.float32), name="b")

    def construct(self, source, image):
        return source * self.a + image * self.b


def make(l1=100.0, dropout=None):
    return Pix2Pix(Translator(dropout), Judge(), l1, Rates(LR, LR, 0.5))


def cross_entropy(logits, target):
    return (target * np.log1p(np.exp(-logits)) + (1 - target) * np.log1p(np.exp(logits))).mean()


@pytest.fixture(scope="module")
def compiled():
    return make(dropout=(0.5, 1))


@pytest.fixture
def game(compiled):
    before = snapshot(compiled.parameters())
    yield compiled
    assign(compiled.parameters(), before)


def value(game, key):
    return float(game.parameters()[key].asnumpy())


@pytest.mark.parametrize("mask", [(1, 1), (0, 2)])
def test_the_discriminator_learns_first_then_the_generator_by_it_on_the_same_fakes(game, mask):
    mask = np.array(mask, np.float32).reshape(2, 1)
    report = game.report(game.train_step(*map(ms.Tensor, (SOURCE, TARGET, mask))))
    assert list(report) == ["loss_g", "loss_d", "loss_gan", "l1"]
    fakes = SOURCE * W * mask
    halves = cross_entropy(A * SOURCE + B * TARGET, 1) + cross_entropy(A * SOURCE + B * fakes, 0)
    assert report["loss_d"] == pytest.approx(halves / 2, rel=1e-5)
    a, b = value(game, "discriminator/a"), value(game, "discriminator/b")
    assert abs(b - B) == pytest.approx(LR, rel=1e-3)
    assert report["loss_gan"] == pytest.approx(cross_entropy(a * SOURCE + b * fakes, 1), rel=1e-5)
    assert report["l1"] == pytest.approx(np.abs(fakes - TARGET).mean(), rel=1e-5)
    assert report["loss_g"] == pytest.approx(report["loss_gan"] + 100 * report["l1"], rel=1e-5)
    # The mean absolute error outweighs the rest: both fakes are too far from 0.
    assert value(game, "generator/w") == pytest.approx(W - LR, rel=1e-4)


def test_without_its_weight_the_error_does_not_count():
    game = make(l1=0.0)
    report = game.report(game.train_step(ms.Tensor(SOURCE), ms.Tensor(TARGET)))
    assert report["loss_g"] == pytest.approx(report["loss_gan"], rel=1e-6)
    assert report["l1"] > 0


def test_the_only_noise_is_the_generators_mask(game):
    (mask,) = make(dropout=(0.5, 300)).noise(np.random.default_rng(0), 4)
    assert (mask.shape, mask.dtype) == ((4, 300), np.float32)
    assert set(np.unique(mask)) == {0, 2}
    assert make().noise(np.random.default_rng(0), 4) == (None,)
