"""Dynamic loss scaling, which float16 needs: small gradients would be 0 in it.

A loss is multiplied by its network's scale before the gradient, and the gradient divided by it
afterwards, in float32. Where that overflows, the update is skipped and the scale halved; after many
updates without, it is doubled (Micikevicius et al. 2018, arXiv:1710.03740).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
from mindspore import Parameter, ops
from mindspore.amp import DynamicLossScaler

from ms_gan.parameters import snapshot

FIRST, FACTOR, WINDOW = 2**16, 2, 2000  # the first scale, its changes, updates between doublings
PREFIX = "scale/"  # of the keys


def loss_scaler(name: str, window: int = WINDOW) -> DynamicLossScaler:
    """A scale, whose parameters' names begin with `name`: they are unique in a compiled step."""
    scaler = DynamicLossScaler(FIRST, FACTOR, window)
    scaler.scale_value.name, scaler.counter.name = f"{name}.scale", f"{name}.finite"
    return scaler


def scaled_gradients(
    loss: Callable[..., Any], weights: Any, scaler: DynamicLossScaler, has_aux: bool
) -> Callable[..., Any]:
    """`ops.value_and_grad` of a loss for the weights, whose gradients are `scaler` times as large.

    The values are as they were.
    """

    def scaled(*inputs):
        values = loss(*inputs)
        if not has_aux:
            values = (values,)
        return (values[0] * scaler.scale_value,) + values  # noqa: RUF005 - 2.0.0 compiles no star

    gradient = ops.value_and_grad(scaled, None, weights, has_aux=True)

    def values_and_gradients(*inputs):
        values, gradients = gradient(*inputs)
        return (values[1:] if has_aux else values[1]), gradients

    return values_and_gradients


def parameters(scalers: Mapping[str, DynamicLossScaler]) -> dict[str, Parameter]:
    """The scales, "scale/generator", and for how many updates, "scale/generator.finite"."""
    found = {}
    for name, scaler in scalers.items():
        found[f"{PREFIX}{name}"] = scaler.scale_value
        found[f"{PREFIX}{name}.finite"] = scaler.counter
    return found


def fitted(
    values: Mapping[str, np.ndarray], wanted: Mapping[str, Parameter]
) -> dict[str, np.ndarray]:
    """A checkpoint's values for a run that goes on with scales, or without, unlike before.

    Args:
        values: {key: array}.
        wanted: {key: Parameter} of the run, whose scales are the first ones.
    """
    first = snapshot({key: one for key, one in wanted.items() if key.startswith(PREFIX)})
    found = {key: value for key, value in values.items() if _belongs(key, wanted)}
    return {**first, **found}


def _belongs(key: str, wanted: Collection[str]) -> bool:
    return key in wanted or not key.startswith(PREFIX)
