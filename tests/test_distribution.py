"""Data-parallel training: shares of data and noise, two workers against one, what the launcher does about faults."""

import contextlib
import json
import os
import runpy
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import mindspore as ms
import numpy as np
import pytest
from conftest import ROOT, TINY, start
from run_files import arrays, assert_same_arrays, log, options, steps
from stand_ins import Numbers, Plot, Steps, Sum

from ms_gan import launch, runtime, train
from ms_gan.data.batches import Batches
from ms_gan.distribution import ALONE, Alone, Workers
from ms_gan.errors import UsageError, run_command
from ms_gan.training import checkpoint
from ms_gan.training.loop import Training

LIMIT = 300  # seconds after which a launch is taken to hang
MANY = 100_000  # steps that no test waits for
launched = pytest.mark.skipif(sys.platform != "linux" or not Path(sys.executable).with_name("msrun").exists(),
                              reason="needs Linux and MindSpore's msrun, which isn't beside this interpreter")

# A worker of its own kind: five steps of a GAN of dense layers on its share of the examples in inputs.npz.
DENSE = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from ms_gan import distribution, layers, runtime
import mindspore as ms
import numpy as np


def five_steps(workers, real, noise):
    from ms_gan.networks.mnist_mlp import Discriminator, Generator
    from ms_gan.objectives.discriminator_first import DiscriminatorFirst
    from ms_gan.objectives.losses import gan_discriminator

    kind = layers.choose("mindspore", "CPU")
    objective = DiscriminatorFirst(Generator(kind, 4, 2), Discriminator(kind, 2), None, 4, gan_discriminator, True,
                                   0.002, 0.002, 0.5)
    workers.join(objective)
    losses = []
    for images, (first, second) in zip(real, noise.swapaxes(1, 2)):
        outputs = objective.train_step(*(ms.Tensor(array.copy()) for array in (images, first, second)))
        losses.append(list(workers.mean(objective.losses(outputs)).values()))
    return {{"losses": np.array(losses),
             **{{key: value.asnumpy().copy() for key, value in objective.parameters().items()}}}}


if __name__ == "__main__":
    rank = distribution.local_rank()
    workers = distribution.start(runtime.start("CPU", seed=rank))  # other weights each, until they join
    inputs = np.load("inputs.npz")
    np.savez(f"found{{rank}}.npz", **five_steps(
        workers, *(inputs[name][:, rank::workers.count] for name in ("real", "noise"))))
"""


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


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def launch_of(*arguments):
    """Start the launcher as a process of its own; its errors are in what it prints."""
    return start("launch", *arguments, "--master-port", free_port(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def workers_of(child):
    """{rank: process id} of the workers that a launcher has started and that live, by what it has told them."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            told = dict(line.split("=", 1) for line in (folder / "environ").read_text().split("\0") if "=" in line)
            if told.get("LAUNCHER") == str(child) and told.get("MS_ROLE") == "MS_WORKER":
                found[int(told["MS_NODE_ID"])] = int(folder.name)
    return found


def assert_close(found, expected):
    """Each array within 1e-5 of its largest number."""
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        np.testing.assert_allclose(found[key], value, rtol=0, atol=1e-5 * np.abs(value).max(), err_msg=key)


@contextlib.contextmanager
def training(monkeypatch, *arguments):
    """Yield the launcher of two workers in the middle of their training; none of them is left behind."""
    monkeypatch.setenv("LAUNCHER", str(Path.cwd()))
    child = launch_of(2, "gaussian", "--device", "CPU", "--steps", MANY, "--sample-every", MANY, *arguments)
    logged = Path("runs", "0000-gaussian", "log.jsonl")
    try:
        while not (logged.exists() and logged.read_text().count("\n") >= 2):
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(0.2)
                pytest.fail(f"ended before its second step: {child.communicate()[0]}")
        yield child
    finally:
        while child.poll() is None:
            child.terminate()  # twice: at once
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(2)
        child.stdout.close()


