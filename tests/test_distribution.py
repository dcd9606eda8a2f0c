"""Data-parallel training: shards of data and noise, and two ranks against one."""

import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from signal import SIGINT, SIGTERM
from types import SimpleNamespace

import few_steps
import numpy as np
import pytest
from launching import LIMIT, free_port, launched
from run_files import assert_same_arrays
from stubs import Numbers, made

from ms_gan import launch
from ms_gan.data.base import Batches
from ms_gan.distribution import ALONE, HIGHEST, DistributedWorld, World
from ms_gan.errors import UsageError


class Order(Batches):
    """Batches of the examples' own numbers."""

    def examples(self, epoch, order):
        yield from order.reshape(-1, self.batch_size)


class Examples(SimpleNamespace):
    def __str__(self):
        return f"{self.count} examples"


class Sums(DistributedWorld):
    """A rank whose all-reduce adds up what the ranks of one process, a thread each, hand in."""

    def __init__(self, rank, handed_in, everyone):
        self.rank, self.size = rank, everyone.parties
        self._handed_in, self._everyone = handed_in, everyone

    def _total(self, numbers):
        self._handed_in[self.rank] = np.array(numbers)
        self._everyone.wait()
        total = sum(self._handed_in.values())
        self._everyone.wait()
        return total


def on_each_rank(size, call):
    """What `call(world)` gives on each of `size` ranks."""
    handed_in, everyone = {}, threading.Barrier(size, timeout=10)
    worlds = [Sums(rank, handed_in, everyone) for rank in range(size)]
    with ThreadPoolExecutor(size) as threads:
        return list(threads.map(call, worlds))


def batches(count, batch_size, rank=0, world_size=1):
    made = Order(Examples(count=count), batch_size, seed=7)
    made.shard(rank, world_size)
    return made


def taken(made, step, number):
    """What the next `number` steps from `step` on get, an array (number, batch size)."""
    return np.array([batch for _, batch in zip(range(number), made.from_step(step))])


@pytest.mark.parametrize("world_size", [1, 2, 3, 4])
def test_ranks_shard_the_order_of_one_with_all_their_batches(world_size):
    each = [batches(50, 3, rank, world_size) for rank in range(world_size)]
    one = batches(50, 3 * world_size)
    epoch = one.steps_per_epoch
    assert {made.steps_per_epoch for made in each} == {epoch}
    for step in (0, 2, epoch, epoch + 1):  # from the start, the middle, and on into the next epoch
        shards = np.array([taken(made, step, 2 * epoch) for made in each])  # rank, step, example
        np.testing.assert_array_equal(
            shards.swapaxes(0, 1).reshape(2 * epoch, -1), taken(one, step, 2 * epoch)
        )
    seen = np.array([taken(made, 0, epoch) for made in each]).reshape(-1)
    assert len(set(seen)) == len(seen) == epoch * 3 * world_size
    assert set(seen) <= set(range(50))


def test_every_example_is_seen_once_where_they_fill_the_epoch():
    shards = [taken(batches(24, 3, rank, 4), 0, 2) for rank in range(4)]
    assert sorted(np.array(shards).reshape(-1)) == list(range(24))


def test_too_few_examples_for_all_ranks_are_refused():
    with pytest.raises(
        UsageError, match="--batch-size 4 for each of 3 ranks: there are only 10 examples"
    ):
        batches(10, 4, 0, 3)


def test_ranks_draw_other_noise_and_the_first_what_a_single_one_does(tmp_path):
    seen = []
    for rank in (None, 0, 1, 2):
        world = World()
        if rank is not None:
            world.rank, world.size = rank, 3
        training = made(tmp_path, world=world)
        drawn = []
        for training.step in range(3):
            drawn.extend(training.objective.noise(training.stream(), Numbers.batch_size)[0])
        seen.append(drawn)
    assert seen[0] == seen[1]
    others = [number for numbers in seen[1:] for number in numbers]
    assert len(others) == len(set(others)) == 3 * 3 * Numbers.batch_size


@pytest.mark.parametrize(
    "numbers",
    [(SIGINT, SIGTERM), (SIGTERM, 0), (0, 0, SIGINT), (SIGINT, SIGINT), (0, 0), (HIGHEST, 1, 0)],
)
def test_ranks_agree_on_the_largest_number_of_any(numbers):
    found = on_each_rank(len(numbers), lambda world: world.agree(numbers[world.rank]))
    assert found == [max(numbers)] * len(numbers)


def test_a_mean_is_that_of_all_ranks_and_a_barrier_waits_for_all():
    assert (
        on_each_rank(4, lambda world: world.mean({"a": world.rank, "b": 1.0}))
        == [{"a": 1.5, "b": 1.0}] * 4
    )
    come = []

    def arrive(world):
        come.append(world.rank)
        world.barrier()
        return len(come)

    assert on_each_rank(3, arrive) == [3, 3, 3]


def test_a_single_process_has_nothing_to_wait_for():
    ALONE.barrier()
    assert (ALONE.rank, ALONE.size, ALONE.device) == (0, 1, None)
    assert ALONE.mean({"a": 2.0}) == {"a": 2.0}
    assert ALONE.agree(SIGINT) == SIGINT and ALONE.agree(0) == 0


def _apart(key, found, expected):
    """The distance of two arrays as a share of the length; weights are taken to be 0.01 in the mean
    at least.

    Biases begin at 0 and have made a few steps of 1e-4.
    """
    least = 1e-30 if "optimizer/" in key else 0.01 * np.sqrt(expected.size)
    return np.linalg.norm(found - expected) / max(np.linalg.norm(expected), least)


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    """The folder with what two ranks have learnt and agreed on, from `few_steps`."""
    folder = tmp_path_factory.mktemp("together")
    done = subprocess.run(
        [
            launch.msrun(),
            "--worker_num=2",
            "--local_worker_num=2",
            "--join=True",
            f"--master_port={free_port()}",
            "--log_dir=logs",
            few_steps.__file__,
        ],
        cwd=folder,
        env=launch.environment(2),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@launched
@pytest.mark.parametrize("name", few_steps.CASES)
def test_two_ranks_learn_what_one_learns_from_both_batches(name, together):
    """With batch normalisation over all ranks' images."""
    alone = few_steps.few_steps(name, ALONE)
    both = [dict(np.load(together / f"{name}-{rank}.npz")) for rank in (0, 1)]
    assert_same_arrays(both[1], both[0])
    assert both[0].keys() == alone.keys()
    # Adam makes more of a gradient's rounding the smaller it is, so not every single number can
    # agree.
    too_far = {
        key: off
        for key, value in alone.items()
        if not (off := _apart(key, both[0][key], value)) <= 1e-5
    }
    assert not too_far


@launched
def test_two_ranks_that_got_different_signals_agree_on_one(together):
    """SIGTERM on rank 0, SIGINT on rank 1."""
    agreed = [int(np.load(together / f"agreed-{rank}.npz")["agreed"]) for rank in (0, 1)]
    assert agreed == [SIGTERM, SIGTERM]
