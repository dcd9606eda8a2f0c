"""Files that aren't what they seem: each is used, or left out with its reason, and never ends the
process.
"""

import io
import os
import struct
import zlib

import numpy as np
import pytest
from ms_gan.data.folder import THINNEST, check_images, list_images, open_folder
from PIL import Image

from ms_gan.data.images import ImageBatches
from ms_gan.errors import GanError

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 20, 3), np.uint8))
AS_USER = pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() == 0, reason="root may read everything"
)


def encoded(format, image=NOISE, **how):
    file = io.BytesIO()
    image.save(file, format, **how)
    return file.getvalue()


def claiming(width, height):
    """A small PNG that says it is of this size."""
    content = bytearray(encoded("PNG"))
    content[16:24] = struct.pack(">2I", width, height)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    return bytes(content)


PNG, JPEG = encoded("PNG"), encoded("JPEG")


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
        (JPEG[:3], "not a JPEG, PNG, BMP image"),
        (claiming(30000, 30000), "Image size (900000000 pixels) exceeds limit"),
        (claiming(0, 9), "not a JPEG, PNG, BMP image"),
        (
            encoded("PNG", Image.new("L", (1, THINNEST + 1))),
            f"1x{THINNEST + 1}: more than {THINNEST} times as long",
        ),
        (encoded("GIF", save_all=True, append_images=[NOISE]), "not a JPEG, PNG, BMP image"),
        (encoded("WEBP"), "not a JPEG, PNG, BMP image"),
        (encoded("TIFF"), "not a JPEG, PNG, BMP image"),
        (b"\0" * 1000, "not a JPEG, PNG, BMP image"),
        (b"hello", "not a JPEG, PNG, BMP image"),
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
        "animated gif",
        "webp",
        "tiff",
        "zeros",
        "text",
    ],
)
@pytest.mark.parametrize("name", ["x.png", "x.JPG"])
def test_what_cannot_be_used_is_left_out_with_its_reason(images, name, content, reason, capsys):
    (images / name).write_bytes(content)
    assert [file.name for file in open_folder(images).files] == ["sound.png"]
    (named,) = [line for line in capsys.readouterr().err.splitlines() if "broken:" in line]
    assert f"warning: {images / name}: broken: " in named and reason in named


KINDS = {
    "16 bit": encoded("PNG", Image.fromarray(np.full((9, 9), 30000, np.uint16))),
    "cmyk": encoded("JPEG", NOISE.convert("CMYK")),
    "palette": encoded("PNG", NOISE.convert("P")),
    "grey with alpha": encoded("PNG", NOISE.convert("LA")),
    "alpha": encoded("PNG", NOISE.convert("RGBA")),
    "animated": encoded("PNG", save_all=True, append_images=[NOISE.rotate(90)]),
    "one pixel": encoded("PNG", Image.new("RGB", (1, 1))),
    "longest": encoded("PNG", Image.new("L", (1, THINNEST))),
    "progressive": encoded("JPEG", progressive=True),
    "png": PNG,
    "more behind": PNG + b"x" * 99,
    "more behind a jpeg": JPEG + b"x" * 99,
    "several": encoded("MPO", save_all=True, append_images=[NOISE]),
}


def test_what_the_check_lets_pass_is_read_by_mindspore(tmp_path, capsys):
    for name, content in KINDS.items():
        for suffix in (".png", ".jpg", ".BMP"):  # whatever it is called
            (tmp_path / f"{name}{suffix}").write_bytes(content)
    images = open_folder(tmp_path)
    assert images.count == 3 * len(KINDS) and "warning" not in capsys.readouterr().err
    batches = ImageBatches(images, 16, images.count, 0, 1)
    assert next(batches.from_step(0))[0].shape == (images.count, 3, 16, 16)
    batches.close()


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


def test_images_of_any_name_are_read(tmp_path):
    for name in NAMES:
        (tmp_path / name).write_bytes(JPEG)
    batches = ImageBatches(open_folder(tmp_path), 8, len(NAMES), 0, 1)
    assert len(next(batches.from_step(0))[0]) == len(NAMES)
    batches.close()


