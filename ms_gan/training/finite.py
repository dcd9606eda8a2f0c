"""Values of a training that aren't finite any more, as NaN is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ms_gan.errors import GanError

if TYPE_CHECKING:
    from mindspore import Parameter


class BadNumbers(GanError):
    """A loss, a weight or another value of the training isn't finite."""


def check_finite(parameters: Mapping[str, Parameter], step: int, epoch: int) -> None:
    """Look at every value that training changes. Raises BadNumbers that names step and value."""
    bad = not_finite(parameters)
    if bad:
        raise BadNumbers(
            f"{bad[0]} isn't finite at step {step} (epoch {epoch}); {told(parameters, bad)}"
        )


def not_finite(parameters: Mapping[str, Parameter]) -> list[str]:
    """The keys of values that aren't finite."""
    return [
        key for key, parameter in parameters.items() if not np.isfinite(parameter.asnumpy()).all()
    ]


def told(parameters: Mapping[str, Parameter], bad: list[str]) -> str:
    """How many of the values aren't finite, in words."""
    first = f", first {bad[0]}" if bad else ""
    return f"{len(bad)} of {len(parameters)} saved values are affected{first}"
