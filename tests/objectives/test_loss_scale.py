"""Training in float16: scales that fall and rise, updates that are skipped, and exact resuming."""

import json

import mindspore as ms
import numpy as np
import pytest
from mindspore import Tensor, nn, ops
from run_files import arrays, assert_same_arrays, log

import ms_gan
from ms_gan import runtime
from ms_gan.errors import UsageError
from ms_gan.layers import mixed
from ms_gan.networks.dcgan import Discriminator, Generator
from ms_gan.objectives import loss_scale, wgan
from ms_gan.objectives.gan import GAN
from ms_gan.objectives.optimizers import Rates
from ms_gan.parameters import assign, snapshot, tensors
from ms_gan.training import loop
from ms_gan.training.finite import check_finite

NZ, COUNT = 6, 8
SCALE, WINDOW = 2.0**8, 3  # tiny networks would overflow at once by the first scale, and recover


def dcgan(level=None):
    """A tiny DCGAN, in float16 where a level is given, with a short window."""
    ms.set_seed(1)
    networks = Generator(NZ, 2, 32), Discriminator(2, 32)
    rates = Rates(0.001, 0.001, 0.5)
    return in_float16(GAN(*networks, NZ, rates), level) if level else GAN(*networks, NZ, rates)


def in_float16(objective, level):
    objective.scale_losses()
    for name, optimizer in objective.optimizers.items():
        optimizer.scaler = loss_scale.loss_scaler(name, WINDOW)
        ops.assign(optimizer.scaler.scale_value, Tensor(SCALE, ms.float32))
    for network in objective.networks.values():
        mixed(network, level)
    return objective


def step(game, number=0):
    """The report of a step on data and noise of this number."""
    rng = np.random.default_rng(number)
    real = rng.uniform(-1, 1, (COUNT, 3, 32, 32)).astype(np.float32)
    return game.report(game.train_step(Tensor(real), *tensors(game.inputs(rng, COUNT, number))))


@pytest.fixture(scope="module")
def compiled():
    return dcgan("O2")


@pytest.fixture
def game(compiled):
    """The one compiled DCGAN in O2, as it began."""
    before = snapshot(compiled.parameters())
    yield compiled
    assign(compiled.parameters(), before)


def set_scale(game, name, scale, finite=0):
    parameters = game.parameters()
    ops.assign(parameters[f"scale/{name}"], Tensor(scale, ms.float32))
    ops.assign(parameters[f"scale/{name}.finite"], Tensor(finite, ms.int32))


def test_a_few_steps_stay_near_those_in_float32(game):
    plain = dcgan()
    assign(plain.parameters(), {k: v for k, v in snapshot(game.parameters()).items()})
    for number in range(3):
        expected, found = step(plain, number), step(game, number)
        assert {found.pop(f"scale_{name}") for name in game.optimizers} <= {SCALE, 2 * SCALE}
        assert found != expected
        assert found == pytest.approx(expected, rel=0.02, abs=0.005)
    weights, moved = snapshot(plain.parameters()), snapshot(game.parameters())
    assert moved.keys() - weights.keys() == loss_scale.parameters(game.scalers).keys()
    assert all(value.dtype == weights[key].dtype for key, value in moved.items() if key in weights)


def test_an_overflow_skips_the_update_of_its_network_and_halves_its_scale(game):
    set_scale(game, "generator", 2.0**127, finite=1)
    before = snapshot(game.parameters())
    report = step(game)
    after = snapshot(game.parameters())
    moved = {key for key in before if not np.array_equal(before[key], after[key])}
    assert "discriminator/net.0.weight" in moved
    assert {key for key in moved if key.startswith("generator") and "moving" not in key} == set()
    assert after["scale/generator"] == 2.0**126 and after["scale/generator.finite"] == 0
    assert after["scale/discriminator"] == SCALE
    # Nothing that would be taken for a failure.
    assert np.isfinite(list(report.values())).all()
    check_finite(game.parameters(), 1, 1)
    assert report["scale_generator"] == 2.0**126


def test_a_scale_doubles_after_as_many_updates_as_its_window(game):
    scales = [step(game, number)["scale_discriminator"] for number in range(WINDOW + 1)]
    assert scales == [SCALE] * (WINDOW - 1) + [2 * SCALE] * 2


