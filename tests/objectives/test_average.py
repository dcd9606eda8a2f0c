"""Averages of generators' weights: the formula, the statistics, and that training is untouched."""

import dataclasses

import mindspore as ms
import numpy as np
import pytest

from ms_gan.distribution import ALONE
from ms_gan.objectives.average import PASSES, fitted
from ms_gan.options import options_of
from ms_gan.parameters import assign, snapshot, tensors
from ms_gan.recipes import RECIPES
from ms_gan.run_options import Plan
from ms_gan.training import assemble

COUNT, STEPS, DECAY = 4, 6, 0.3  # the decay is reached at step 3
TINY = {"nz": 8, "ngf": 2, "ndf": 2, "image_size": 32}


def objective(name="faces", ema=DECAY):
    """A recipe's, at a tiny size, with latents to measure statistics on."""
    recipe = RECIPES[name]
    sizes = {key: size for key, size in TINY.items() if key in options_of(recipe)}
    plan = Plan.of(dataclasses.replace(recipe, **sizes, ema=ema))
    plan = plan.changed({"layers": "mindspore"}, "here")  # which compile sooner
    made, _ = assemble.make_objective(plan, 5, "CPU", ALONE)
    if made.average:
        made.average.inputs = plan.recipe.sampler().inputs(None, 0, PASSES)
    return made


def step(ours, number):
    """One step on data and noise of this number; its losses."""
    rng = np.random.default_rng(number)
    real = rng.uniform(-1, 1, (COUNT, 3, 32, 32)).astype(np.float32)
    outputs = ours.train_step(ms.Tensor(real), *tensors(ours.noise(rng, COUNT)))
    assert isinstance(outputs, tuple)
    return ours.losses(outputs)


def values(network, trainable=True):
    """The weights of a network, or its statistics."""
    return snapshot(
        {key: p for key, p in network.parameters_and_names() if p.requires_grad == trainable}
    )


@pytest.fixture(scope="module")
def trained():
    """An objective after some steps."""
    ours = objective()
    for number in range(3):
        step(ours, number)
    return ours


def test_averages_follow_the_updated_weights():
    ours = objective()
    weights, averages = ours.networks["generator"], ours.average.networks["generator"]
    expected = values(weights)
    np.testing.assert_equal(values(averages), expected)
    for number in range(STEPS):
        before = values(weights)
        step(ours, number)
        decay = min(DECAY, (1 + number) / (10 + number))
        for key, weight in values(weights).items():
            assert not np.array_equal(weight, before[key])
            expected[key] = decay * expected[key] + (1 - decay) * weight
        for key, average in values(averages).items():
            np.testing.assert_allclose(average, expected[key], rtol=1e-5, atol=1e-7)
    assert float(ours.parameters()["average/steps"].asnumpy()) == STEPS


def test_training_is_the_same_to_the_last_bit_without_averages():
    with_averages, without = objective(), objective(ema=0.0)
    for number in range(3):
        assert step(with_averages, number) == step(without, number)
        with_averages.settle()
    found, expected = snapshot(with_averages.parameters()), snapshot(without.parameters())
    assert {key for key in found if not key.startswith("average/")} == expected.keys()
    for key, value in expected.items():
        np.testing.assert_array_equal(found[key], value)


def test_statistics_are_those_of_passes_of_the_averages(trained):
    trained.settle()
    weights, averages = trained.networks["generator"], trained.average.networks["generator"]
    again = dataclasses.replace(RECIPES["faces"], **TINY).generator().set_train()
    first = {**values(averages), **values(weights, trainable=False)}
    assign(dict(again.parameters_and_names()), first)
    for latent in trained.average.inputs["generator"]:
        again(ms.Tensor(latent))
    found, expected = values(averages, trainable=False), values(again, trainable=False)
    for key, value in expected.items():
        np.testing.assert_allclose(found[key], value, rtol=1e-3, atol=1e-6)
        assert not np.allclose(value, first[key], rtol=1e-2, atol=1e-6)


class Counted(list):
    """Batches that count how often one of them is taken."""

    taken = 0

    def __getitem__(self, index):
        self.taken += 1
        return super().__getitem__(index)


def test_statistics_are_measured_once_a_step():
    ours = objective()
    counted = Counted(ours.average.inputs["generator"])
    ours.average.inputs = {"generator": counted}
    ours.settle()
    assert counted.taken == 0  # the first weights have the first statistics
    for number in (1, 2):
        step(ours, number)
        ours.settle()
        ours.settle()
        assert counted.taken == number * PASSES


def test_networks_without_batch_normalisation_are_not_measured():
    ours = objective("faces-began")
    ours.average.inputs = {"generator": Counted(ours.average.inputs["generator"])}
    step(ours, 0)
    ours.settle()
    assert ours.average.inputs["generator"].taken == 0


def test_the_results_are_the_averages_beside_the_networks_in_training(trained):
    results, networks = trained.results(), trained.networks
    assert results == {
        "generator": trained.average.networks["generator"],
        "discriminator": networks["discriminator"],
        "raw-generator": networks["generator"],
    }
    assert objective(ema=0.0).results().keys() == networks.keys()


def test_values_are_fitted_to_a_run_with_or_without_averages():
    plain = {"generator/w": 1, "discriminator/w": 2}
    averaged = {**plain, "average/generator/w": 3, "average/steps": 4}
    assert fitted(plain, plain) == fitted(averaged, plain) == plain
    assert fitted(averaged, averaged) == averaged
    assert fitted(plain, averaged) == {**averaged, "average/generator/w": 1, "average/steps": 0}
