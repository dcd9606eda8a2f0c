"""Ctrl-C and SIGTERM end a run after the step in progress, with everything saved."""

import signal


class StopSignal:
    """While active, the first SIGINT or SIGTERM is only noted in `received`; a second one interrupts at once."""

    def __init__(self):
        self.received = None

    def __enter__(self):
        self._before = {number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_):
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number, _frame):
        if self.received is not None:
            raise KeyboardInterrupt
        self.received = number
