import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from ms_gan.data.view import view_of

from ms_gan.data import view

KILLED = """
import os, signal, sys
from pathlib import Path
from ms_gan.data import view

view.MEMORY = sys.argv[1]
held = view.view_of([Path("/a.jpg"), Path("/b.png")])
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def memory(tmp_path, monkeypatch):
    """The place where views are put."""
    folder = tmp_path / "memory"
    folder.mkdir()
    monkeypatch.setattr(view, "MEMORY", str(folder))
    return folder


@pytest.fixture
def killed(memory):
    """A view whose process was killed."""
    died = subprocess.run(
        [sys.executable, "-c", KILLED, memory], env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert died.returncode == -signal.SIGKILL
    (left,) = memory.iterdir()
    return left


def test_links_sort_in_the_order_of_the_files_whatever_their_names(memory):
    files = [
        Path("/z\n.JPG"),
        Path("/- a.png"),
        Path(os.fsdecode(b"/\xff.bmp")),
        *map(Path, ["/脸.jpeg"] * 9),
    ]
    made = view_of(files)
    links = sorted(Path(made.name, "images").iterdir())
    assert [os.readlink(link) for link in links] == [str(file) for file in files]
    assert [link.name for link in links[:3]] == ["00000000.jpg", "00000001.png", "00000002.bmp"]
    made.cleanup()
    assert list(memory.iterdir()) == []


def test_what_a_killed_process_left_behind_is_removed_at_the_next_start(memory, killed):
    made = view_of([Path("/c.jpg")])
    assert list(memory.iterdir()) == [Path(made.name)]
    made.cleanup()


def test_views_in_use_and_foreign_things_stay(memory):
    first = view_of([Path("/a.jpg")])
    others = [memory / name for name in ("other", "ms_gan-view-just-begun", "ms_gan-0/images")]
    for other in others:
        other.mkdir(parents=True)
    link = memory / "ms_gan-view-link"
    (memory / "other" / "images").mkdir()
    link.symlink_to(memory / "other")
    second = view_of([Path("/b.jpg")])
    assert all(
        path.is_dir() for path in [*others, link, Path(first.name), memory / "other" / "images"]
    )
    first.cleanup(), second.cleanup()


def test_a_view_that_cannot_be_filled_is_removed(memory, monkeypatch, tmp_path):
    def full(path, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(view.tempfile, "tempdir", str(memory))
    monkeypatch.setattr(Path, "symlink_to", full)
    with pytest.raises(OSError, match="No space left"):
        view_of([Path("/a.jpg")])
    assert list(memory.iterdir()) == []
