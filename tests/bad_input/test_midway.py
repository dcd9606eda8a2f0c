"""What goes wrong while a command is at work is told in one line, and nothing is lost: images that
disappear, a full disk.
"""

import contextlib
import os
import resource
import shutil

import pytest
from conftest import TINY, assert_fails, contents

from ms_gan.training import checkpoint


def test_images_lost_during_training_end_it_in_one_line_and_the_run_goes_on_without_them(
    run, face_folder, tmp_path, hook
):
    faces = shutil.copytree(face_folder, tmp_path / "set")

    def losing(training, batch):
        if training.step == 1:  # the last step of the first epoch
            os.truncate(faces / "3.jpg", 300)  # within its header
            os.unlink(faces / "7.jpg")
        return batch

    hook(losing)
    files = "--data", faces, "--no-cache"
    failed = run("train", "faces", *files, *TINY, "--steps", 6, "--log-every", 1)
    assert failed.status == 1
    (line,) = [line for line in failed.err.splitlines() if "error" in line]
    assert line.startswith("ms_gan.train: error: ") and "can't be read any more" in line
    assert any(str(faces / name) in line for name in ("3.jpg", "7.jpg"))
    assert "Traceback" not in failed.err
    assert checkpoint.load("runs/0000-faces/training.ckpt", "training")[1]["step"] == 2
    assert run("train", "faces", "--resume", "runs/0000-faces", "--steps", 3).status == 0


@contextlib.contextmanager
def full_disk(size):
    """No file can be made larger than `size` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(
        resource.RLIMIT_FSIZE, (size, hard)
    )  # Python ignores the signal, so that writing fails
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(
    "options, out", [((), "generated.png"), (("--interpolate", "2"), "walk.gif")]
)
def test_full_disk_leaves_the_earlier_picture(run, trained, tmp_path, options, out):
    (tmp_path / out).write_bytes(b"an earlier picture")
    with full_disk(100):
        assert_fails(run, "generate", ["--ckpt", trained / "generator.ckpt", *options], 1, out)
    assert contents() == {f"./{out}": b"an earlier picture"}


def test_full_disk_at_a_runs_first_checkpoint_is_told(run, face_folder, tmp_path):
    with full_disk(30000):
        sizes = *TINY, "--ngf", "4", "--no-cache"
        failed = run("train", "faces", "--data", face_folder, *sizes)
    assert failed.status == 1
    [line] = failed.err.splitlines()
    assert line.startswith("ms_gan.train: error: ") and "training.ckpt" in line
    assert not [
        name
        for name in os.listdir("runs/0000-faces")
        if name.startswith(".") or name.endswith(".ckpt")
    ]
