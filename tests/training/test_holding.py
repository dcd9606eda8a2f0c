"""A run folder belongs to one process at a time, which keeps some checkpoints in it."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from ms_gan.errors import GanError
from ms_gan.training.run_folder import RunFolder


@pytest.fixture
def run(tmp_path):
    """A run folder that is open, with a training checkpoint."""
    with RunFolder.create(tmp_path, "faces") as made:
        made.training.write_bytes(b"step 0")
        yield made


def names(run):
    return [path.name for path in run.checkpoints()]


def test_a_folder_that_is_open_cannot_be_opened_again(run):
    with pytest.raises(GanError, match="another process is training in this run folder") as refusal:
        RunFolder.reopen(run.path)
    assert str(refusal.value).startswith(f"--resume {run.path}: ") and "\n" not in str(
        refusal.value
    )
    assert run.hold() is run  # whoever holds it may ask again


def test_a_released_folder_can_be_opened_once(run):
    run.release()
    with RunFolder.reopen(run.path):
        with pytest.raises(GanError, match="another process"):
            RunFolder.reopen(run.path)
        with pytest.raises(GanError, match="another process"):
            run.hold()
    assert run.hold() is run


def test_a_refusal_leaves_the_folder_with_its_holder(run):
    for _ in range(2):
        with pytest.raises(GanError, match="another process"):
            RunFolder.reopen(run.path)
    run.release()
    RunFolder.reopen(run.path).release()


def test_runs_begun_at_once_get_numbers_of_their_own(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(lambda _: RunFolder.create(tmp_path / "runs", "faces"), range(24)))
    assert sorted(run.path.name for run in runs) == [f"{number:04d}-faces" for number in range(24)]
    assert all((run.path / "samples").is_dir() for run in runs)
    for run in runs:
        run.release()


def test_the_newest_checkpoints_are_rotate_by_their_step(run):
    for step in (0, 5, 10, 1000):
        run.rotate(step, 2)
        run.training.unlink()  # as renaming a new one onto it does
        run.training.write_bytes(f"after {step}".encode())
    assert names(run) == ["training.ckpt", "training-000001000.ckpt", "training-000000010.ckpt"]
    assert [path.read_bytes() for path in run.checkpoints()] == [
        b"after 1000",
        b"after 10",
        b"after 5",
    ]


def test_keeping_no_earlier_one_drops_those_from_before(run):
    for step in (1, 2):
        run.rotate(step, 5)
    run.rotate(3, 0)
    assert names(run) == ["training.ckpt"]


def test_rotating_again_takes_the_newer_content(run):
    run.rotate(4, 2)
    run.training.unlink()
    run.training.write_bytes(b"made anew")
    run.rotate(4, 2)
    assert [path.read_bytes() for path in run.checkpoints()] == [b"made anew", b"made anew"]


def test_checkpoints_are_rotate_where_there_are_no_hard_links(run, monkeypatch):
    def refuse(*_):
        raise OSError("not here")

    monkeypatch.setattr("os.link", refuse)
    run.rotate(4, 2)
    assert names(run) == ["training.ckpt", "training-000000004.ckpt"]
    assert run.checkpoints()[1].read_bytes() == b"step 0"


@pytest.mark.parametrize("step, left", [(0, []), (4, [4]), (6, [4]), (8, [8, 4]), (9, [8, 4])])
def test_going_back_forgets_later_checkpoints(run, step, left):
    for each in (4, 8):
        run.rotate(each, 5)
    run.forget_after(step)
    assert names(run) == ["training.ckpt", *(f"training-{each:09d}.ckpt" for each in left)]
