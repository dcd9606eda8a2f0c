import os
import stat
import zipfile
from pathlib import Path

import pytest

from ms_gan.data import archive as archive_module
from ms_gan.data.archive import unpack
from ms_gan.errors import GanError

DATA = bytes(range(256)) * 20


def pack(path, members, compression=zipfile.ZIP_STORED):
    """A zip of {name or ZipInfo: content}."""
    with zipfile.ZipFile(path, "w", compression) as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return path


def symlink(name):
    member = zipfile.ZipInfo(name)
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    return member


def tree(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def edited(path, *changes):
    """The file with some bytes set: (offset from the start of `mark`, mark, value)."""
    content = bytearray(path.read_bytes())
    for offset, mark, value in changes:
        content[content.index(mark) + offset] = value
    path.write_bytes(content)
    return path


def encrypted(path):
    """A zip whose member says that it needs a password."""
    return edited(pack(path, {"a.jpg": DATA}), (6, b"PK\3\4", 1), (8, b"PK\1\2", 1))


def unknown_compression(path):
    return edited(pack(path, {"a.jpg": DATA}), (8, b"PK\3\4", 99), (10, b"PK\1\2", 99))


def wrong_sum(path):
    return edited(pack(path, {"good.jpg": DATA, "z.jpg": b"hello there"}), (1, b"hello there", 0))


def broken_stream(path):
    pack(path, {"good.jpg": DATA, "z.jpg": DATA}, zipfile.ZIP_DEFLATED)
    return edited(
        path, (5, b"z.jpg", 0xFF)
    )  # the first byte of the compressed data: a block of no known type


def overlong(path):
    """A zip whose list of members promises 64 KiB more than there are."""
    return edited(pack(path, {"a.jpg": DATA}), (22, b"PK\1\2", 1), (26, b"PK\1\2", 1))


def truncated(path):
    pack(path, {"a.jpg": DATA, "b.jpg": DATA})
    path.write_bytes(path.read_bytes()[: len(DATA)])
    return path


def text(path):
    path.write_text("<html>Not found</html>")
    return path


def test_images_are_unpacked_with_their_folders_and_nothing_else(tmp_path):
    archive = pack(
        tmp_path / "my faces.zip",
        {
            "a.jpg": b"1",
            "sub dir/b.PNG": b"2",
            "脸/少女.jpeg": b"3",
            "n.txt": b"",
            "__MACOSX/._a.jpg": b"",
            "empty/": b"",
            "c.svg": b"",
        },
        zipfile.ZIP_DEFLATED,
    )
    folder = unpack(archive, tmp_path / "datasets")
    assert folder.parent == tmp_path / "datasets"
    assert folder.name.startswith("my faces-")
    assert tree(folder) == ["a.jpg", "sub dir", "sub dir/b.PNG", "脸", "脸/少女.jpeg"]
    assert (folder / "sub dir" / "b.PNG").read_bytes() == b"2"
    assert list(folder.parent.iterdir()) == [folder]


def test_an_archive_is_unpacked_once_only(tmp_path, monkeypatch):
    archive = pack(tmp_path / "faces.zip", {"a.jpg": DATA})
    folder = unpack(archive, tmp_path / "datasets")
    monkeypatch.setattr(archive_module.zipfile, "ZipFile", None)
    assert unpack(archive, tmp_path / "datasets") == folder
    # By another way to the same file.
    assert unpack(Path("faces.zip"), tmp_path / "datasets") == folder


def test_a_changed_archive_is_unpacked_again(tmp_path):
    first = unpack(pack(tmp_path / "faces.zip", {"a.jpg": DATA}), tmp_path / "datasets")
    second = unpack(pack(tmp_path / "faces.zip", {"b.jpg": DATA + DATA}), tmp_path / "datasets")
    assert tree(first) == ["a.jpg"]
    assert tree(second) == ["b.jpg"]


def test_archives_of_one_name_in_two_places_do_not_mix(tmp_path):
    folders = []
    for place, member in (("one", "a.jpg"), ("two", "b.jpg")):
        (tmp_path / place).mkdir()
        archive = pack(tmp_path / place / "faces.zip", {member: DATA})
        os.utime(archive, (10**9, 10**9))
        folders.append(unpack(archive, tmp_path / "datasets"))
    assert [tree(folder) for folder in folders] == [["a.jpg"], ["b.jpg"]]


@pytest.mark.parametrize(
    "make", [truncated, text, wrong_sum, broken_stream, overlong, encrypted, unknown_compression]
)
def test_a_damaged_zip_is_refused_and_leaves_nothing(tmp_path, make):
    archive = make(tmp_path / "faces.zip")
    with pytest.raises(
        GanError, match=r"faces\.zip: not a whole zip file \(.+\); fetch or pack it again$"
    ):
        unpack(archive, tmp_path / "datasets")
    assert tree(tmp_path) in (["faces.zip"], ["datasets", "faces.zip"])


@pytest.mark.parametrize("members", [{}, {"n.txt": b"", "a.svg": b""}, {"__MACOSX/a.jpg": b""}])
def test_a_zip_without_images_is_refused_and_leaves_nothing(tmp_path, members):
    archive = pack(tmp_path / "faces.zip", members)
    with pytest.raises(
        GanError, match=r"faces\.zip: no images in this zip; expected files ending in \.jpg"
    ):
        unpack(archive, tmp_path / "datasets")
    assert tree(tmp_path) in (["faces.zip"], ["datasets", "faces.zip"])


@pytest.mark.parametrize(
    "evil",
    ["../x.jpg", "a/../../../x.jpg", "..\\x.jpg", "{outside}/x.jpg", symlink("x.jpg")],
    ids=["parent", "deep parent", "windows parent", "absolute", "symlink"],
)
def test_a_zip_that_points_outside_is_refused_whole(tmp_path, evil):
    if isinstance(evil, str):
        evil = evil.format(outside=tmp_path)
    archive = pack(tmp_path / "faces.zip", {"good.jpg": DATA, evil: b"/etc/hostname"})
    with pytest.raises(
        GanError, match=r"faces\.zip: refused: its member .*x\.jpg' points outside the archive"
    ):
        unpack(archive, tmp_path / "sub" / "datasets")
    assert [name for name in tree(tmp_path) if name.endswith(".jpg") or ".tmp" in name] == []


def test_an_interrupted_unpacking_leaves_nothing(tmp_path, monkeypatch):
    def interrupt(source, copy):
        copy.write(b"half")
        raise KeyboardInterrupt

    archive = pack(tmp_path / "faces.zip", {"a.jpg": DATA})
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(archive_module.shutil, "copyfileobj", interrupt)
        unpack(archive, tmp_path / "datasets")
    assert tree(tmp_path / "datasets") == []
    assert tree(unpack(archive, tmp_path / "datasets")) == ["a.jpg"]
