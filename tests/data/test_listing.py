import io

import numpy as np
import pytest
from data_options import opened
from PIL import Image

from ms_gan.data.listing import EXTENSIONS, NAMED, list_images
from ms_gan.data.locate import SYNTHETIC
from ms_gan.errors import GanError

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8))


def encoded(format):
    file = io.BytesIO()
    NOISE.save(file, format)
    return file.getvalue()


def place(folder, *names, content=None):
    """Files of these names in the folder, each a sound image unless `content` says otherwise."""
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(encoded("JPEG") if content is None else content)


def names(files, folder):
    return [file.relative_to(folder).as_posix() for file in files]


def test_images_are_found_at_any_depth_in_sorted_order(tmp_path):
    place(
        tmp_path,
        "b.jpg",
        "a.JPG",
        "c.Jpeg",
        "z/2.png",
        "z/1.bmp",
        "y/deep/er/x.PNG",
        "a face.jpg",
        "脸/少女.jpg",
    )
    assert names(list_images(tmp_path), tmp_path) == [
        "a face.jpg",
        "a.JPG",
        "b.jpg",
        "c.Jpeg",
        "y/deep/er/x.PNG",
        "z/1.bmp",
        "z/2.png",
        "脸/少女.jpg",
    ]


def test_hidden_and_foreign_files_are_passed_over(tmp_path):
    place(
        tmp_path,
        "a.jpg",
        ".b.jpg",
        "._a.jpg",
        ".git/c.jpg",
        "__MACOSX/d.jpg",
        "sub/__MACOSX/e.jpg",
        "readme.txt",
        "f.svg",
        "jpg",
        "g.jpg.part",
    )
    (tmp_path / "folder.jpg").mkdir()
    assert names(list_images(tmp_path), tmp_path) == ["a.jpg"]


def test_sound_images_are_all_kept_without_a_word(tmp_path, caplog):
    place(tmp_path, "a face.jpg", "脸/少女.JPG")
    place(tmp_path, "p.png", content=encoded("PNG"))
    place(tmp_path, "p.bmp", content=encoded("BMP"))
    images = opened(tmp_path)
    assert names(images.files, tmp_path) == ["a face.jpg", "p.bmp", "p.png", "脸/少女.JPG"]
    assert images.describe() == {"path": str(tmp_path.resolve()), "images": 4, "synthetic": False}
    assert caplog.messages == []


def test_a_relative_folder_is_recorded_in_full(tmp_path):
    place(tmp_path / "mine", "a.jpg")
    assert opened("mine").folder == (tmp_path / "mine").resolve()


@pytest.mark.parametrize(
    "name, content, reason",
    [
        ("x.jpg", b"", "empty file"),
        ("x.jpg", encoded("JPEG")[:20], ""),
        ("x.jpg", encoded("JPEG")[: len(encoded("JPEG")) // 2], "truncated"),
        ("x.png", encoded("PNG")[:20], ""),
        ("x.png", encoded("PNG")[: len(encoded("PNG")) // 2], "truncated"),
        ("x.bmp", encoded("BMP")[: len(encoded("BMP")) // 2], "truncated"),
        ("x.jpg", b"no image at all", "not a JPEG, PNG, BMP, GIF, TIFF, WEBP image"),
        ("x.png", encoded("PPM"), "not a JPEG, PNG, BMP, GIF, TIFF, WEBP image"),
        ("x.webp", encoded("WEBP")[: len(encoded("WEBP")) // 2], ""),
        ("x.gif", encoded("GIF")[: len(encoded("GIF")) // 2], "truncated"),
        ("x.tif", encoded("TIFF")[: len(encoded("TIFF")) // 2], "truncated"),
    ],
    ids=[
        "empty",
        "jpeg header",
        "jpeg scan",
        "png header",
        "png data",
        "bmp",
        "text",
        "ppm",
        "webp",
        "gif",
        "tiff",
    ],
)
def test_a_broken_file_is_named_and_left_out(tmp_path, caplog, name, content, reason):
    place(tmp_path, "sound.jpg")
    place(tmp_path, name, content=content)
    assert names(opened(tmp_path).files, tmp_path) == ["sound.jpg"]
    named, counted = caplog.messages
    assert named.startswith(f"{tmp_path / name}: broken: ") and reason in named
    assert counted == "1 of 2 images are broken and left out"


@pytest.mark.parametrize("format, limit", [("PNG", 40 * 40 - 1), ("PNG", 100), ("JPEG", 100)])
def test_a_decompression_bomb_is_left_out(tmp_path, caplog, monkeypatch, format, limit):
    place(tmp_path, "bomb.png", content=encoded(format))
    NOISE.resize((5, 5)).save(tmp_path / "sound.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    assert names(opened(tmp_path).files, tmp_path) == ["sound.png"]
    assert "bomb.png: broken: Image size (1600 pixels) exceeds limit" in caplog.text


def test_a_png_is_read_whatever_image_suffix_it_has(tmp_path):
    place(tmp_path, "really_png.jpg", content=encoded("PNG"))
    assert len(opened(tmp_path).files) == 1


def test_reasons_are_given_in_the_order_of_the_files(tmp_path, caplog):
    place(tmp_path, "a.jpg", "c.jpg", content=b"")
    place(tmp_path, "b.jpg", content=b"no image")
    place(tmp_path, "d.jpg")
    opened(tmp_path)
    assert [line.split("/")[-1].split(":")[0] for line in caplog.messages[:3]] == [
        "a.jpg",
        "b.jpg",
        "c.jpg",
    ]


@pytest.mark.parametrize("broken, named", [(3, 3), (NAMED, 10), (NAMED + 3, 10)])
def test_at_most_ten_broken_files_are_named_and_all_are_counted(tmp_path, caplog, broken, named):
    place(tmp_path, "sound.jpg")
    place(tmp_path, *(f"broken{index:02d}.jpg" for index in range(broken)), content=b"")
    assert len(opened(tmp_path).files) == 1
    said = caplog.text
    assert said.count("broken: empty file") == named
    assert f"broken{named - 1:02d}.jpg" in said
    assert f"{broken} of {broken + 1} images are broken and left out" in said


def test_a_folder_of_broken_files_only_is_an_error_that_counts_them(tmp_path):
    place(tmp_path, "a.jpg", "b.jpg", "c.png", content=b"")
    with pytest.raises(GanError) as error:
        opened(tmp_path)
    assert str(error.value).startswith(
        f"{tmp_path}: all 3 files ending in {', '.join(EXTENSIONS)} are broken"
    )


@pytest.mark.parametrize("made", [[], ["notes.txt", ".hidden.jpg"]])
def test_a_folder_without_images_is_an_error_that_names_what_is_expected(tmp_path, made):
    place(tmp_path / "mine", *made)
    with pytest.raises(GanError) as error:
        opened(tmp_path / "mine")
    assert str(error.value).startswith(f"{tmp_path / 'mine'}: 0 images found")
    assert all(extension in str(error.value) for extension in EXTENSIONS)


def test_a_synthetic_folder_is_known_by_its_mark(tmp_path):
    place(tmp_path, "0.jpg")
    place(tmp_path, SYNTHETIC, content=b"drawn")
    images = opened(tmp_path)
    assert images.synthetic
    assert images.describe()["synthetic"] is True
