import mindspore as ms
import numpy as np
import pytest

from ms_gan.errors import GanError
from ms_gan.training.health import FLAT, LONG, SAME, BadNumbers, Health

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


def spoil(parameter, value):
    ms.ops.assign(parameter, ms.Tensor(np.full(parameter.shape, value, np.float32)))


@pytest.mark.parametrize("value, told", [(np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf")])
def test_a_loss_that_is_not_finite_is_named_with_step_and_epoch(values, value, told):
    with pytest.raises(BadNumbers) as found:
        Health(values).check(12, 3, {"loss_g": 0.5, "loss_d": value, "d_x": value})
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
        Health(values).check(12, 3, {"loss_g": np.nan})


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_weight_that_is_not_finite_is_named_with_step_and_epoch(values, value):
    health = Health(values)
    health.check_values(11, 3)
    spoil(values["a"], value)
    with pytest.raises(BadNumbers, match=r"^a isn't finite at step 12 \(epoch 3\); 1 of 3"):
        health.check_values(12, 3)


def test_a_hopeless_game_is_told_once_when_it_has_lasted(values, capsys):
    health = Health(values)
    for step in range(1, LONG):
        health.check(step, 1, CERTAIN)
    assert capsys.readouterr().err == ""
    health.check(LONG, 1, CERTAIN)
    [line] = capsys.readouterr().err.split("\n")[
        1:-1
    ]  # on a line of its own, below the progress bar
    assert line.startswith(
        f"warning: at step {LONG} the discriminator has been sure of everything for {LONG} lines"
    )
    health.check(LONG + 1, 1, DOUBTFUL)
    for step in range(3 * LONG):
        health.check(step, 1, CERTAIN)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "broken", [DOUBTFUL, {**CERTAIN, "d_x": 0.99}, {**CERTAIN, "d_g_z1": 0.01}, {"loss_g": 9.0}]
)
def test_one_doubt_and_the_game_is_not_hopeless(values, capsys, broken):
    health = Health(values)
    for step in range(3 * LONG):
        health.check(step, 1, broken if step % LONG == LONG - 1 else CERTAIN)
    assert capsys.readouterr().err == ""


def test_samples_that_stay_the_same_are_told_once(values, capsys):
    health = Health(values)
    for step in range(1, SAME):
        health.check_variety(step, FLAT / 2)
    assert capsys.readouterr().err == ""
    for step in range(SAME, 4 * SAME):
        health.check_variety(step, FLAT / 2)
    [line] = capsys.readouterr().err.split("\n")[1:-1]
    assert line.startswith(
        f"warning: at step {SAME} all generated images have been nearly the same for {SAME} samples"
    )


def test_samples_that_differ_now_and_then_are_fine(values, capsys):
    health = Health(values)
    for step in range(3 * SAME):
        health.check_variety(step, 2 * FLAT if step % SAME == SAME - 1 else 0.0)
    assert capsys.readouterr().err == ""
