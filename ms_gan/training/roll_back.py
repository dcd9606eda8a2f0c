"""What a run does when its numbers aren't finite any more: end, or go back and on."""

from __future__ import annotations

import logging

from ms_gan.training.callbacks import Callback
from ms_gan.training.finite import BadNumbers
from ms_gan.training.training import Training

ROLLBACKS = 10  # in all; a run that needs more is beyond help

log = logging.getLogger(__name__)


class RollBack(Callback):
    """Goes back to the last checkpoint, from which the training goes on with other noise.

    Args:
        wanted: whether the user has asked for it; otherwise the error says what to do.
    """

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted

    def mend(self, training: Training, trouble: BadNumbers) -> bool:
        recorder = training.recorder
        sound = f"the checkpoint of step {recorder.saved} in {recorder.run.path} is sound"
        if not self._wanted:
            raise BadNumbers(
                f"{trouble}; {sound}: try a lower learning rate in a new run, or resume this one "
                "with --on-nan rollback"
            ) from None
        rollbacks = training.rollbacks + 1
        if rollbacks > ROLLBACKS:
            raise BadNumbers(
                f"{trouble}; {sound}, but going back {ROLLBACKS} times didn't help: try a lower "
                "learning rate in a new run"
            ) from None
        training.resume()
        training.rollbacks = rollbacks
        again = (
            f"back to step {training.step}, on with other noise ({rollbacks} of {ROLLBACKS} times)"
        )
        log.warning("%s; %s", trouble, again)
        return True