def test_values_are_fitted_to_a_run_with_or_without_scales(game):
    parameters = game.parameters()
    scales = loss_scale.parameters(game.scalers)
    plain = {key: parameter for key, parameter in parameters.items() if key not in scales}
    stored = {key: np.full(p.shape, 7.0) for key, p in parameters.items()}
    without = {key: value for key, value in stored.items() if key in plain}
    assert loss_scale.fitted(stored, plain) == without
    assert loss_scale.fitted(stored, parameters) == stored
    fitted = loss_scale.fitted(without, parameters)
    assert fitted.keys() == parameters.keys()
    assert fitted["scale/generator"] == SCALE


class Dense(nn.Cell):
    def __init__(self, inputs, *shape):
        super().__init__()
        self.net, self.shape = nn.Dense(inputs, int(np.prod(shape))), shape

    def construct(self, x):
        return self.net(x.reshape(x.shape[0], -1)).reshape(x.shape[0], *self.shape)


def penalised(level=None):
    """The report of a step of a Wasserstein GAN with gradient penalty."""
    ms.set_seed(2)
    networks, rates = (Dense(NZ, 3, 2, 2), Dense(12)), Rates(0.01, 0.01, 0.5)
    game = wgan.WGAN(*networks, wgan.LOSSES["wgan-gp"], wgan.Updates(NZ, 1, 1), rates)
    if level:
        in_float16(game, level)
    rng = np.random.default_rng(0)
    real = rng.uniform(-1, 1, (4, 3, 2, 2)).astype(np.float32)
    return game.report(game.train_step(Tensor(real), *tensors(game.noise(rng, 4))))


@pytest.fixture(scope="module")
def penalised_in_float32():
    return penalised()


@pytest.mark.parametrize("level", ["O3", "auto"])
def test_a_gradient_penalty_goes_through_float16(level, penalised_in_float32):
    if level == "auto" and runtime.version("mindspore") < (2, 4):
        pytest.skip("MindSpore has it from 2.4 on")
    report = penalised(level)
    assert {report.pop("scale_generator"), report.pop("scale_discriminator")} == {SCALE}
    assert report == pytest.approx(penalised_in_float32, rel=0.02, abs=0.005)


def test_a_run_goes_on_bit_for_bit_after_a_stop(run, tmp_path, monkeypatch):
    """In parts, too."""
    train, trainings = loop.train, []

    def twice(training, total, callbacks):
        trainings.append(training)
        folder = training.recorder.run
        first = folder.training.read_bytes()
        train(training, total, callbacks)
        straight = arrays(folder.path), log(folder.path)
        folder.training.write_bytes(first)
        training.resume()
        train(training, 2, callbacks)
        for parameter in training.objective.parameters().values():
            ops.assign(parameter, Tensor(np.zeros(parameter.shape), parameter.dtype))
        training.resume()
        train(training, total, callbacks)
        assert_same_arrays(arrays(folder.path), straight[0])
        assert log(folder.path) == straight[1]

    monkeypatch.setattr(loop, "train", twice)
    monkeypatch.setattr(loss_scale.loss_scaler, "__defaults__", (2,))
    ended = run("train", "gaussian", "--steps", 4, "--amp", "O2", "--accumulate", 2)
    assert ended.status == 0, ended.err
    assert len(trainings) == 1
    folder = tmp_path / "runs" / "0000-gaussian"
    assert arrays(folder)["scale/generator"] == 2.0**18
    assert [line["scale_generator"] for line in log(folder)] == [2.0**16, *[2.0**17] * 2, 2.0**18]
    asked = json.loads((folder / "options.json").read_text())["options"]
    assert (asked["amp"], asked["accumulate"]) == ("O2", 2)
    made = run("generate", "--ckpt", folder / "generator.ckpt", "--count", 50, "--out", "a.csv")
    assert made.status == 0, made.err


@pytest.mark.parametrize(
    "given, said",
    [
        ({"layers": "im2col"}, "--amp O2: not with --layers im2col"),
        ({"cpu_math": "bf16"}, "--amp O2: not with --cpu-math bf16"),
        ({"amp": "auto"}, "--amp auto: MindSpore has it from 2.4 on"),
    ],
)
def test_what_does_not_go_together_is_refused(given, said, monkeypatch):
    monkeypatch.setattr(
        runtime, "version", lambda package: (2, 3) if "m" in package[:1] else (1, 0)
    )
    with pytest.raises(UsageError, match=said):
        ms_gan.fit("faces", **{"amp": "O2", **given})
