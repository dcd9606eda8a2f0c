"""Data-parallel training: shares of data and noise, and two workers against one."""

import json
import subprocess
from types import SimpleNamespace

import few_steps
import mindspore as ms
import numpy as np
import pytest
from launching import LIMIT, free_port, launched
from run_files import assert_same_arrays
from stand_ins import Numbers, Plot, Steps, Sum

from ms_gan import launch
from ms_gan.data.base import Batches
from ms_gan.distribution import ALONE, Alone, Workers
from ms_gan.errors import UsageError
from ms_gan.training.loop import Training


class Order(Batches):
    """Batches of the examples' own numbers."""

    def examples(self, epoch, order):
        yield from order.reshape(-1, self.batch_size)


class Examples(SimpleNamespace):
    def __str__(self):
        return f"{self.count} examples"


class Rank(Alone):
    """One of several workers as far as noise goes."""

    generator = Workers.generator

    def __init__(self, rank, count):
        self.rank, self.count = rank, count


class Noted(Sum):
    """A stand-in objective that notes the noise its steps are given."""

    def train_step(self, batch, noise):
        self.seen.extend(noise.asnumpy().tolist())
        return (batch,)


def batches(count, batch_size, rank=0, workers=1):
    made = Order(Examples(count=count), batch_size, seed=7)
    made.share(rank, workers)
    return made


def taken(made, step, number):
    """What the next `number` steps from `step` on get, an array (number, batch size)."""
    return np.array([batch for _, batch in zip(range(number), made.from_step(step))])


@pytest.mark.parametrize("workers", [1, 2, 3, 4])
def test_workers_share_the_order_of_one_with_all_their_batches(workers):
    each = [batches(50, 3, rank, workers) for rank in range(workers)]
    one = batches(50, 3 * workers)
    epoch = one.steps_per_epoch
    assert {made.steps_per_epoch for made in each} == {epoch}
    for step in (
        0,
        2,
        epoch,
        epoch + 1,
    ):  # from the start, from the middle, and on into the next epoch
        shares = np.array([taken(made, step, 2 * epoch) for made in each])  # worker, step, example
        np.testing.assert_array_equal(
            shares.swapaxes(0, 1).reshape(2 * epoch, -1), taken(one, step, 2 * epoch)
        )
    seen = np.array([taken(made, 0, epoch) for made in each]).reshape(-1)
    assert len(set(seen)) == len(seen) == epoch * 3 * workers
    assert set(seen) <= set(range(50))


def test_every_example_is_seen_once_where_they_fill_the_epoch():
    shares = [taken(batches(24, 3, rank, 4), 0, 2) for rank in range(4)]
    assert sorted(np.array(shares).reshape(-1)) == list(range(24))


def test_too_few_examples_for_all_workers_are_refused():
    with pytest.raises(
        UsageError, match="--batch-size 4 for each of 3 workers: there are only 10 examples"
    ):
        batches(10, 4, 0, 3)


def test_workers_draw_other_noise_and_their_generators_stay_alike():
    seen, states = [], []
    given = SimpleNamespace(seed=5, sample_every=0, plot_every=0)
    for workers in (ALONE, Rank(0, 3), Rank(1, 3), Rank(2, 3)):
        run = Training(Noted(), Numbers(), Steps(), Plot(), None, {}, given, given, workers)
        for _ in range(3):
            run._update((ms.Tensor(0.0, ms.float32),), run.rng)
        seen.append(run.objective.seen)
        states.append(json.dumps(run.rng.bit_generator.state))
    assert len(set(states)) == 1
    assert seen[0] == seen[1]
    drawn = [number for numbers in seen[1:] for number in numbers]
    assert len(drawn) == len(set(drawn)) == 3 * 3 * Numbers.batch_size


def _apart(key, found, expected):
    """The distance of two arrays as a share of the length; weights are taken to be 0.01 in the mean
    at least.

    Biases begin at 0 and have made a few steps of 1e-4.
    """
    least = 1e-30 if "optimizer/" in key else 0.01 * np.sqrt(expected.size)
    return np.linalg.norm(found - expected) / max(np.linalg.norm(expected), least)


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    """The folder with what two workers have learnt, from `few_steps`."""
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
def test_two_workers_learn_what_one_learns_from_both_batches(name, together):
    """With batch normalisation over all workers' images."""
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
