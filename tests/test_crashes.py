"""Runs that are killed, or whose disk fails under them, lose nothing that had been saved, and can
be gone on with.

benchmarks/crash_test.py kills many more.
"""

import contextlib
import os
import random
import re
import resource
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from conftest import start
from crashes import OFTEN, Chain, ended, leftovers
from run_files import steps

from ms_gan.files import atomic_file, remove_leftovers
from ms_gan.training import checkpoint

NOBODY = 65534  # a user without rights, as most systems number it
MANY = 2000  # steps that no test waits for, though a run that goes on regardless comes to its end


def test_a_run_killed_at_random_moments_ends_like_one_that_was_not(tmp_path):
    chain = Chain("gaussian", (), tmp_path, random.Random(0), seconds=1)
    for _ in range(2):
        assert chain.kill().lost <= 1
    chain.finish()


def test_a_full_disk_ends_a_run_with_one_line_and_its_checkpoint_intact(run, small_disk):
    check_failing(run, small_disk, full, "No space left on device")


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux limits another process")
def test_a_file_that_may_not_grow_ends_a_run_with_one_line_and_its_checkpoint_intact(run, tmp_path):
    check_failing(run, tmp_path, limited, "File too large")


def test_a_folder_turned_read_only_ends_a_run_with_one_line_and_its_checkpoint_intact(
    run, tmp_path
):
    check_failing(run, tmp_path, read_only, "Read-only file system|Permission denied")


def test_a_file_whose_folder_turns_read_only_while_it_is_written_is_named_and_stays_as_it_was(
    users_folder,
):
    path = users_folder / "net.ckpt"
    path.write_text("old")
    with pytest.raises((PermissionError, RecursionError)) as caught, atomic_file(path) as temporary:
        temporary.write_text("new")
        users_folder.chmod(0o555)
    assert caught.type is PermissionError  # it takes pytest very long to print the other one
    assert caught.value.filename == str(path)
    assert path.read_text() == "old"
    users_folder.chmod(0o755)
    remove_leftovers(users_folder)
    assert list(users_folder.iterdir()) == [path]


def check_failing(run, parent, fault, reason):
    """Train in `parent`; let the disk fail after some steps, then go on with it mended.

    fault: a context manager, called with the process and its run folder, that holds while the disk
    fails.
    """
    folder = parent / "0000-gaussian"
    child = start(
        "train",
        "gaussian",
        "--steps",
        MANY,
        *OFTEN,
        "--out",
        parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        while not (folder / "training-000000001.ckpt").exists():
            assert not ended(child, 0.01), child.stderr.read()
        with fault(child, folder):
            said = child.communicate()[1]
    finally:
        child.kill()
        child.wait()
        child.stderr.close()
    assert child.returncode == 1, said
    assert re.fullmatch(
        rf"ms_gan\.train: error: {folder}/\S+: ({reason})", said.splitlines()[-1]
    ), said
    assert said.count("rror") == 1, said  # neither a traceback nor what MindSpore logs
    step = checkpoint.load(folder / "training.ckpt", "training")[1]["step"]
    assert step >= 1
    resumed = run("train", "gaussian", "--resume", folder, "--steps", step + 1)
    assert resumed.status == 0, resumed.err
    assert "warning" not in resumed.err
    assert steps(folder) == list(range(1, step + 2))
    assert not leftovers(folder)


@pytest.fixture
def users_folder():
    """A folder of a user whom permissions hold back, which this process is for the time of the
    test.
    """
    with tempfile.TemporaryDirectory() as folder:
        if os.geteuid():
            yield Path(folder)
            return
        os.chown(folder, NOBODY, -1)
        os.seteuid(NOBODY)
        try:
            yield Path(folder)
        finally:
            os.seteuid(0)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 4 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    with mounted(place, "-t", "tmpfs", "-o", "size=4m", "tmpfs"):
        yield place


@contextlib.contextmanager
def full(child, folder):
    """Fill the disk, again and again as the process makes room, until it has ended."""
    filler = folder.parent / "filler"
    with open(filler, "wb", buffering=0) as file:
        while not ended(child, 0.01):
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(4096))
    yield
    filler.unlink()


@contextlib.contextmanager
def limited(child, folder):
    """Forbid the process to write anything to a file."""
    _, most = resource.prlimit(child.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(child.pid, resource.RLIMIT_FSIZE, (0, most))
    yield


@contextlib.contextmanager
def read_only(child, folder):
    """Make the folder read-only: by its permissions, or, since these don't stop root, by mounting
    it on itself.
    """
    if os.geteuid():
        folder.chmod(0o555)
        yield
        folder.chmod(0o755)
    else:
        # Read-only before it is laid over the folder: a mount that the process writes through
        # already can't be made read-only.
        side = folder.parent / "read-only"
        side.mkdir()
        with mounted(side, "--bind", folder):
            mount("-o", "remount,ro,bind", side)
            with mounted(folder, "--bind", side):
                yield


@contextlib.contextmanager
def mounted(place, *how):
    """Mount something on a folder for a while; skip the test where that isn't allowed."""
    mount(*how, place)
    try:
        yield
    finally:
        # Lazily: where a test fails, the process may still be running there.
        subprocess.run(["umount", "--lazy", place], check=True)


def mount(*arguments):
    if shutil.which("mount") is None:
        pytest.skip("needs the command mount")
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(
            f"needs the right to mount file systems, which this user hasn't: {done.stderr.strip()}"
        )
