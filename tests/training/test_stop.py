import signal
import threading

import pytest

from ms_gan.training.stop import StopOnSignal

SIGNALS = [signal.SIGINT, signal.SIGTERM]


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_noted_and_the_handler_of_before_comes_back(number):
    before = signal.getsignal(number)
    with StopOnSignal() as stop:
        assert stop.received is None
        signal.raise_signal(number)
        assert stop.received == number
    assert signal.getsignal(number) is before


def test_the_first_of_several_counts():
    with StopOnSignal() as stop:
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
        assert stop.received == signal.SIGTERM


@pytest.mark.parametrize("number", SIGNALS)
def test_listening_again_takes_the_signal_from_a_foreign_handler(number):
    foreign = []
    with StopOnSignal() as stop:
        signal.signal(number, lambda *_: foreign.append(number))
        stop.listen()
        signal.raise_signal(number)
    assert (stop.received, foreign) == (number, [])


def test_in_another_thread_training_goes_on_without_signals():
    found = []

    def train():
        with StopOnSignal() as stop:
            found.append(stop.received)

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert found == [None]
