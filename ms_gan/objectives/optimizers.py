"""The players' Adam, whose gradients may be averaged over ranks, and scaled for float16."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mindspore import Parameter, Tensor, nn
from mindspore.amp import all_finite
from mindspore.nn.learning_rate_schedule import LearningRateSchedule

if TYPE_CHECKING:
    from mindspore.amp import DynamicLossScaler


@dataclass(frozen=True)
class Rates:
    """The learning rates, numbers or schedules, and decay rates of the players' Adams."""

    generator: float | LearningRateSchedule
    discriminator: float | LearningRateSchedule
    beta1: float
    beta2: float = 0.999


class Adam(nn.Adam):
    """`nn.Adam` of gradients that `average`, which `ms_gan.distribution` sets, takes over ranks.

    With a `scaler`, see `Objective.scale_losses`, gradients come scaled, and where one of them
    isn't finite, on any rank, nothing moves but the scale.
    """

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self.average: Callable[..., Any] | None = None
        self.scaler: DynamicLossScaler | None = None

    def construct(self, gradients: tuple[Tensor, ...]) -> tuple[Tensor, ...] | Tensor:
        if self.average is not None:
            gradients = self.average(gradients)
        if self.scaler is None:
            return super().construct(gradients)
        gradients = self.scaler.unscale(gradients)
        finite = all_finite(gradients)
        if finite:
            super().construct(gradients)
        self.scaler.adjust(finite)
        return finite


def adam(
    name: str, networks: Sequence[nn.Cell], rate: float | LearningRateSchedule, rates: Rates
) -> Adam:
    """An `Adam` for the weights of several networks, with the decay rates of `rates`.

    The names of its own parameters begin with `name`: MindSpore refuses a compiled step with two of
    one name, such as "global_step".
    """
    weights = [weight for network in networks for weight in network.trainable_params()]
    # MindSpore refuses a decay rate of 0.
    optimizer = Adam(weights, rate, max(rates.beta1, 1e-12), rates.beta2)
    for parameter in own_state(optimizer):
        parameter.name = f"{name}.{parameter.name}"
    return optimizer


def own_state(optimizer: Adam) -> list[Parameter]:
    """The parameters of an optimizer but for the weights: moments, counters, learning rate."""
    weights = {id(parameter) for parameter in optimizer.parameters}
    return [parameter for parameter in optimizer.get_parameters() if id(parameter) not in weights]
