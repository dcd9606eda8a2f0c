"""The first steps of a process, which compile and time the step and leave no other trace."""

from __future__ import annotations

import itertools
import time

from ms_gan.pace import Pace
from ms_gan.parameters import assign, snapshot, tensors
from ms_gan.runtime import quiet
from ms_gan.streams import stream
from ms_gan.training.training import Training

STEPS = 3  # the first one compiles


def warm_up(training: Training) -> tuple[float, float]:
    """Compile the step and time it, then put everything back.

    Returns:
        The seconds to compile, and the seconds a step.
    """
    objective, batches, pace = training.objective, training.batches, Pace()
    before = snapshot(objective.parameters())
    times = [time.perf_counter()]
    for batch in itertools.islice(batches.from_step(0), STEPS):
        noise = objective.noise(stream(0, "warm-up"), batches.batch_size)
        with quiet():  # MindSpore warns where it has compiled another step before
            outputs = objective.train_step(*batch, *tensors(noise))
        pace.wait(outputs)
        times.append(time.perf_counter())
    assign(objective.parameters(), before)
    step = (times[-1] - times[1]) / (STEPS - 1)
    return max(times[1] - times[0] - step, 0.0), step