def test_broken_images_of_any_name_are_named_on_a_line_each(images, capfd):
    for name in NAMES[:10]:
        (images / name).write_bytes(b"")
    open_folder(images)
    said = capfd.readouterr().err
    lines = [line for line in said.split("\n") if "broken: empty file" in line]
    assert len(lines) == 10 and all(line.startswith("warning: ") for line in lines)
    assert r"two\nlines.jpg" in said and "\x1b[31m" not in said and "脸.jpg" in said


def test_a_name_that_is_not_utf8_can_be_printed_anywhere(images, capfd):
    (images / os.fsdecode(b"caf\xe9.jpg")).write_bytes(b"")
    open_folder(images)
    assert r"caf\udce9.jpg" in capfd.readouterr().err


def test_a_folder_whose_name_is_not_utf8_is_refused(tmp_path):
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    (folder / "a.jpg").write_bytes(JPEG)
    with pytest.raises(GanError, match="udce9': its path holds bytes that aren't UTF-8; rename it"):
        open_folder(folder)


def test_what_is_no_file_is_left_out(images, capsys):
    os.mkfifo(images / "pipe.jpg")
    (images / "dangling.jpg").symlink_to("nowhere.jpg")
    (images / "itself.jpg").symlink_to("itself.jpg")
    (images / "device.jpg").symlink_to("/dev/zero")
    (images / "folder.jpg").mkdir()
    assert open_folder(images).count == 1
    assert capsys.readouterr().err.count("broken: not a file") == 4


@AS_USER
def test_what_may_not_be_read_is_named_and_left_out(images, capsys):
    (images / "closed.jpg").write_bytes(JPEG)
    (images / "closed.jpg").chmod(0)
    (images / "shut").mkdir()
    (images / "shut").chmod(0)
    try:
        assert open_folder(images).count == 1
    finally:
        (images / "shut").chmod(0o700)
    said = capsys.readouterr().err
    assert "closed.jpg: broken: Permission denied" in said
    assert f"warning: {images / 'shut'}: can't be read: Permission denied" in said


def test_a_folder_that_cannot_be_listed_is_named(tmp_path, capsys):
    with pytest.raises(GanError, match="0 images found"):
        open_folder(tmp_path / "gone")
    assert f"warning: {tmp_path / 'gone'}: can't be read: No such file" in capsys.readouterr().err


def test_linked_folders_are_followed_and_loops_are_not(tmp_path):
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
    assert check_images(list_images(tmp_path / "set")) == {}


@pytest.mark.parametrize(
    "damage, reason",
    [
        (lambda file: file.unlink(), "not a file"),
        (lambda file: file.write_bytes(b""), "empty file"),
        (lambda file: file.write_bytes(JPEG[:300]), "Truncated File Read"),
    ],
    ids=["gone", "emptied", "header"],
)
def test_an_image_lost_between_epochs_is_named(tmp_path, damage, reason):
    for index in range(4):
        (tmp_path / f"{index}.jpg").write_bytes(JPEG)
    batches = ImageBatches(open_folder(tmp_path), 8, 4, 0, 1)
    stream = batches.from_step(0)
    next(stream)
    damage(
        tmp_path / "2.jpg"
    )  # cut off in its header, it would end the process in MindSpore's decoder
    with pytest.raises(
        GanError,
        match=rf"can't be read any more \({tmp_path}/2\.jpg: {reason}\); mend or remove it",
    ):
        next(stream)
    batches.close()


def test_an_image_replaced_by_another_sound_one_is_used(tmp_path):
    for index in range(4):
        (tmp_path / f"{index}.jpg").write_bytes(JPEG)
    batches = ImageBatches(open_folder(tmp_path), 8, 4, 0, 1)
    stream = batches.from_step(0)
    before = next(stream)[0].asnumpy().min()
    for index in range(4):
        Image.new("RGB", (20, 20), "white").save(tmp_path / f"{index}.jpg")
    assert next(stream)[0].asnumpy().min() > 0.99 > before
    batches.close()
