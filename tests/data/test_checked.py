"""The second check of a folder decodes only what has changed."""

import os
from pathlib import Path

import pytest
from ms_gan.data.folder import open_folder
from PIL import Image

from ms_gan.data import checked, folder

CHECK = folder.check_images


@pytest.fixture
def looked_at(monkeypatch):
    """The names of the files that were decoded, check after check."""
    names = []

    def check(files):
        names.append([file.name for file in files])
        return CHECK(files)

    monkeypatch.setattr(folder, "check_images", check)
    return names


@pytest.fixture
def images(tmp_path):
    """A folder of three sound images and a broken one, in it and in a sub-folder with a name that
    isn't UTF-8.
    """
    home = tmp_path / "my faces"
    sub = home / os.fsdecode(b"caf\xe9")
    sub.mkdir(parents=True)
    for name in ("a.png", "b.png"):
        Image.new("RGB", (9, 9)).save(home / name)
    Image.new("RGB", (9, 9)).save(sub / "c.png")
    (home / "z.png").write_bytes(b"broken")
    return home


def opened(images):
    return [file.name for file in open_folder(images, "datasets").files]


def memory():
    (path,) = Path("datasets", "checked").iterdir()
    return path


def test_sound_files_are_decoded_once_and_broken_ones_named_at_every_start(
    images, looked_at, capsys
):
    assert (
        opened(images)
        == opened(images)
        == opened(os.path.relpath(images))
        == ["a.png", "b.png", "c.png"]
    )
    assert looked_at == [["a.png", "b.png", "z.png", "c.png"], ["z.png"], ["z.png"]]
    assert capsys.readouterr().err.count("z.png: broken: not a JPEG") == 3
    assert memory().name.startswith("my faces-")


def rewritten(file):
    before = file.stat()
    file.write_bytes(b"x" * before.st_size)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize(
    "change",
    [lambda file: file.write_bytes(file.read_bytes()[:-20]), rewritten],
    ids=["cut off", "same size and time"],
)
def test_a_changed_file_is_checked_again(images, looked_at, change):
    opened(images)
    change(images / "b.png")
    assert opened(images) == ["a.png", "c.png"]
    assert looked_at[1] == ["b.png", "z.png"]


def test_a_new_file_is_checked_and_a_removed_one_forgotten(images, looked_at):
    opened(images)
    (images / "a.png").rename(images / "d.png")
    assert opened(images) == ["b.png", "d.png", "c.png"]
    assert looked_at[1] == ["d.png", "z.png"]
    assert '"a.png"' not in memory().read_text()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"sound": {}}',
        b"\xff\xfe",
        b'{"by": "an older one", "sound": {"a.png": 1}}',
        f'{{"by": "{checked.BY}", "sound": 3}}'.encode(),
    ],
)
def test_a_damaged_or_foreign_memory_is_made_anew(images, looked_at, content):
    opened(images)
    whole = memory().read_bytes()
    memory().write_bytes(content)
    assert opened(images) == ["a.png", "b.png", "c.png"]
    assert looked_at[0] == looked_at[1]
    assert memory().read_bytes() == whole


@pytest.mark.parametrize("block", ["datasets", "datasets/checked"])
def test_a_memory_that_cannot_be_written_is_done_without(images, looked_at, block):
    Path(block).parent.mkdir(exist_ok=True)
    Path(block).write_text("in the way")
    assert opened(images) == opened(images) == ["a.png", "b.png", "c.png"]
    assert looked_at[0] == looked_at[1]


def test_nothing_is_written_where_nothing_is_to_be_remembered(images):
    open_folder(images)
    assert not Path("datasets").exists()
