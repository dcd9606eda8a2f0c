"""python -m ms_gan.train stopped midway: by Ctrl-C, by a signal, by being killed; and resumed."""

import contextlib
import fcntl
import os
import pty
import re
import shlex
import signal
import struct
import subprocess
import termios
from pathlib import Path

from conftest import TINY, start
from run_files import log, steps

from ms_gan.training import checkpoint
from ms_gan.training.run_folder import RunFolder

MANY = 20000  # steps that no test waits for, though one which has gone wrong comes to its end


@contextlib.contextmanager
def training(*arguments):
    """Yield a process that is in the middle of its training and has made three steps or more.

    It shows its progress on a terminal, where it is read how far it is.
    """
    terminal, end = pty.openpty()
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("4H", 24, 120, 0, 0))  # rows and columns
    child = start(
        "train",
        *arguments,
        "--steps",
        MANY,
        "--log-every",
        "1",
        "--sample-every",
        MANY,
        stdout=subprocess.PIPE,
        stderr=end,
    )
    os.close(end)
    try:
        shown = ""
        while not re.search(rf"\| ([3-9]|\d\d+)/{MANY} ", shown):
            shown += os.read(terminal, 4096).decode(
                errors="replace"
            )  # OSError where the process has ended
        yield child
    finally:
        child.kill()
        child.wait()
        child.stdout.close()
        os.close(terminal)


def stops(number, run, recipe, *arguments):
    """A run that is sent a signal saves the step it reached and says how to go on; its status."""
    with training(recipe, *arguments) as child:
        child.send_signal(number)
        printed = child.communicate()[0]
    folder = Path("runs", f"0000-{recipe}")
    reached = checkpoint.load(folder / "training.ckpt", "training")[1]["step"]
    assert reached >= 3 and steps(folder) == list(range(1, reached + 1)), printed
    assert f"stopped at step {reached}, everything is saved" in printed
    command = shlex.split(printed.splitlines()[-1])
    assert command[:3] == ["python", "-m", "ms_gan.train"]
    assert run("train", *command[3:], "--steps", reached + 1).status == 0
    assert steps(folder) == list(range(1, reached + 2))
    return child.returncode


def test_a_run_stopped_by_ctrl_c_goes_on(run, face_folder):
    status = stops(signal.SIGINT, run, "faces", "--data", face_folder, *TINY)
    # MindSpore passes it on as SIGTERM while it makes an epoch's reader.
    assert status in (130, 143)


def test_a_run_stopped_by_a_signal_goes_on(run):
    assert stops(signal.SIGTERM, run, "gaussian") == 143


def test_killed_run_goes_on_from_its_last_checkpoint(run, face_folder, trained, tmp_path):
    faces = "faces", "--data", face_folder, *TINY
    with training(*faces, "--checkpoint-minutes", "0") as child:
        child.kill()
        child.wait()
    folder = tmp_path / "runs" / "0000-faces"
    saved = checkpoint.load(folder / "training.ckpt", "training")[1]["step"]
    assert 2 <= saved <= steps(folder)[-1] <= saved + 1  # a checkpoint each step
    assert run("train", "faces", "--resume", folder, "--steps", saved + 2).status == 0
    assert steps(folder) == list(range(1, saved + 3))
    assert log(folder)[:2] == log(trained)[:2]


def test_run_in_progress_cannot_be_resumed_until_it_has_ended_even_by_being_killed(run, tmp_path):
    folder = tmp_path / "runs" / "0000-gaussian"
    with training("gaussian") as child:
        refused = run("train", "gaussian", "--resume", folder)
        assert child.poll() is None
        child.kill()
        child.wait()
    assert refused.status == 1
    [line] = refused.err.splitlines()
    assert line.startswith(
        f"ms_gan.train: error: --resume {folder}: another process is training in this run folder"
    )
    with RunFolder.reopen(folder) as opened:
        assert opened.path == folder


def test_ctrl_c_in_a_step_ends_the_run_after_this_step(run, face_folder, tmp_path, hook):
    def interrupted(training, batch):
        if training.step == 2:
            signal.raise_signal(signal.SIGINT)
        return batch

    hook(interrupted)
    stopped = run(
        "train", "faces", "--data", face_folder, *TINY, "--steps", "6", "--log-every", "1"
    )
    folder = tmp_path / "runs" / "0000-faces"
    assert stopped.status == 130
    assert "stopped at step 3," in stopped.out
    assert steps(folder) == [1, 2, 3]
    for kind in ("training", "generator", "discriminator"):
        assert checkpoint.load(folder / f"{kind}.ckpt", kind)[1]["step"] == 3