@pytest.mark.parametrize("workers", [1, 2, 3, 4])
def test_workers_share_the_order_of_one_with_all_their_batches(workers):
    each = [batches(50, 3, rank, workers) for rank in range(workers)]
    one = batches(50, 3 * workers)
    epoch = one.steps_per_epoch
    assert {made.steps_per_epoch for made in each} == {epoch}
    for step in (0, 2, epoch, epoch + 1):  # from the start, from the middle, and on into the next epoch
        shares = np.array([taken(made, step, 2 * epoch) for made in each])  # worker, step, example
        np.testing.assert_array_equal(shares.swapaxes(0, 1).reshape(2 * epoch, -1), taken(one, step, 2 * epoch))
    seen = np.array([taken(made, 0, epoch) for made in each]).reshape(-1)
    assert len(set(seen)) == len(seen) == epoch * 3 * workers
    assert set(seen) <= set(range(50))


def test_every_example_is_seen_once_where_they_fill_the_epoch():
    shares = [taken(batches(24, 3, rank, 4), 0, 2) for rank in range(4)]
    assert sorted(np.array(shares).reshape(-1)) == list(range(24))


def test_too_few_examples_for_all_workers_are_refused():
    with pytest.raises(UsageError, match="--batch-size 4 for each of 3 workers: there are only 10 examples"):
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


@launched
def test_two_workers_learn_what_one_learns_from_both_batches():
    rng = np.random.default_rng(0)
    real = rng.uniform(-1, 1, (5, 8, 1, 28, 28)).astype(np.float32)
    noise = rng.uniform(-1, 1, (5, 8, 2, 4)).astype(np.float32)
    np.savez("inputs.npz", real=real, noise=noise)
    Path("dense.py").write_text(DENSE)
    done = subprocess.run([launch.msrun(), "--worker_num=2", "--local_worker_num=2", "--join=True",
                           f"--master_port={free_port()}", "--log_dir=logs", "dense.py"], env=launch.environment(2),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT)
    assert done.returncode == 0, done.stdout + done.stderr
    runtime.start("CPU", seed=0)  # the first worker's weights
    alone = runpy.run_path("dense.py")["five_steps"](ALONE, real, noise)
    both = [dict(np.load(f"found{rank}.npz")) for rank in (0, 1)]
    assert_same_arrays(both[1], both[0])
    assert_close(both[0], alone)


@launched
def test_a_launch_leaves_one_run_that_goes_on_with_any_number_of_workers(run, face_folder):
    arguments = ("faces", "--data", face_folder, *TINY, "--device", "CPU", "--layers", "mindspore", "--log-every", "1")
    child = launch_of(2, *arguments, "--steps", "4")
    printed = child.communicate(timeout=LIMIT)[0]
    assert child.returncode == 0, printed
    folder = Path("runs", "0000-faces")
    assert list(Path("runs").iterdir()) == [folder]
    assert steps(folder) == [1, 2, 3, 4]
    assert options(folder)["environment"]["workers"] == 2
    assert printed.count("4 steps of 8 examples (2 workers, 4 each) (1 an epoch)") == 1
    assert printed.count("run folder: ") == 1 and "[INFO]" not in printed
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    for before, line in zip(lines, lines[1:]):  # the clock is rounded
        assert line["images_per_second"] * (line["seconds"] - before["seconds"]) == pytest.approx(8, rel=0.2)

    # The two again from step 2, then one alone.
    again = Path("again")
    shutil.copytree(folder, again)
    (again / "training-000000002.ckpt").replace(again / "training.ckpt")
    child = launch_of(2, "faces", "--resume", again, "--device", "CPU", "--steps", "4")
    printed = child.communicate(timeout=LIMIT)[0]
    assert child.returncode == 0, printed
    for line, before in zip(log(again), log(folder)):
        assert line == pytest.approx(before, rel=1e-5)  # the last digit of a loss depends on a process's earlier steps
    assert_close(arrays(again), arrays(folder))
    alone = run("train", "faces", "--resume", folder, "--steps", "6")
    assert alone.status == 0, alone.err
    assert steps(folder) == [1, 2, 3, 4, 5, 6]
    assert options(folder)["environment"]["workers"] == 1
    assert options(folder)["options"]["distributed"] is False


@launched
def test_a_killed_worker_ends_the_job_with_one_line_that_names_it(monkeypatch):
    with training(monkeypatch, "--checkpoint-minutes", "0", "--keep", "1") as child:
        victims = workers_of(Path.cwd())
        assert set(victims) == {0, 1}
        os.kill(victims[1], signal.SIGKILL)
        printed = child.communicate(timeout=LIMIT)[0]
    assert child.returncode == 1, printed
    errors = [line for line in printed.splitlines() if "error" in line.lower()]
    assert errors == ["ms_gan.launch: error: the job failed: worker 1 was ended by SIGKILL; see "
                      "worker-logs/worker_1.log"]
    assert workers_of(Path.cwd()) == {}
    assert checkpoint.load("runs/0000-gaussian/training.ckpt", "training")[1]["step"] >= 1


