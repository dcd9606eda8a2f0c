"""A batch in parts gives what the whole gives, in every objective's order of updates."""

import mindspore as ms
import numpy as np
import pytest
from conftest import compiled
from mindspore import nn, ops

import ms_gan
from ms_gan.errors import UsageError
from ms_gan.objectives import wgan
from ms_gan.objectives.accumulation import in_parts
from ms_gan.objectives.began import BEGAN
from ms_gan.objectives.cyclegan import CycleGAN, Weights
from ms_gan.objectives.gan import GAN, Game
from ms_gan.objectives.optimizers import Rates
from ms_gan.objectives.pix2pix import Pix2Pix
from ms_gan.parameters import assign, snapshot, tensors
from ms_gan.recipes import RECIPES

COUNT, STEPS, NZ = 4, 2, 3
IMAGE = 3, 2, 2
RATES = Rates(0.01, 0.01, 0.5)


class Net(nn.Cell):
    """A dense layer: of latents or images to images, or of images to a number each."""

    def __init__(self, inputs, outputs, dropout=False):
        super().__init__()
        self.dense, self.leaky = nn.Dense(inputs, outputs), nn.LeakyReLU(0.2)
        self.shape = IMAGE if outputs > 1 else ()
        if dropout:
            self.dropout = 0.5, inputs

    def construct(self, x, other=None):
        if other is not None and other.ndim == 4:  # an image beside its source
            x = ops.concat((x, other), 1)
        x = x.reshape(x.shape[0], -1)
        if other is not None and other.ndim == 2:
            x = x * other
        return self.leaky(self.dense(x)).reshape(x.shape[0], *self.shape)


def cycle():
    generators, judges = (Net(12, 12), Net(12, 12)), (Net(12, 1), Net(12, 1))
    return CycleGAN(generators, judges, Weights(10.0), (3, *IMAGE), RATES)


def critic():
    updates = wgan.Updates(NZ, critic=2, generator=1)
    return wgan.WGAN(Net(NZ, 12), Net(12, 1), wgan.LOSSES["wgan-gp"], updates, RATES)


# What makes each objective, and its batch: the number of examples and the shapes of one.
CASES = {
    "discriminator first": (lambda: RECIPES["gaussian"].objective(1), COUNT, [(2,)]),
    "generator first, R1": (
        lambda: GAN(Net(NZ, 12), Net(12, 1, dropout=True), NZ, RATES, Game(r1=10.0)),
        COUNT,
        [IMAGE],
    ),
    "several critic updates, penalty": (critic, 2 * COUNT, [IMAGE]),
    "balance": (lambda: BEGAN(Net(NZ, 12), Net(12, 12), NZ, 0.5, RATES), COUNT, [IMAGE]),
    "pairs": (lambda: Pix2Pix(Net(12, 12, True), Net(24, 1), 100.0, RATES), COUNT, [IMAGE] * 2),
    "cycle, pool": (cycle, COUNT, [IMAGE] * 2),
}


def steps(name, parts):
    """The reports of some steps in `parts` parts, and all values after the last."""
    make, count, shapes = CASES[name]
    ms.set_seed(3)
    objective = make()
    objective.parts = parts
    rng, first = np.random.default_rng(5), np.random.default_rng(6)
    for network in objective.networks.values():
        weights = dict(network.parameters_and_names())
        drawn = {key: 0.5 * first.standard_normal(p.shape) for key, p in weights.items()}
        assign(weights, {key: value.astype(np.float32) for key, value in drawn.items()})
    reports = []
    for _ in range(STEPS):
        batch = [rng.uniform(-1, 1, (count, *shape)).astype(np.float32) for shape in shapes]
        outputs = objective.train_step(*tensors(batch), *tensors(objective.inputs(rng, count, 0)))
        reports.append(objective.report(outputs))
    return reports, snapshot(objective.parameters())


@pytest.mark.parametrize("name", CASES)
def test_two_parts_give_the_losses_weights_and_moments_of_the_whole(name):
    (whole, values), (parts, found) = steps(name, 1), steps(name, 2)
    for report, expected in zip(parts, whole):
        assert report == pytest.approx(expected, rel=1e-4, abs=1e-6)
    assert found.keys() == values.keys()
    for key, value in values.items():
        # A weight with a gradient of rounding makes a full step of Adam in any direction.
        apart = np.linalg.norm(found[key] - value) / max(np.linalg.norm(value), 1e-6)
        assert apart < 1e-4, key


def test_batch_normalisation_takes_each_part_by_itself():
    norm = nn.BatchNorm2d(2).set_train()
    images = np.random.default_rng(0).standard_normal((6, 2, 4, 4)).astype(np.float32)
    found = compiled(in_parts(norm, 3))(ms.Tensor(images)).asnumpy().reshape(3, 2, 2, 4, 4)
    np.testing.assert_allclose(found.mean((1, 3, 4)), 0, atol=1e-5)
    np.testing.assert_allclose(found.std((1, 3, 4)), 1, atol=1e-3)
    assert np.abs(images.reshape(3, 2, 2, 4, 4).mean((1, 3, 4))).max() > 0.1


def test_one_part_is_compiled_as_without_accumulation():
    objective = CASES["generator first, R1"][0]()
    generator = objective.players()[0]
    assert objective.players() == list(objective.networks.values())
    assert objective.maker(generator) is generator


@pytest.mark.parametrize("given", [{"accumulate": 3}, {"batch_size": 6, "accumulate": 4}])
def test_parts_that_are_not_equal_are_refused(given):
    size, parts = given.get("batch_size", 8), given["accumulate"]
    with pytest.raises(UsageError, match=f"--accumulate {parts}: --batch-size {size} doesn't"):
        ms_gan.fit("gaussian", **given)
