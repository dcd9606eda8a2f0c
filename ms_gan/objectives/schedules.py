"""Learning rates that change by the step.

They run inside the compiled step and follow the optimizer's own count.
"""

from __future__ import annotations

import mindspore as ms
from mindspore import Tensor, nn, ops
from mindspore.nn.learning_rate_schedule import LearningRateSchedule


class ThenLinear(LearningRateSchedule):
    """`lr` for `steady` steps, then straight down to 0 within `falling` steps, then 0."""

    def __init__(self, lr: float, steady: int, falling: int) -> None:
        super().__init__()
        self.lr, self.steady, self.falling = lr, float(steady), float(falling)

    def construct(self, global_step: Tensor) -> Tensor:
        beyond = ops.relu(ops.cast(global_step, ms.float32) - self.steady)
        return self.lr * ops.relu(1 - beyond / self.falling)


def falling_at_last(
    lr: float, epochs: int, decay_epochs: int, updates: int
) -> float | LearningRateSchedule:
    """`lr`, falling straight to 0 in the last `decay_epochs` of `epochs`, 0 for not at all.

    updates: of the weights in an epoch, which is what an optimizer counts.
    """
    if not decay_epochs:
        return lr
    falling = min(decay_epochs, epochs)
    return ThenLinear(lr, (epochs - falling) * updates, falling * updates)


def halved_every(lr: float, steps: int) -> LearningRateSchedule:
    """`lr`, halved after every `steps` steps."""
    return nn.ExponentialDecayLR(lr, 0.5, steps, is_stair=True)
