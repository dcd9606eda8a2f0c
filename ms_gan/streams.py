"""Random streams by name: every use of randomness has one of its own, and no state is remembered.

A stream is a counter-based generator, NumPy's Philox (Salmon et al. 2011), whose key is a hash of
the seed and the names. So streams of other names can't meet, and whoever knows the names can draw
the same numbers again:

    stream(seed, "weights")                        first weights
    stream(seed, "noise", rollbacks, step, rank)   latents and dropout masks of a step
    stream(seed, "warm-up")                        noise of the steps that only time
    stream(seed, "shuffle", epoch)                 the order of the examples, alike on every rank
    stream(seed, "shuffle", "partners", epoch)     the order of the smaller of two unpaired sets
    stream(seed, "augmentation", epoch, rank)      crops and mirroring
    stream(seed, "fixed samples")                  latents of a run's samples
    stream(seed, "statistics")                     latents for averaged generators' statistics
    stream(seed, "latent")                         the latent vector that `generate` makes of a seed
    stream(seed, "points")                         the data of the recipe gaussian
    stream(seed, "holdout")                        the examples kept out of training
    stream(seed, "scored")                         the real images that scores compare with

Synthetic stand-ins have one for each image. Those of `ms_gan.explore` are in docs/overview.md.
"""

from __future__ import annotations

import hashlib
import json

import numpy as np


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """The random stream of a seed and some names, always from its beginning.

    Args:
        seed: the run's seed, a whole number of at least 0.
        names: what the numbers are for, such as "noise", and of which step, epoch or rank.

    Returns:
        A generator of its own: the same for the same arguments, in every process and on every
          device.
    """
    text = json.dumps(
        [int(seed), *(name if isinstance(name, str) else int(name) for name in names)]
    )
    key = int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "little")
    return np.random.Generator(np.random.Philox(key=key))
