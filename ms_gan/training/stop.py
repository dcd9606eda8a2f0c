"""Ctrl-C and SIGTERM end a run after the step in progress, with everything saved."""

import signal


class StopSignal:
    """While active, SIGINT and SIGTERM are only noted in `received`."""

    def __init__(self):
        self.received = None

    def __enter__(self):
        self._before = {
            number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)
        }
        self.listen()
        return self

    def listen(self):
        """Take the signals, again where MindSpore's data pipeline has put a handler of its own in
        place.
        """
        for number in self._before:
            signal.signal(number, self._note)

    def over(self, batches):
        """The batches, listening before each is handed on, until a Ctrl-C comes while the next one
        is being made.

        While it changes from one epoch's reader to the next, MindSpore puts Python's own handler in
        place for a moment.
        """
        batches = iter(batches)
        while True:
            try:
                batch = next(batches)
            except KeyboardInterrupt:
                self.received = self.received or signal.SIGINT
                return
            self.listen()
            yield batch

    def __exit__(self, *_):
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number, _frame):
        self.received = self.received or number
