"""Where the packed file can't be written, image files are read in every epoch, and runs train."""

import os
from collections import namedtuple
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import TINY
from data_options import files, opened, taken

from ms_gan.data import packed
from ms_gan.errors import GanError

AS_USER = pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() == 0, reason="root may write everywhere"
)


def reads_files(folder, reason, caplog):
    """Make sure that images come from their files, and one warning says why none are packed."""
    images = opened(folder)
    (said,) = [line for line in caplog.messages if "instead" in line]
    assert said.startswith("datasets") and reason in said
    assert said.endswith("; the image files are read in every epoch instead")
    assert caplog.messages.count("1 of 12 images are broken and left out") == 1
    (folder / "0.jpg").unlink()
    with pytest.raises(GanError, match=r"0\.jpg: not a file\)"):
        taken(images, 3)


@pytest.mark.parametrize("block", ["datasets/cache", "datasets"])
def test_where_the_packed_file_cannot_be_written_files_are_read(folder, block, caplog):
    Path(block).parent.mkdir(exist_ok=True)
    Path(block).write_text("in the way")
    reads_files(folder, "Not a directory", caplog)


@AS_USER
def test_where_the_cache_is_read_only_files_are_read(folder, caplog):
    Path("datasets/cache").mkdir(parents=True)
    Path("datasets/cache").chmod(0o500)
    reads_files(folder, "Permission denied", caplog)


def test_where_nothing_may_be_written_files_are_read(folder, caplog, monkeypatch):
    @contextmanager
    def denied(path):
        raise PermissionError(13, "Permission denied", str(path))
        yield

    monkeypatch.setattr(packed, "atomic_file", denied)  # root may write everywhere
    reads_files(folder, "Permission denied", caplog)


def test_a_data_set_larger_than_the_free_disk_still_trains(folder, caplog, monkeypatch):
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(packed.shutil, "disk_usage", lambda path: usage(12 * 3 * 8 * 8 - 1))
    reads_files(folder, "it takes 2,304 bytes, but only 2,303 are free", caplog)
    assert files() == []


def test_a_disk_that_is_full_midway_is_done_without(folder, caplog, monkeypatch):
    def full(*how, read=packed.blocks):
        if "packing" not in how[-1]:
            yield from read(*how)
            return
        yield next(read(*how))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(packed, "blocks", full)
    reads_files(folder, "No space left on device", caplog)
    assert files() == []


def test_a_run_whose_datasets_folder_cannot_be_written_trains(run, face_folder, only_begun):
    Path("datasets").write_text("in the way")
    got = run("train", "faces", "--data", face_folder, *TINY)
    assert got.status == 0 and "the image files are read in every epoch instead" in got.err
    assert only_begun and "Traceback" not in got.err
