"""Gradient accumulation: a batch is computed in equal parts, one after another, for want of memory.

Losses and penalties are means over the examples, so that the mean over the parts is what the whole
batch gives, but for layers that look at the batch as a whole: batch normalisation takes the
statistics of each part, and spectral normalisation iterates once for every part.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mindspore import Tensor, ops

_concat, _depend = ops.Concat(0), ops.Depend()


def gradients_in_parts(function: Callable[..., Any], parts: int) -> Callable[..., Any]:
    """What `ops.value_and_grad` has made, computed in parts; for compiled steps.

    Args:
        function: (*inputs) -> values, gradients. Inputs are tensors, batch-first or scalars, or
          None. Values are a scalar, or a tuple of scalars and batch-first tensors.
        parts: how many, each of as many examples.

    Returns:
        A function of the same inputs. Its scalars and gradients are means over the parts, its
        batch-first values those of the whole batch.
    """

    def mean_of_parts(*inputs):
        values, gradients = function(*_part(inputs, 0, parts))
        several = isinstance(values, tuple)
        found = (values if several else (values,),)
        for index in range(1, parts):
            # Kept from running side by side, which would take the memory of all parts at once.
            part = _after(_part(inputs, index, parts), gradients)
            values, more = function(*part)
            found += (values if several else (values,),)
            gradients = _sums(gradients, more)
        joined = ()
        for index in range(len(found[0])):
            joined += (_joined([values[index] for values in found], parts),)
        means = ()
        for gradient in gradients:
            means += (gradient / parts,)
        return (joined if several else joined[0]), means

    return mean_of_parts


def in_parts(function: Callable[..., Tensor], parts: int) -> Callable[..., Tensor]:
    """A function of batch-first tensors or None to one of them, computed in parts."""

    def whole(*inputs):
        made = function(*_part(inputs, 0, parts))
        found = (made,)
        for index in range(1, parts):
            made = function(*_after(_part(inputs, index, parts), (made,)))
            found += (made,)
        return _concat(found)

    return whole


def _part(inputs, index, parts):
    """One part of each input; scalars and None stay whole."""
    found = ()
    for x in inputs:
        if isinstance(x, Tensor) and x.ndim > 0:
            size = x.shape[0] // parts
            x = x[index * size : (index + 1) * size]
        found += (x,)
    return found


def _after(inputs, done):
    """The inputs, which there aren't before `done` is."""
    found = ()
    for x in inputs:
        found += (_depend(x, done) if isinstance(x, Tensor) else x,)
    return found


def _sums(gradients, others):
    found = ()
    for gradient, other in zip(gradients, others):
        found += (gradient + other,)
    return found


def _joined(values, parts):
    """The mean of scalars, or batch-first tensors behind one another."""
    if values[0].ndim > 0:
        return _concat(values)
    total = values[0]
    for value in values[1:]:
        total = total + value
    return total / parts
