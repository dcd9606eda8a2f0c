import json

import pytest

from ms_gan.files import atomic_file, atomic_folder, write_json


def test_a_whole_file_replaces_the_old_one_and_keeps_its_suffix(tmp_path):
    path = tmp_path / "net.ckpt"
    path.write_text("old")
    with atomic_file(path) as temporary:
        assert temporary.suffix == ".ckpt"
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failed_whole_file_leaves_the_old_one_and_no_temporary(tmp_path, error):
    path = tmp_path / "net.ckpt"
    path.write_text("old")
    with pytest.raises(error), atomic_file(path) as temporary:
        temporary.write_text("half")
        raise error
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_whole_file_makes_its_parents(tmp_path):
    with atomic_file(tmp_path / "a" / "b" / "c.txt") as temporary:
        temporary.write_text("here")
    assert (tmp_path / "a" / "b" / "c.txt").read_text() == "here"


def test_a_whole_folder_appears_when_its_block_ends_and_others_may_read_it(tmp_path):
    path = tmp_path / "parent" / "faces"
    with atomic_folder(path) as temporary:
        (temporary / "0.jpg").touch()
        assert not path.exists()
    assert [file.name for file in path.iterdir()] == ["0.jpg"]
    assert path.stat().st_mode & 0o777 == 0o755
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failed_whole_folder_leaves_nothing(tmp_path, error):
    with pytest.raises(error), atomic_folder(tmp_path / "faces") as temporary:
        (temporary / "0.jpg").touch()
        raise error
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_came_into_being_meanwhile_is_kept(tmp_path):
    path = tmp_path / "faces"
    with atomic_folder(path) as temporary:
        (temporary / "mine").touch()
        path.mkdir()
        (path / "theirs").touch()
    assert [file.name for file in path.iterdir()] == ["theirs"]
    assert list(tmp_path.iterdir()) == [path]


def test_json_comes_back_as_written_and_stays_legible(tmp_path):
    value = {"path": "数据/ünïcode 😀", "steps": 3, "lr": 2e-4, "none": None}
    write_json(tmp_path / "options.json", value)
    text = (tmp_path / "options.json").read_text(encoding="utf-8")
    assert json.loads(text) == value
    assert "数据/ünïcode 😀" in text
    assert text.endswith("}\n")
