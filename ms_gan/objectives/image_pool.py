"""A pool of earlier fakes to learn from (Shrivastava et al. 2017, arXiv:1612.07828)."""

from __future__ import annotations

from collections.abc import Callable

import mindspore as ms
import numpy as np
from mindspore import Parameter, Tensor, ops


class ImagePool:
    """Some earlier images as Parameters, for compiled steps and checkpoints.

    Args:
        name: begins the Parameters' names.
        shape: (size, C, H, W), size being how many images.

    Attributes:
        state: {name: Parameter}.
        exchange: for compiled steps, images (N, C, H, W), draws (N, 2) -> images (N, C, H, W). As
          long as the pool isn't full, images are stored and handed back. Then each has an even
          chance to be handed back or to take the place of a stored one, chosen at random, which is
          handed back instead.
    """

    def __init__(self, name: str, shape: tuple[int, int, int, int]) -> None:
        images, filled = Tensor(np.zeros(shape, np.float32)), Tensor(np.array(0, np.int32))
        self.images = Parameter(images, name=f"{name}.images", requires_grad=False)
        self.filled = Parameter(filled, name=f"{name}.filled", requires_grad=False)
        self.state = {p.name: p for p in (self.images, self.filled)}
        self.exchange = _exchange(self.images, self.filled)


def draws(rng: np.random.Generator, count: int) -> np.ndarray:
    """The random numbers that `exchange` takes for `count` images: float32 (count, 2) in [0, 1)."""
    return rng.random((count, 2), np.float32)


def _exchange(pool: Parameter, filled: Parameter) -> Callable[[Tensor, Tensor], Tensor]:
    size = pool.shape[0]
    places = Tensor(np.arange(size).reshape(-1, 1, 1, 1), ms.int32)

    def exchange(images, drawn):
        stored, count, out = pool, filled, ()
        for index in range(images.shape[0]):
            image = images[index : index + 1]
            full = ops.cast(count >= size, ms.int32)
            chosen = ops.cast(drawn[index, 0] * size, ms.int32)
            place = count * (1 - full) + chosen * full
            at = ops.cast(places == place, ms.float32)  # 1 at the place, 0 elsewhere
            old = (stored * at).sum(0, keepdims=True)
            swap = full * ops.cast(drawn[index, 1] < 0.5, ms.float32)
            store = swap + (1 - full)
            out += (swap * old + (1 - swap) * image,)
            stored = stored + store * at * (image - old)
            count = count + 1 - full
        ops.assign(pool, stored)
        ops.assign(filled, count)
        return ops.concat(out, 0)

    return exchange
