"""Files that aren't what they seem: each is used, or left out with its reason, and never ends the
process.
"""

import os
import re
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from data_options import data_options, opened
from image_files import JPEG, NO_IMAGE, NOISE, PNG, encoded
from PIL import Image

from ms_gan.data.decode import THINNEST, Unusable, decode
from ms_gan.data.images import open_images
from ms_gan.data.listing import list_images
from ms_gan.errors import GanError

AS_USER = pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() == 0, reason="root may read everything"
)


def claiming(width, height):
    """A small PNG that says it is of this size."""
    content = bytearray(encoded("PNG", NOISE))
    content[16:24] = struct.pack(">2I", width, height)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    return bytes(content)


@pytest.fixture
def images(tmp_path):
    """A folder with one sound image, sound.png."""
    folder = tmp_path / "images"
    folder.mkdir()
    NOISE.save(folder / "sound.png")
    return folder


@pytest.mark.parametrize(
    "content, reason",
    [
        (PNG[:-4], "truncated: PNG's end mark is missing"),
        (PNG[:-12], "truncated: PNG's end mark is missing"),
        (JPEG[:-2], "truncated"),
        (JPEG[:300], "Truncated File Read"),
        (JPEG[:3], NO_IMAGE),
        (claiming(30000, 30000), "Image size (900000000 pixels) exceeds limit"),
        (claiming(0, 9), NO_IMAGE),
        (
            encoded("PNG", Image.new("L", (1, THINNEST + 1))),
            f"1x{THINNEST + 1}: more than {THINNEST} times as long",
        ),
        (encoded("PPM", NOISE), NO_IMAGE),
        (encoded("TIFF", Image.fromarray(np.ones((9, 9), np.float32))), "32-bit numbers"),
        (encoded("TIFF", Image.fromarray(np.ones((9, 9), np.int32))), "32-bit numbers"),
        (b"\0" * 1000, NO_IMAGE),
        (b"hello", NO_IMAGE),
    ],
    ids=[
        "no end",
        "no last chunk",
        "no end of scan",
        "header",
        "magic only",
        "bomb",
        "no width",
        "thin",
        "ppm",
        "tiff of floats",
        "tiff of 32 bits",
        "zeros",
        "text",
    ],
)
@pytest.mark.parametrize("cache", [True, False], ids=["packed", "files"])
def test_what_cannot_be_used_is_left_out_with_its_reason(images, cache, content, reason, caplog):
    for name in ("x.png", "x.JPG"):  # whatever it is called
        (images / name).write_bytes(content)
    assert [file.name for file in opened(images, cache=cache).files] == ["sound.png"]
    for name, named in zip(("x.JPG", "x.png"), caplog.messages):
        assert named.startswith(f"{images / name}: broken: ") and reason in named
    with pytest.raises(Unusable, match=re.escape(reason)):
        decode(content)


KINDS = {
    "16 bit": encoded("PNG", Image.fromarray(np.full((9, 9), 30000, np.uint16))),
    "cmyk": encoded("JPEG", NOISE.convert("CMYK")),
    "palette": encoded("PNG", NOISE.convert("P")),
    "grey with alpha": encoded("PNG", NOISE.convert("LA")),
    "alpha": encoded("PNG", NOISE.convert("RGBA")),
    "animated": encoded("PNG", NOISE, save_all=True, append_images=[NOISE.rotate(90)]),
    "one pixel": encoded("PNG", Image.new("RGB", (1, 1))),
    "longest": encoded("PNG", Image.new("L", (1, THINNEST))),
    "progressive": encoded("JPEG", NOISE, progressive=True),
    "png": PNG,
    "more behind": PNG + b"x" * 99,
    "more behind a jpeg": JPEG + b"x" * 99,
    "several": encoded("MPO", NOISE, save_all=True, append_images=[NOISE]),
}


@pytest.mark.parametrize("cache", [True, False], ids=["packed", "files"])
def test_what_the_check_lets_pass_is_read(tmp_path, cache, caplog):
    for name, content in KINDS.items():
        for suffix in (".png", ".jpg", ".BMP"):  # whatever it is called
            (tmp_path / f"{name}{suffix}").write_bytes(content)
    images = opened(tmp_path, 16, cache=cache)
    assert images.count == 3 * len(KINDS) and caplog.messages == []
    (rows,) = images.rows(range(images.count), images.count)
    assert rows.shape == (images.count, 3, 16, 16)


NAMES = [
    "- a.jpg",
    "-rf.jpg",
    "two\nlines.jpg",
    "tab\t.jpg",
    "\x1b[31mred.jpg",
    "脸.jpg",
    "ملف.jpg",
    "e\u0301.jpg",
    "'\"$(x)*?.jpg",
    "a\\b.jpg",
    os.fsdecode(b"caf\xe9.jpg"),
    "x" * 251 + ".jpg",
]


@pytest.mark.parametrize("cache", [True, False], ids=["packed", "files"])
def test_images_of_any_name_are_read(tmp_path, cache):
    for name in NAMES:
        (tmp_path / name).write_bytes(JPEG)
    for _ in range(2):
        images = opened(tmp_path, cache=cache)
        (rows,) = images.rows(range(images.count), len(NAMES))
        assert len(rows) == len(NAMES)