@launched
def test_a_signal_to_the_launcher_stops_all_workers_after_the_same_step(monkeypatch):
    with training(monkeypatch) as child:
        child.send_signal(signal.SIGINT)
        printed = child.communicate(timeout=LIMIT)[0]
    assert child.returncode == 130, printed
    folder = Path("runs", "0000-gaussian")
    reached = checkpoint.load(folder / "training.ckpt", "training")[1]["step"]
    assert steps(folder) == list(range(1, reached + 1)) and reached >= 2
    assert f"stopped at step {reached}, everything is saved" in printed
    assert f"run_distribute_train.sh 2 gaussian --resume {folder}" in printed
    assert "error" not in printed
    assert workers_of(Path.cwd()) == {}


@pytest.mark.parametrize("arguments, message", [
    ("3 --nodes 2", "3 workers on 2 nodes: expected as many on each node"),
    ("4 --nodes 2 --node-rank 2", "--node-rank 2: expected one from 0 to 1, as --nodes says"),
    ("0", "argument N: 0 is out of range, expected a value from 1 to 4096 (--help lists the options)"),
])
def test_wrong_numbers_are_refused(capsys, arguments, message):
    assert run_command("ms_gan.launch", launch.main, [*arguments.split(), "gaussian"]) == 2
    assert capsys.readouterr().err == f"ms_gan.launch: error: {message}\n"


def test_a_busy_port_is_refused_at_once(capsys, monkeypatch):
    monkeypatch.setattr(launch, "msrun", lambda: pytest.fail)  # so that nothing can be started
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        assert run_command("ms_gan.launch", launch.main, ["2", "gaussian", "--master-port", str(port)]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"ms_gan.launch: error: --master-port {port} at 127.0.0.1: can't listen there")
    assert error.count("\n") == 1
    assert not Path("worker-logs").exists()


def test_data_is_found_or_missed_before_any_worker_starts(capsys, monkeypatch, face_folder):
    monkeypatch.setattr(launch, "msrun", lambda: pytest.fail)
    assert run_command("ms_gan.launch", launch.main, ["2", "faces", "--data", "nowhere"]) == 1
    assert capsys.readouterr().err.startswith("ms_gan.launch: error: nowhere: no such file or folder")
    assert not Path("worker-logs").exists()
    assert train.prepare(["faces", "--data", str(face_folder), "--steps", "3"]) == [
        "faces", "--data", str(face_folder), "--steps", "3", "--data", str(face_folder.resolve())]
    assert train.prepare(["gaussian"]) == ["gaussian"]


def test_without_msrun_it_says_what_to_do(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run_command("ms_gan.launch", launch.main, ["2", "gaussian"]) == 1
    assert capsys.readouterr().err.startswith("ms_gan.launch: error: msrun not found: it comes with MindSpore")


def test_a_worker_that_nobody_launched_is_refused(run, monkeypatch):
    for name in ("MS_ROLE", "OMPI_COMM_WORLD_RANK"):
        monkeypatch.delenv(name, raising=False)
    alone = run("train", "gaussian", "--distributed")
    assert alone.status == 2 and alone.err.count("\n") == 1
    assert "wasn't started by msrun or mpirun" in alone.err


@pytest.mark.parametrize("rank, code, reason", [
    (1, -9, "worker 1 was ended by SIGKILL; see logs/worker_1.log"),
    (0, 2, "worker 0 says: --steps: not a number; see logs/worker_0.log"),
    (2, 3, "worker 2 ended with status 3; see logs/worker_2.log"),
    (None, None, "msrun says: RuntimeError: bad address; see logs/msrun.log"),
])
def test_reasons_name_the_worker_and_its_log(rank, code, reason):
    logs = Path("logs")
    logs.mkdir()
    (logs / "worker_0.log").write_text("device: CPU\nms_gan.train: error: --steps: not a number\n")
    (logs / "worker_1.log").write_text("KeyError: is beside the point, as it was killed\n")
    (logs / "msrun.log").write_text("Traceback\nRuntimeError: bad address\n")
    assert launch._reason(logs, rank, code) == reason
