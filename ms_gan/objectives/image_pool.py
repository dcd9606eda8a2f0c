"""A pool of earlier fakes, from which a discriminator learns too (Shrivastava et al.

2017, arXiv:1612.07828).
"""

import mindspore as ms
import numpy as np
from mindspore import ops


class ImagePool:
    """Some earlier images as Parameters, so that a compiled step can use them and a checkpoint
    holds them.

    name: begins the Parameters' names; size: how many images; shape: (C, H, W). `state` is {name:
    Parameter}.
    """

    def __init__(self, name, size, shape):
        self.images = ms.Parameter(
            ms.Tensor(np.zeros((size, *shape), np.float32)),
            name=f"{name}.images",
            requires_grad=False,
        )
        self.filled = ms.Parameter(
            ms.Tensor(0, ms.int32), name=f"{name}.filled", requires_grad=False
        )
        self.state = {p.name: p for p in (self.images, self.filled)}
        self.exchange = _exchange(self.images, self.filled, size)


def draws(rng, count):
    """The random numbers that `exchange` takes for `count` images: float32 (count, 2) in [0, 1)."""
    return rng.random((count, 2), np.float32)


def _exchange(pool, filled, size):
    """A function for compiled steps: (images (N, C, H, W), draws (N, 2)) -> images (N, C, H, W).

    As long as the pool isn't full, images are stored and handed back. Then each has an even chance
    to be handed back or to take the place of a stored one, chosen at random, which is handed back
    instead.
    """
    places = ms.Tensor(np.arange(size).reshape(-1, 1, 1, 1), ms.int32)

    def exchange(images, drawn):
        stored, count, out = pool, filled, ()
        for index in range(images.shape[0]):
            image = images[index : index + 1]
            full = ops.cast(count >= size, ms.float32)
            chosen = ops.cast(drawn[index, 0] * size, ms.int32)
            place = ops.cast(count, ms.int32) * ops.cast(1 - full, ms.int32) + chosen * ops.cast(
                full, ms.int32
            )
            at = ops.cast(places == place, ms.float32)  # 1 at the place, 0 elsewhere
            old = (stored * at).sum(0, keepdims=True)
            swap = full * ops.cast(drawn[index, 1] < 0.5, ms.float32)
            store = swap + (1 - full)
            out += (swap * old + (1 - swap) * image,)
            stored = stored + store * at * (image - old)
            count = count + ops.cast(1 - full, ms.int32)
        ops.assign(pool, stored)
        ops.assign(filled, count)
        return ops.concat(out, 0)

    return exchange
