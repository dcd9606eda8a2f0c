"""Threads that compute in turns."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np

import ms_gan
from ms_gan.in_turns import in_turns


def test_no_two_threads_are_in_such_functions_at_a_time():
    inside, most, arrived = [], [], threading.Barrier(2)

    @in_turns
    def compute(number, twice=1):
        inside.append(number)
        most.append(len(inside))
        sum(range(10**6))  # long enough for the other thread to have its turn
        inside.remove(number)
        return number * twice

    @in_turns
    def call(number):
        return compute(number, twice=2)  # a thread doesn't wait for itself

    def often(number):
        arrived.wait(10)
        return [call(number) for _ in range(5)]

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(often, (1, 2))) == [[2] * 5, [4] * 5]
    assert max(most) == 1 and len(most) == 10


def test_a_generator_can_be_compiled_while_another_computes():
    first = ms_gan.load("faces-plus")
    expected, done, made = first.generate([0, 1]), threading.Event(), []

    def go_on():
        while not done.is_set():
            made.append(first.generate([0, 1]))

    thread = threading.Thread(target=go_on)
    thread.start()
    second = ms_gan.load("faces-plus").generate([0, 1])
    done.set()
    thread.join()
    np.testing.assert_array_equal(second, expected)
    assert made and all((images == expected).all() for images in made)
