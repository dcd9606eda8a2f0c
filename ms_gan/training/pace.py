"""Waiting for a training step without taking the processor from it."""

import time

import mindspore as ms

EARLY = 0.95  # the share of a step to sleep through before asking for it
CLOSE = 0.02  # an answer within this share of a step means that it had been finished for a while


class Pace:
    """Waits for each step on a CPU by sleeping nearly as long as the one before took.

    MindSpore (2.7 and later) computes a step on threads of its own while Python goes on, but whoever asks for a value
    before it is there waits in a loop that occupies a whole core: on two cores that costs a step a quarter of its
    speed. On an Ascend card or a GPU nothing waits here at all; steps queue up on the device.
    """

    def __init__(self):
        self._waits = ms.get_context("device_target") == "CPU"
        self._nap = 0.0

    def wait(self, outputs):
        """Return when the step that gives `outputs` has been computed, or at once where it needn't be awaited."""
        if not self._waits:
            return
        began = time.perf_counter()
        time.sleep(self._nap)
        asked = time.perf_counter()
        outputs[0].asnumpy()  # on a CPU this copies nothing
        ended = time.perf_counter()
        if ended - asked < CLOSE * (ended - began):
            self._nap *= 0.9
        else:
            # One slow step shouldn't make the next ones oversleep, so a nap grows in small steps but for the first.
            longest = 1.1 * self._nap if self._nap else ended - began
            self._nap = min(EARLY * (ended - began), longest)
