"""Ctrl-C and SIGTERM end a run after the step in progress, with everything saved."""

import signal


class StopSignal:
    """While active, SIGINT and SIGTERM are only noted in `received`."""

    def __init__(self):
        self.received = None

    def __enter__(self):
        self._before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        self.listen()
        return self

    def listen(self):
        """Take the signals, again where MindSpore's data pipeline has put a handler of its own in place."""
        for number in self._before:
            signal.signal(number, self._note)

    def __exit__(self, *_):
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number, _frame):
        self.received = self.received or number
