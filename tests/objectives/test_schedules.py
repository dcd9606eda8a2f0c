import mindspore as ms
import numpy as np
import pytest
from mindspore import nn

from ms_gan.objectives.optimizers import Rates, adam
from ms_gan.objectives.schedules import ThenLinear, falling_at_last, halved_every


def rates(schedule, steps):
    return [float(schedule(ms.Tensor(step, ms.int32))) for step in steps]


def test_steady_then_straight_down_to_0():
    found = rates(ThenLinear(0.2, 3, 4), range(10))
    assert found == pytest.approx([0.2, 0.2, 0.2, 0.2, 0.15, 0.1, 0.05, 0, 0, 0], abs=1e-7)


def test_falling_from_the_start():
    assert rates(ThenLinear(1.0, 0, 2), range(4)) == pytest.approx([1, 0.5, 0, 0])


def test_pix2pix_after_200_epochs_of_400_pairs_has_come_to_0():
    found = rates(ThenLinear(2e-4, 40_000, 40_000), [0, 40_000, 60_000, 79_999, 80_000])
    assert found == pytest.approx([2e-4, 2e-4, 1e-4, 2e-4 / 40_000, 0], rel=0.01, abs=0)


@pytest.mark.parametrize(
    "epochs, decay_epochs, expected",
    [(4, 2, [1, 1, 1, 0.5, 0]), (4, 4, [1, 0.75, 0.5, 0.25, 0]), (2, 9, [1, 0.5, 0, 0, 0])],
)
def test_falling_in_the_last_epochs(epochs, decay_epochs, expected):
    schedule = falling_at_last(1.0, epochs, decay_epochs, updates=10)
    assert rates(schedule, range(0, 50, 10)) == pytest.approx(expected)


def test_a_rate_that_does_not_fall_is_a_number():
    assert falling_at_last(0.2, epochs=4, decay_epochs=0, updates=10) == 0.2


def test_halved_after_every_so_many_steps():
    assert rates(halved_every(0.8, 3), [0, 2, 3, 5, 6, 9]) == pytest.approx(
        [0.8, 0.8, 0.4, 0.4, 0.2, 0.1]
    )


def test_a_compiled_step_follows_the_optimizers_own_count():
    """On an even slope, Adam's steps are as long as the rate."""
    cell = nn.Cell()
    cell.w = ms.Parameter(ms.Tensor(np.zeros(1, np.float32)), name="w")
    schedule = ThenLinear(0.1, 2, 2)
    optimizer = adam("generator", [cell], schedule, Rates(schedule, schedule, 0.5))

    @ms.jit
    def step(gradient):
        optimizer((gradient,))
        return gradient

    seen = [0.0]
    for _ in range(6):
        step(ms.Tensor(np.ones(1, np.float32)))
        seen.append(float(cell.w.asnumpy()[0]))
    np.testing.assert_allclose(-np.diff(seen), [0.1, 0.1, 0.1, 0.05, 0, 0], atol=1e-4)
