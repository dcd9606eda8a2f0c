"""The launcher: what a job of several workers leaves, how it is stopped and resumed, what it does
about faults.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import start
from launching import LIMIT, free_port, launched
from run_files import arrays, log, options, steps

from ms_gan import launch, train
from ms_gan.errors import run_command
from ms_gan.training import checkpoint

MANY = 100_000  # steps that no test waits for


def launch_of(*arguments):
    """Start the launcher as a process of its own; its errors are in what it prints."""
    return start(
        "launch",
        *arguments,
        "--master-port",
        free_port(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def workers_of(child):
    """{rank: process id} of the workers that a launcher has started and that live, by what it has
    told them.
    """
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            told = dict(
                line.split("=", 1)
                for line in (folder / "environ").read_text().split("\0")
                if "=" in line
            )
            if told.get("LAUNCHER") == str(child) and told.get("MS_ROLE") == "MS_WORKER":
                found[int(told["MS_NODE_ID"])] = int(folder.name)
    return found


def assert_close(found, expected):
    """Each array within 1e-5 of its largest number."""
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        np.testing.assert_allclose(
            found[key], value, rtol=0, atol=1e-5 * np.abs(value).max(), err_msg=key
        )


@contextlib.contextmanager
def training(monkeypatch, *arguments):
    """Yield the launcher of two workers in the middle of their training; none of them is left
    behind.
    """
    monkeypatch.setenv("LAUNCHER", str(Path.cwd()))
    child = launch_of(
        2, "gaussian", "--device", "CPU", "--steps", MANY, "--sample-every", MANY, *arguments
    )
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


@launched
def test_a_launch_leaves_one_run_that_goes_on_with_any_number_of_workers(run):
    arguments = "gaussian", "--batch-size", "250", "--device", "CPU", "--log-every", "1"
    child = launch_of(2, *arguments, "--steps", "4")
    printed = child.communicate(timeout=LIMIT)[0]
    assert child.returncode == 0, printed
    folder = Path("runs", "0000-gaussian")
    assert list(Path("runs").iterdir()) == [folder]
    assert steps(folder) == [1, 2, 3, 4]
    assert options(folder)["environment"]["world_size"] == 2
    assert printed.count("4 steps of 500 examples (2 ranks, 250 each) (2 an epoch)") == 1
    assert printed.count("run folder: ") == 1 and "[INFO]" not in printed
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    assert {line["batch_size"] for line in lines} == {500}
    for before, line in zip(lines, lines[1:]):  # the clock is rounded
        assert line["images_per_second"] * (line["seconds"] - before["seconds"]) == pytest.approx(
            500, rel=0.2
        )

    # The two again from step 2, then one alone.
    again = Path("again")
    shutil.copytree(folder, again)
    (again / "training-000000002.ckpt").replace(again / "training.ckpt")
    child = launch_of(2, "gaussian", "--resume", again, "--device", "CPU", "--steps", "4")
    printed = child.communicate(timeout=LIMIT)[0]
    assert child.returncode == 0, printed
    for line, before in zip(log(again), log(folder)):
        assert line == pytest.approx(
            before, rel=1e-5
        )  # the last digit of a loss depends on a process's earlier steps
    assert_close(arrays(again), arrays(folder))
    alone = run("train", "gaussian", "--resume", folder, "--steps", "6")
    assert alone.status == 0, alone.err
    assert steps(folder) == [1, 2, 3, 4, 5, 6]
    assert options(folder)["environment"]["world_size"] == 1
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
    assert errors == [
        "ms_gan.launch: error: the job failed: worker 1 was ended by SIGKILL; see "
        "worker-logs/worker_1.log"
    ]
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


@pytest.mark.parametrize(
    "arguments, message",
    [
        (
            "2 --log-dir=",
            "argument --log-dir: '' is empty; leave the option out to have its default (--help "
            "lists the options)",
        ),
        ("3 --nodes 2", "3 workers on 2 nodes: expected as many on each node"),
        ("4 --nodes 2 --node-rank 2", "--node-rank 2: expected one from 0 to 1, as --nodes says"),
        (
            "0",
            "argument N: 0 is out of range, expected a value from 1 to 4096 (--help lists the "
            "options)",
        ),
    ],
)
def test_wrong_numbers_are_refused(capsys, arguments, message):
    assert run_command("ms_gan.launch", launch.main, [*arguments.split(), "gaussian"]) == 2
    assert capsys.readouterr().err == f"ms_gan.launch: error: {message}\n"


def test_a_busy_port_is_refused_at_once(capsys, monkeypatch):
    monkeypatch.setattr(launch, "msrun", lambda: pytest.fail)  # so that nothing can be started
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        assert (
            run_command("ms_gan.launch", launch.main, ["2", "gaussian", "--master-port", str(port)])
            == 1
        )
    error = capsys.readouterr().err
    assert error.startswith(
        f"ms_gan.launch: error: --master-port {port} at 127.0.0.1: can't listen there"
    )
    assert error.count("\n") == 1
    assert not Path("worker-logs").exists()


def test_data_is_found_or_missed_before_any_worker_starts(capsys, monkeypatch, face_folder):
    monkeypatch.setattr(launch, "msrun", lambda: pytest.fail)
    assert run_command("ms_gan.launch", launch.main, ["2", "faces", "--data", "nowhere"]) == 1
    assert capsys.readouterr().err.startswith(
        "ms_gan.launch: error: nowhere: no such file or folder"
    )
    assert not Path("worker-logs").exists()
    assert train.prepare(["faces", "--data", str(face_folder), "--steps", "3"]) == [
        "faces",
        "--data",
        str(face_folder),
        "--steps",
        "3",
        "--data",
        str(face_folder.resolve()),
    ]
    assert train.prepare(["gaussian"]) == ["gaussian"]


def test_without_msrun_it_says_what_to_do(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run_command("ms_gan.launch", launch.main, ["2", "gaussian"]) == 1
    assert capsys.readouterr().err.startswith(
        "ms_gan.launch: error: msrun not found: it comes with MindSpore"
    )


def test_a_worker_that_nobody_launched_is_refused(run, monkeypatch):
    for name in ("MS_ROLE", "OMPI_COMM_WORLD_RANK"):
        monkeypatch.delenv(name, raising=False)
    alone = run("train", "gaussian", "--distributed")
    assert alone.status == 2 and alone.err.count("\n") == 1
    assert "wasn't started by msrun or mpirun" in alone.err


def test_a_log_is_shown_by_whole_lines_without_what_nobody_needs(capsys):
    log = Path("worker_0.log")
    job = launch._Job(Path("logs"), Path("pids"), log)
    for text, ended, shown in (
        ("", False, ""),
        ("step 1\n[INFO] PS(12,", False, "step 1\n"),
        ("7f,python) joined\nms_gan.train: error: lost\nsté", False, ""),
        ("p 2", False, ""),
        ("\nlast", True, "stép 2\nlast\n"),
    ):
        with open(log, "a", encoding="utf-8") as file:
            file.write(text)
        job._show(ended)
        assert capsys.readouterr().out == shown


@pytest.mark.parametrize(
    "failure, reason",
    [
        ((1, -9), "worker 1 was ended by SIGKILL; see logs/worker_1.log"),
        ((0, 2), "worker 0 says: --steps: not a number; see logs/worker_0.log"),
        ((2, 3), "worker 2 ended with status 3; see logs/worker_2.log"),
        ((None, 1), "worker ended with status 1; see logs/worker.log"),
        (None, "msrun says: RuntimeError: bad address; see logs/msrun.log"),
    ],
)
def test_reasons_name_the_worker_and_its_log(failure, reason):
    logs = Path("logs")
    logs.mkdir()
    (logs / "worker_0.log").write_text("device: CPU\nms_gan.train: error: --steps: not a number\n")
    (logs / "worker_1.log").write_text("KeyError: is beside the point, as it was killed\n")
    (logs / "msrun.log").write_text("Traceback\nRuntimeError: bad address\n")
    assert launch._reason(logs, failure and launch.Failure(*failure)) == reason


def test_cores_are_bound_where_asked():
    assert "--bind_core=True" in launch.Cluster(8, bind_core=True).msrun_options()
    assert not any("bind_core" in word for word in launch.Cluster(8).msrun_options())
