import signal

import pytest

from ms_gan.training.stop import StopSignal

SIGNALS = [signal.SIGINT, signal.SIGTERM]


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_noted_and_the_handler_of_before_comes_back(number):
    before = signal.getsignal(number)
    with StopSignal() as stop:
        assert stop.received is None
        signal.raise_signal(number)
        assert stop.received == number
    assert signal.getsignal(number) is before


def test_the_first_of_several_counts():
    with StopSignal() as stop:
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
        assert stop.received == signal.SIGTERM


@pytest.mark.parametrize("number", SIGNALS)
def test_listening_again_takes_the_signal_from_a_foreign_handler(number):
    foreign = []
    with StopSignal() as stop:
        signal.signal(number, lambda *_: foreign.append(number))
        stop.listen()
        signal.raise_signal(number)
    assert (stop.received, foreign) == (number, [])
