import re
from types import SimpleNamespace

import mindspore as ms
import numpy as np
import pytest

from ms_gan.errors import GanError
from ms_gan.options import flag_of, options_of
from ms_gan.recipes import RECIPES
from ms_gan.training.finite import BadNumbers, check_finite
from ms_gan.training.health import FLAT, LONG, SAME, Health

CERTAIN, DOUBTFUL = (
    {"loss_g": 9.0, "d_x": 0.9999, "d_g_z1": 0.0001},
    {"loss_g": 1.0, "d_x": 0.6, "d_g_z1": 0.4},
)


@pytest.fixture
def values():
    """Two weights and a count, all sound."""
    return {
        "a": ms.Parameter(ms.Tensor([1.0, 2.0])),
        "b": ms.Parameter(ms.Tensor([[3.0]])),
        "step": ms.Parameter(ms.Tensor(7, ms.int32)),
    }


def log(health, values, step, numbers):
    """Let it look at a line of the log, in the third epoch of a training of these values."""
    objective = SimpleNamespace(parameters=lambda: values)
    health.after_log(SimpleNamespace(step=step, epoch=3, objective=objective), numbers)


def sample(health, step, std):
    health.after_sample(SimpleNamespace(step=step), std)


def spoil(parameter, value):
    ms.ops.assign(parameter, ms.Tensor(np.full(parameter.shape, value, np.float32)))


@pytest.mark.parametrize("value, told", [(np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf")])
def test_a_loss_that_is_not_finite_is_named_with_step_and_epoch(values, value, told):
    with pytest.raises(BadNumbers) as found:
        log(Health(()), values, 12, {"loss_g": 0.5, "loss_d": value, "d_x": value})
    assert (
        str(found.value)
        == f"loss_d is {told} at step 12 (epoch 3); 0 of 3 saved values are affected"
    )
    assert isinstance(found.value, GanError) and found.value.status == 1


def test_the_spoilt_values_are_counted_and_the_first_is_named(values):
    spoil(values["b"], np.nan)
    with pytest.raises(
        BadNumbers, match=r"^loss_g is nan at step 12 \(epoch 3\); 1 of 3 saved values .* first b$"
    ):
        log(Health(()), values, 12, {"loss_g": np.nan})


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_weight_that_is_not_finite_is_named_with_step_and_epoch(values, value):
    check_finite(values, 11, 3)
    spoil(values["a"], value)
    with pytest.raises(BadNumbers, match=r"^a isn't finite at step 12 \(epoch 3\); 1 of 3"):
        check_finite(values, 12, 3)


def test_a_hopeless_game_is_told_once_when_it_has_lasted(values, caplog):
    health = Health(("lr", "ndf"))
    for step in range(1, LONG):
        log(health, values, step, CERTAIN)
    assert caplog.text == ""
    log(health, values, LONG, CERTAIN)
    [line] = caplog.messages
    assert line.startswith(
        f"at step {LONG} the discriminator has been sure of everything for {LONG} lines"
    )
    caplog.clear()
    log(health, values, LONG + 1, DOUBTFUL)
    for step in range(3 * LONG):
        log(health, values, step, CERTAIN)
    assert caplog.text == ""


@pytest.mark.parametrize(
    "broken", [DOUBTFUL, {**CERTAIN, "d_x": 0.99}, {**CERTAIN, "d_g_z1": 0.01}, {"loss_g": 9.0}]
)
def test_one_doubt_and_the_game_is_not_hopeless(values, caplog, broken):
    health = Health(("lr", "ndf"))
    for step in range(3 * LONG):
        log(health, values, step, broken if step % LONG == LONG - 1 else CERTAIN)
    assert caplog.text == ""


def test_samples_that_stay_the_same_are_told_once(values, caplog):
    health = Health(("lr", "ndf"))
    for step in range(1, SAME):
        sample(health, step, FLAT / 2)
    assert caplog.text == ""
    for step in range(SAME, 4 * SAME):
        sample(health, step, FLAT / 2)
    [line] = caplog.messages
    assert line.startswith(
        f"at step {SAME} all generated images have been nearly the same for {SAME} samples"
    )


def test_samples_that_differ_now_and_then_are_fine(values, caplog):
    health = Health(("lr", "ndf"))
    for step in range(3 * SAME):
        sample(health, step, 2 * FLAT if step % SAME == SAME - 1 else 0.0)
    assert caplog.text == ""


@pytest.mark.parametrize("name", RECIPES)
def test_the_advice_names_options_that_the_recipe_has(values, caplog, name):
    health = Health(options_of(RECIPES[name]))
    for step in range(SAME):
        sample(health, step, 0.0)
    flags = set(re.findall("--[a-z0-9-]+", caplog.text)) - {"--seed"}
    assert flags <= {flag_of(option) for option in options_of(RECIPES[name])}
    assert "--batch-size" in flags and any(flag.startswith("--lr") for flag in flags)


def test_a_sampler_that_tells_no_std_is_never_warned_of(caplog):
    health = Health(())
    for step in range(2 * SAME):
        sample(health, step, None)
    assert caplog.text == ""


def test_a_loss_scale_that_has_fallen_to_the_ground_is_warned_of_once(values, caplog):
    health = Health(())
    for step, scale in enumerate([65536.0, 2.0, 1.0, 1.0]):
        log(health, values, step, {"loss_g": 0.5, "scale_generator": scale})
    (warning,) = caplog.messages
    assert "at step 2 scale_generator has fallen to 1" in warning
