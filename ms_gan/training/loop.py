"""The training loop: next batch, noise, step, log, sample, save."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from ms_gan.parameters import tensors
from ms_gan.training.callbacks import Callback
from ms_gan.training.finite import BadNumbers
from ms_gan.training.training import Training


def train(training: Training, total: int, callbacks: Sequence[Callback] = ()) -> None:
    """Train until `total` steps have been made in all, or a callback sets `training.stopped`.

    Args:
        training: goes on from the step that it is at.
        total: the number of steps.
        callbacks: what hooks in, called in this order.

    Raises:
        BadNumbers: a loss or a weight isn't finite any more, and no callback has mended that.
        GanError: the data can't be read any more.
        OSError: the run folder can't be written.
    """
    objective, every = training.objective, training.settings
    batches = training.clock.timed(training.batches.from_step(training.step))
    for callback in callbacks:
        batches = callback.batches(training, batches)
    try:
        with contextlib.closing(batches), training.clock.running():
            for batch in batches:
                rng, count = training.stream(), training.batches.batch_size
                noise = objective.inputs(rng, count, training.step)
                training.outputs = objective.train_step(*batch, *tensors(noise))
                training.step += 1
                step, ended = training.step, training.step >= total
                for callback in callbacks:
                    callback.after_step(training, training.outputs)

                if step == 1 or step % every.log == 0:
                    line = training.log()
                    for callback in callbacks:
                        callback.after_log(training, line)
                if ended or step % every.sample == 0:
                    std = training.sample()
                    for callback in callbacks:
                        callback.after_sample(training, std)
                if every.plot and step % every.plot == 0:
                    training.plot()
                ending = ended or training.stopped is not None
                if ending or training.save_is_due():
                    training.save()
                if ending:
                    return
        training.save()  # the batches have ended: Ctrl-C came while one was made
    except BadNumbers as trouble:
        if not any([callback.mend(training, trouble) for callback in callbacks]):
            raise
        train(training, total, callbacks)
