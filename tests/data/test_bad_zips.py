"""Zips that are made to harm, or just odd: never anything outside the target folder, and never more
than fits.
"""

import os
import random
import stat
import zipfile
from collections import namedtuple

import pytest

from ms_gan.data import archive as archive_module
from ms_gan.data.archive import SWELL, unpack
from ms_gan.errors import GanError

DATA = bytes(range(256))


def pack(path, *members, compression=zipfile.ZIP_STORED):
    """A zip of (name or ZipInfo, content)."""
    with zipfile.ZipFile(path, "w", compression) as opened:
        for member in members:
            opened.writestr(*member)
    return path


def member(name, kind):
    info = zipfile.ZipInfo(name)
    info.external_attr = (kind | 0o777) << 16
    return info


def tree(folder):
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


@pytest.mark.parametrize(
    "name",
    [
        "../x.jpg",
        "a/../../x.jpg",
        "a\\..\\..\\x.jpg",
        "/x.jpg",
        "\\x.jpg",
        "//host/share/x.jpg",
        "C:/x.jpg",
        "c:x.jpg",
        "..\\C:\\x.jpg",
    ],
)
def test_names_that_point_outside_are_refused(tmp_path, name):
    archive = pack(tmp_path / "faces.zip", ("good.jpg", DATA), (name, DATA))
    with pytest.raises(
        GanError, match=r"faces\.zip: refused: its member .* points outside the archive$"
    ):
        unpack(archive, tmp_path / "sub" / "datasets")
    assert tree(tmp_path) == ["faces.zip"]


def test_a_link_that_is_no_image_is_not_made_and_nothing_goes_through_it(tmp_path):
    (tmp_path / "outside").mkdir()
    way = member("way", stat.S_IFLNK), str(tmp_path / "outside")
    archive = pack(tmp_path / "faces.zip", way, ("way/x.jpg", DATA))
    folder = unpack(archive, tmp_path / "datasets")
    assert tree(folder) == ["way/x.jpg"] and not (folder / "way").is_symlink()
    assert tree(tmp_path / "outside") == []


def test_devices_and_modes_are_not_kept(tmp_path):
    archive = pack(tmp_path / "faces.zip", (member("pipe.jpg", stat.S_IFIFO | stat.S_ISUID), DATA))
    file = unpack(archive, tmp_path / "datasets") / "pipe.jpg"
    assert file.read_bytes() == DATA and not file.stat().st_mode & stat.S_ISUID


def test_backslashes_are_folders(tmp_path):
    folder = unpack(
        pack(tmp_path / "faces.zip", ("A\\1.jpg", DATA), ("B\\sub\\2.jpg", DATA)),
        tmp_path / "datasets",
    )
    assert tree(folder) == ["A/1.jpg", "B/sub/2.jpg"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_two_members_with_one_name_the_last_counts(tmp_path):
    folder = unpack(
        pack(tmp_path / "faces.zip", ("a.jpg", b"old"), ("./a.jpg", b"older"), ("a.jpg", b"new")),
        tmp_path / "datasets",
    )
    assert tree(folder) == ["a.jpg"] and (folder / "a.jpg").read_bytes() == b"new"


def test_names_that_differ_by_case_are_two_where_the_disk_tells_them_apart(tmp_path):
    (tmp_path / "case").touch()
    folder = unpack(
        pack(tmp_path / "faces.zip", ("a.jpg", b"1"), ("A.JPG", b"2")), tmp_path / "datasets"
    )
    assert len(tree(folder)) == (1 if (tmp_path / "CASE").exists() else 2)


@pytest.mark.parametrize(
    "names", [("a.jpg", "a.jpg/b.jpg"), ("x" * 300 + ".jpg",)], ids=["file and folder", "long"]
)
def test_names_that_no_disk_takes_are_one_line_and_leave_nothing(tmp_path, names):
    archive = pack(tmp_path / "faces.zip", *((name, DATA) for name in names))
    with pytest.raises(
        GanError, match=r"faces\.zip: can't be unpacked into .*datasets: [A-Z][\w ]+$"
    ):
        unpack(archive, tmp_path / "datasets")
    assert tree(tmp_path) == ["faces.zip"]


def test_a_bomb_is_refused_before_anything_is_written(tmp_path, monkeypatch):
    archive = pack(
        tmp_path / "faces.zip", ("a.jpg", bytes(10**6)), compression=zipfile.ZIP_DEFLATED
    )
    monkeypatch.setattr(archive_module.shutil, "copyfileobj", None)
    with pytest.raises(
        GanError, match=rf"refused: its 1,\d+ bytes unpack to 1,000,000, more than {SWELL} times"
    ):
        unpack(archive, tmp_path / "datasets")
    assert tree(tmp_path) == ["faces.zip"]


def test_what_does_not_fit_on_the_disk_is_refused(tmp_path, monkeypatch):
    archive = pack(tmp_path / "faces.zip", ("a.jpg", DATA), ("b.jpg", DATA), ("read.me", DATA))
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(archive_module.shutil, "disk_usage", lambda path: usage(511))
    with pytest.raises(
        GanError, match="refused: its images take 512 bytes, but .*datasets has only 511 free"
    ):
        unpack(archive, tmp_path / "datasets")
    assert tree(tmp_path) == ["faces.zip"]
    monkeypatch.setattr(archive_module.shutil, "disk_usage", lambda path: usage(512))
    assert tree(unpack(archive, tmp_path / "datasets")) == ["a.jpg", "b.jpg"]


def test_a_zip_whose_name_is_not_utf8_is_refused(tmp_path):
    archive = pack(tmp_path / os.fsdecode(b"caf\xe9.zip"), ("a.jpg", DATA))
    with pytest.raises(GanError, match="its path holds bytes that aren't UTF-8; rename it"):
        unpack(archive, tmp_path / "datasets")


@pytest.mark.parametrize(
    "compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_any_damage_is_an_error_of_one_line_or_harmless(tmp_path, compression):
    pack(tmp_path / "whole.zip", ("ä/a.jpg", DATA), ("b.jpg", DATA[::-1]), compression=compression)
    whole, rng = (tmp_path / "whole.zip").read_bytes(), random.Random(0)
    damaged, refused = tmp_path / "a.zip", 0
    for index in range(100):
        content = bytearray(whole)
        for _ in range(1 + index % 3):
            content[rng.randrange(len(content))] = rng.randrange(256)
        damaged.write_bytes(content[: rng.randrange(len(content))] if index % 5 == 0 else content)
        try:
            unpack(damaged, tmp_path / "datasets")
        except GanError as error:
            refused += 1
            assert str(error).startswith(f"{damaged}: ") and "\n" not in str(error)
    assert refused > 50
    assert {path.split("/")[0] for path in tree(tmp_path)} <= {"a.zip", "whole.zip", "datasets"}
