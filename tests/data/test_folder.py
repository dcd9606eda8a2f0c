import io

import numpy as np
import pytest
from ms_gan.data.folder import DRAWN, EXTENSIONS, NAMED, check_images, list_images, open_folder
from PIL import Image

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
        "f.gif",
        "jpg",
        "g.jpg.part",
    )
    (tmp_path / "folder.jpg").mkdir()
    assert names(list_images(tmp_path), tmp_path) == ["a.jpg"]


def test_sound_images_are_all_kept_without_a_word(tmp_path, capsys):
    place(tmp_path, "a face.jpg", "脸/少女.JPG")
    place(tmp_path, "p.png", content=encoded("PNG"))
    place(tmp_path, "p.bmp", content=encoded("BMP"))
    images = open_folder(tmp_path)
    assert names(images.files, tmp_path) == ["a face.jpg", "p.bmp", "p.png", "脸/少女.JPG"]
    assert images.describe() == {
        "path": str(tmp_path.resolve()),
        "images": 4,
        "drawn_stand_in": False,
    }
    assert "warning" not in capsys.readouterr().err


def test_a_relative_folder_is_recorded_in_full(tmp_path):
    place(tmp_path / "mine", "a.jpg")
    assert open_folder("mine").folder == (tmp_path / "mine").resolve()


@pytest.mark.parametrize(
    "name, content, reason",
    [
        ("x.jpg", b"", "empty file"),
        ("x.jpg", encoded("JPEG")[:20], ""),
        ("x.jpg", encoded("JPEG")[: len(encoded("JPEG")) // 2], "truncated"),
        ("x.png", encoded("PNG")[:20], ""),
        ("x.png", encoded("PNG")[: len(encoded("PNG")) // 2], "truncated"),
        ("x.bmp", encoded("BMP")[: len(encoded("BMP")) // 2], "truncated"),
        ("x.jpg", b"no image at all", "not a JPEG, PNG, BMP image"),
        ("x.png", encoded("WEBP"), "not a JPEG, PNG, BMP image"),
        ("x.jpg", encoded("GIF"), "not a JPEG, PNG, BMP image"),
        ("x.jpg", encoded("TIFF"), "not a JPEG, PNG, BMP image"),
    ],
    ids=[
        "empty",
        "jpeg header",
        "jpeg scan",
        "png header",
        "png data",
        "bmp",
        "text",
        "webp",
        "gif",
        "tiff",
    ],
)
def test_a_broken_file_is_named_and_left_out(tmp_path, capsys, name, content, reason):
    place(tmp_path, "sound.jpg")
    place(tmp_path, name, content=content)
    assert names(open_folder(tmp_path).files, tmp_path) == ["sound.jpg"]
    named, counted = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    assert f"warning: {tmp_path / name}: broken: " in named
    assert reason in named
    assert "1 of 2 images are broken and left out" in counted


@pytest.mark.parametrize("format, limit", [("PNG", 40 * 40 - 1), ("PNG", 100), ("JPEG", 100)])
def test_a_decompression_bomb_is_left_out(tmp_path, capsys, monkeypatch, format, limit):
    place(tmp_path, "bomb.png", content=encoded(format))
    NOISE.resize((5, 5)).save(tmp_path / "sound.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    assert names(open_folder(tmp_path).files, tmp_path) == ["sound.png"]
    assert "bomb.png: broken: Image size (1600 pixels) exceeds limit" in capsys.readouterr().err


def test_a_png_is_read_whatever_image_suffix_it_has(tmp_path):
    place(tmp_path, "really_png.jpg", content=encoded("PNG"))
    assert len(open_folder(tmp_path).files) == 1


def test_reasons_are_given_in_the_order_of_the_files(tmp_path):
    place(tmp_path, "c.jpg", "a.jpg", "b.jpg", content=b"")
    place(tmp_path, "d.jpg")
    files = [tmp_path / name for name in ("c.jpg", "d.jpg", "a.jpg", "b.jpg")]
    assert list(check_images(files)) == [files[0], files[2], files[3]]


@pytest.mark.parametrize("broken, named", [(3, 3), (NAMED, 10), (NAMED + 3, 10)])
def test_at_most_ten_broken_files_are_named_and_all_are_counted(tmp_path, capsys, broken, named):
    place(tmp_path, "sound.jpg")
    place(tmp_path, *(f"broken{index:02d}.jpg" for index in range(broken)), content=b"")
    assert len(open_folder(tmp_path).files) == 1
    said = capsys.readouterr().err
    assert said.count("broken: empty file") == named
    assert f"broken{named - 1:02d}.jpg" in said
    assert f"{broken} of {broken + 1} images are broken and left out" in said


def test_a_folder_of_broken_files_only_is_an_error_that_counts_them(tmp_path):
    place(tmp_path, "a.jpg", "b.jpg", "c.png", content=b"")
    with pytest.raises(GanError) as error:
        open_folder(tmp_path)
    assert str(error.value).startswith(
        f"{tmp_path}: all 3 files ending in {', '.join(EXTENSIONS)} are broken"
    )


@pytest.mark.parametrize("made", [[], ["notes.txt", ".hidden.jpg"]])
def test_a_folder_without_images_is_an_error_that_names_what_is_expected(tmp_path, made):
    place(tmp_path / "mine", *made)
    with pytest.raises(GanError) as error:
        open_folder(tmp_path / "mine")
    assert str(error.value).startswith(f"{tmp_path / 'mine'}: 0 images found")
    assert all(extension in str(error.value) for extension in EXTENSIONS)


def test_a_drawn_folder_is_known_by_its_mark(tmp_path):
    place(tmp_path, "0.jpg")
    place(tmp_path, DRAWN, content=b"drawn")
    images = open_folder(tmp_path)
    assert images.drawn
    assert images.describe()["drawn_stand_in"] is True
