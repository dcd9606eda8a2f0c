import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

from ms_gan.errors import GanError
from ms_gan.files import atomic_file
from ms_gan.training.run_folder import RunFolder

FULL = Path("/dev/full")


def test_folders_are_numbered_on_from_the_highest_whatever_their_names(tmp_path):
    assert RunFolder.create(tmp_path / "runs", "faces").path.name == "0000-faces"
    (tmp_path / "runs" / "0041-other").mkdir()
    (tmp_path / "runs" / "notes").mkdir()
    assert RunFolder.create(tmp_path / "runs", "faces").path.name == "0042-faces"


def test_a_number_that_another_run_takes_meanwhile_is_not_shared(tmp_path, monkeypatch):
    first = RunFolder.create(tmp_path, "faces")
    seen = iter([[], [0]])  # at first, the other run's folder isn't there yet
    monkeypatch.setattr("ms_gan.training.run_folder._taken", lambda _: next(seen))
    second = RunFolder.create(tmp_path, "faces")
    assert (first.path.name, second.path.name) == ("0000-faces", "0001-faces")


def test_a_place_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(GanError, match="--out .*file/runs.*Not a directory"):
        RunFolder.create(tmp_path / "file" / "runs", "faces")


def test_only_a_run_can_be_reopened(tmp_path):
    with pytest.raises(GanError, match="--resume .*none: no such folder"):
        RunFolder.reopen(tmp_path / "none")
    with pytest.raises(GanError, match="holds no training.ckpt"):
        RunFolder.reopen(tmp_path)
    (tmp_path / "training.ckpt").write_bytes(b"x")
    assert RunFolder.reopen(tmp_path).path == tmp_path


def test_the_log_is_read_as_written_without_a_last_line_cut_off(tmp_path):
    run = RunFolder.create(tmp_path, "faces")
    assert run.read_log() == []
    run.append_log({"step": 1, "loss_g": 0.5})
    run.append_log({"step": 2, "loss_g": 0.25})
    with open(run.log, "a") as log:
        log.write('{"step": 3, "lo')
    assert run.read_log() == [{"step": 1, "loss_g": 0.5}, {"step": 2, "loss_g": 0.25}]


def test_forgetting_drops_lines_and_samples_of_later_steps_only(tmp_path):
    run = RunFolder.create(tmp_path, "faces")
    for step in (0, 3, 6):
        run.sample(step).write_bytes(b"png")
        run.append_log({"step": step})
    run.forget_after(3)
    assert [line["step"] for line in run.read_log()] == [0, 3]
    assert [path.name for path in run.sample_files()] == ["0000000.png", "0000003.png"]
    assert run.log.read_text().endswith('{"step": 3}\n')


def test_samples_stay_in_order_beyond_seven_digits(tmp_path):
    run = RunFolder.create(tmp_path, "faces")
    for step in (20_000_000, 3, 9_999_999):
        run.sample(step).write_bytes(b"png")
    assert [int(path.stem) for path in run.sample_files()] == [3, 9_999_999, 20_000_000]


def test_options_are_readable_json(tmp_path):
    run = RunFolder.create(tmp_path, "faces")
    run.write_options({"data": "脸", "steps": None})
    assert json.loads(run.options.read_text(encoding="utf-8")) == {"data": "脸", "steps": None}
    assert "脸" in run.options.read_text(encoding="utf-8")


def test_reopening_removes_what_a_killed_run_left_half_written_and_nothing_else(tmp_path):
    run = RunFolder.create(tmp_path, "faces")
    mine = [run.training, run.sample(3), run.path / ".notes.tmp", run.path / "old.tmp"]
    for path in mine:
        path.write_bytes(b"x")
    for path in (run.training, run.sample(6)):
        half_written(path)
    run.release()
    reopened = RunFolder.reopen(run.path)
    assert sorted(path for path in run.path.rglob("*") if path != run.samples) == sorted(mine)
    reopened.release()


def test_a_run_that_is_still_writing_keeps_its_temporary_folders(tmp_path):
    run = RunFolder.create(tmp_path, "faces")
    run.training.write_bytes(b"x")
    with atomic_file(run.training) as temporary:
        with pytest.raises(GanError, match="another process"):
            RunFolder.reopen(run.path)
        temporary.write_bytes(b"y")
    assert run.training.read_bytes() == b"y"


@pytest.mark.skipif(not FULL.exists(), reason="this system has no device that is always full")
def test_a_log_that_cannot_be_written_is_named(tmp_path):
    run = RunFolder.create(tmp_path, "faces")
    run.log.symlink_to(FULL)
    with pytest.raises(OSError) as caught:
        run.append_log({"step": 1})
    assert (caught.value.filename, caught.value.strerror) == (
        str(run.log),
        "No space left on device",
    )


def test_an_earlier_checkpoint_is_copied_whole_or_not_at_all_where_links_are_not_possible(
    tmp_path, monkeypatch
):
    run = RunFolder.create(tmp_path, "faces")
    run.training.write_bytes(b"x")
    copyfile = shutil.copyfile

    def refused(*_):
        raise OSError(errno.EPERM, "no links here")

    def half(source, target):
        Path(target).write_bytes(b"")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "link", refused)
    monkeypatch.setattr(shutil, "copyfile", half)
    with pytest.raises(OSError, match="training-000000001.ckpt"):
        run.rotate(1, 2)
    assert run.checkpoints() == [run.training]
    monkeypatch.setattr(shutil, "copyfile", copyfile)
    run.rotate(1, 2)
    assert [path.read_bytes() for path in run.checkpoints()] == [b"x", b"x"]


def half_written(path):
    """Leave what a process leaves that is killed while it writes `path`."""
    program = (
        "import os, sys; from ms_gan.files import atomic_file\n"
        "with atomic_file(sys.argv[1]) as temporary: temporary.write_bytes(b'half'); os._exit(0)"
    )
    subprocess.run(
        [sys.executable, "-c", program, path],
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert list(path.parent.glob(f".{path.name}.*.tmp"))