@pytest.mark.parametrize("cache", [True, False], ids=["packed", "files"])
def test_broken_images_of_any_name_are_named_on_a_line_each(images, cache, caplog):
    for name in NAMES[:10]:
        (images / name).write_bytes(b"")
    opened(images, cache=cache)
    *lines, _ = caplog.messages
    assert len(lines) == 10 and all("broken: empty file" in line for line in lines)
    assert not any("\n" in line or "\x1b" in line for line in lines)
    assert r"two\nlines.jpg" in caplog.text and "脸.jpg" in caplog.text


def test_a_name_that_is_not_utf8_can_be_printed_anywhere(images, caplog):
    (images / os.fsdecode(b"caf\xe9.jpg")).write_bytes(b"")
    for _ in range(2):  # the second time from the packed file's note
        opened(images)
        assert r"caf\udce9.jpg" in caplog.messages[0]
        caplog.clear()


def test_a_folder_whose_name_is_not_utf8_is_refused(tmp_path):
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    (folder / "a.jpg").write_bytes(JPEG)
    with pytest.raises(GanError, match="udce9': its path holds bytes that aren't UTF-8; rename it"):
        opened(folder)


@pytest.mark.parametrize("cache", [True, False], ids=["packed", "files"])
def test_what_is_no_file_is_left_out(images, cache, caplog):
    os.mkfifo(images / "pipe.jpg")
    (images / "dangling.jpg").symlink_to("nowhere.jpg")
    (images / "itself.jpg").symlink_to("itself.jpg")
    (images / "device.jpg").symlink_to("/dev/zero")
    (images / "folder.jpg").mkdir()
    for _ in range(2):
        caplog.clear()
        assert opened(images, cache=cache).count == 1
        assert caplog.text.count("broken: not a file") == 4
    assert "packing the images again" not in caplog.text


@AS_USER
def test_what_may_not_be_read_is_named_and_left_out(images, caplog):
    (images / "closed.jpg").write_bytes(JPEG)
    (images / "closed.jpg").chmod(0)
    (images / "shut").mkdir()
    (images / "shut").chmod(0)
    try:
        assert opened(images).count == 1
    finally:
        (images / "shut").chmod(0o700)
    assert "closed.jpg: broken: Permission denied" in caplog.text
    assert f"{images / 'shut'}: can't be read: Permission denied" in caplog.text


def test_what_cannot_be_opened_is_left_out_before_mindspore_sees_it(images, monkeypatch, caplog):
    (images / "closed.jpg").write_bytes(JPEG)
    is_file = Path.is_file

    def refused(path):
        if path.name == "closed.jpg":
            raise PermissionError(13, "Permission denied", str(path))
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", refused)  # root may read everything
    assert opened(images).count == 1
    assert "closed.jpg: broken: Permission denied" in caplog.text


def test_a_folder_that_cannot_be_listed_is_named(tmp_path, caplog):
    with pytest.raises(GanError, match="0 images found"):
        opened(tmp_path / "gone")
    assert f"{tmp_path / 'gone'}: can't be read: No such file" in caplog.text


def test_linked_folders_are_followed_and_loops_are_not(tmp_path, caplog):
    for name in ("set/a/1.png", "set/a/deep/2.png", "elsewhere/3.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(PNG)
    (tmp_path / "set" / "a" / "deep" / "up").symlink_to(tmp_path / "set")
    (tmp_path / "set" / "again").symlink_to(tmp_path / "set" / "a")
    (tmp_path / "set" / "other").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "back").symlink_to(tmp_path)
    found = [
        file.relative_to(tmp_path / "set").as_posix() for file in list_images(tmp_path / "set")
    ]
    assert found == ["a/1.png", "a/deep/2.png", "other/3.png"]
    assert opened(tmp_path / "set").count == 3 and caplog.messages == []


def test_jpegs_cut_anywhere_are_all_left_out(images, caplog):
    for length in range(1, len(JPEG), 7):
        (images / f"{length}.jpg").write_bytes(JPEG[:length])
    assert opened(images).count == 1
    assert "images are broken and left out" in caplog.messages[-1]


class Picky:
    """Refuses images that are too small, and fails on others."""

    key, shape = "picky", (1, 1, 1)

    def __call__(self, image):
        if image.width < 10:
            raise Unusable("too small")
        if image.width > 100:
            raise KeyError
        return np.full(self.shape, image.width, np.uint8)


@pytest.mark.parametrize("cache", [True, False], ids=["packed", "files"])
def test_a_sound_image_that_does_not_fit_is_named_without_being_called_broken(
    images, cache, caplog
):
    Image.new("RGB", (9, 9)).save(images / "small.png")
    Image.new("RGB", (101, 9)).save(images / "wide.png")
    found = open_images(images, Picky(), data_options(cache=cache))
    assert [rows.tolist() for rows in found.rows([0], 1)] == [[[[[20]]]]]
    assert caplog.messages == [
        f"{images / 'small.png'}: too small",
        f"{images / 'wide.png'}: broken: KeyError",
        "2 of 3 images are unusable and left out",
    ]
