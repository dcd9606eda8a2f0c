"""The first steps of a process, which compile and time the step and leave no other trace."""

from __future__ import annotations

import itertools
import time

from ms_gan.parameters import assign, snapshot, tensors
from ms_gan.runtime import quiet
from ms_gan.streams import stream
from ms_gan.training.training import Training

COMPILING, TIMED = 2, 2  # steps; the first one may be of another kind, as with R1


def warm_up(training: Training) -> tuple[float, float]:
    """Compile the step and time it, then put everything back.

    Returns:
        The seconds to compile, and the seconds a step.
    """
    objective, batches = training.objective, training.batches
    before = snapshot(objective.parameters())
    times = [time.perf_counter()]
    for step, batch in enumerate(itertools.islice(batches.from_step(0), COMPILING + TIMED)):
        noise = objective.inputs(stream(0, "warm-up"), batches.batch_size, step)
        with quiet():  # MindSpore warns where it has compiled another step before
            outputs = objective.train_step(*batch, *tensors(noise))
        outputs[0].asnumpy()  # waits for it
        times.append(time.perf_counter())
    assign(objective.parameters(), before)
    seconds = (times[-1] - times[COMPILING]) / TIMED
    return max(times[COMPILING] - times[0] - COMPILING * seconds, 0.0), seconds
