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


def halved_every(lr: float, steps: int) -> LearningRateSchedule:
    """`lr`, halved after every `steps` steps."""
    return nn.ExponentialDecayLR(lr, 0.5, steps, is_stair=True)
