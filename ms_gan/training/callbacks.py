"""What hooks into the training loop from outside."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from ms_gan.data.base import Batch

if TYPE_CHECKING:
    from mindspore import Tensor

    from ms_gan.training.finite import BadNumbers
    from ms_gan.training.training import Training

Feed = Generator[Batch, None, None]


class Callback:
    """Watches or interrupts a training. A subclass overrides what it needs.

    To end the training after the step in progress, set `training.stopped`.
    """

    def batches(self, training: Training, batches: Feed) -> Feed:
        """The batches as the loop sees them; asked for when the loop begins."""
        return batches

    def after_step(self, training: Training, outputs: tuple[Tensor, ...]) -> None:
        """A step has been handed to the device, and `training.step` counts it."""

    def after_log(self, training: Training, line: dict[str, Any]) -> None:
        """A line has been logged."""

    def after_sample(self, training: Training, std: float | None) -> None:
        """A sample has been made, see `Sampler.std`."""

    def mend(self, training: Training, trouble: BadNumbers) -> bool:
        """Numbers aren't finite any more. Returns whether the training can go on from here."""
        return False
