"""What people have: cropped photographs, zips and folders of odd names, images of all kinds."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from data_options import found, opened
from image_files import OTHER, PHOTO, SMOOTH, encoded
from PIL import Image

from ms_gan.data.decode import Square, Unusable, decode
from ms_gan.data.listing import EXTENSIONS
from ms_gan.errors import GanError

# --crop


@pytest.mark.parametrize("crop, top, left", [(108, 55, 35), (178, 20, 0)])
def test_the_middle_is_cut_out_to_the_pixel(crop, top, left):
    cut = PHOTO[top : top + crop, left : left + crop].transpose(2, 0, 1)
    assert np.array_equal(Square(crop, crop)(Image.fromarray(PHOTO)), cut)


def test_the_middle_is_cut_out_before_it_is_scaled():
    cut = Image.fromarray(PHOTO[55:163, 35:143])
    assert np.array_equal(Square(64, 108)(Image.fromarray(PHOTO)), Square(64)(cut))
    assert not np.array_equal(
        Square(64, 108)(Image.fromarray(PHOTO)), Square(64)(cut.resize((9, 9)))
    )


def test_without_crop_nothing_is_cut():
    assert np.array_equal(Square(64, 0)(SMOOTH), Square(64)(SMOOTH))


def test_crops_have_packed_files_of_their_own_and_smaller_images_are_left_out(tmp_path, caplog):
    Image.fromarray(PHOTO).save(tmp_path / "photo.png")
    SMOOTH.save(tmp_path / "small.png")
    assert found(tmp_path)[0].count == 2
    caplog.clear()
    for options in ({}, {}, {"cache": False}):
        images, examples = found(tmp_path, 108, 108, **options)
        assert [file.name for file in images.files] == ["photo.png"]
        assert np.array_equal(examples[0], PHOTO[55:163, 35:143].transpose(2, 0, 1))
        assert f"{tmp_path / 'small.png'}: 32x32: smaller than --crop 108" in caplog.text
        caplog.clear()
    names = sorted(path.name[len(tmp_path.name) :] for path in Path("datasets/cache").iterdir())
    assert [name.rsplit("-", 1)[0] for name in names] == ["-108-crop108", "-8"]


# zips and folders


def test_a_zip_with_an_outer_folder_sub_folders_and_odd_names(tmp_path):
    names = ["data/anime-faces/black hair/1 (2).JPG", "data/anime-faces/赤/Été.PnG", "data/x.JPEG"]
    with zipfile.ZipFile(tmp_path / "archive (1).ZIP", "w") as opened_zip:
        opened_zip.writestr("data/readme.TXT", "hello")
        opened_zip.writestr("data/anime-faces/Thumbs.db", b"x")
        for name in names:
            opened_zip.writestr(name, encoded("PNG" if "PnG" in name else "JPEG"))
    images, examples = found(tmp_path / "archive (1).ZIP")
    assert sorted(file.name for file in images.files) == ["1 (2).JPG", "x.JPEG", "Été.PnG"]
    assert np.abs(examples.astype(int) - Square(8)(SMOOTH)).max() < 16


def test_hashed_nested_folders_of_webp(tmp_path):
    for name in ("0/a/f3/f3a9.webp", "0/a/07/07bc.webp", "e/1/9d/9d00.WEBP"):
        file = tmp_path / name
        file.parent.mkdir(parents=True)
        file.write_bytes(encoded("WEBP", lossless=True))
    images, examples = found(tmp_path, cache=False)
    assert [file.name for file in images.files] == ["07bc.webp", "f3a9.webp", "9d00.WEBP"]
    assert (examples == Square(8)(SMOOTH)).all()


KINDS = {
    "x.webp": encoded("WEBP", lossless=True),
    "x.tif": encoded("TIFF"),
    "x.TIFF": encoded("TIFF", compression="tiff_lzw"),
    "x.bmp": encoded("BMP"),
    "pages.tiff": encoded("TIFF", save_all=True, append_images=[OTHER]),
    "moves.webp": encoded("WEBP", save_all=True, append_images=[OTHER], lossless=True),
    "x.gif": encoded("GIF"),
    "moves.gif": encoded("GIF", save_all=True, append_images=[OTHER]),
    "alpha.webp": encoded("WEBP", SMOOTH.convert("RGBA"), lossless=True),
    "alpha.tif": encoded("TIFF", SMOOTH.convert("RGBA")),
    "palette.tif": encoded("TIFF", SMOOTH.convert("P", palette=Image.ADAPTIVE, colors=256)),
}


@pytest.mark.parametrize("cache", [True, False], ids=["packed", "files"])
def test_all_kinds_give_their_first_image(tmp_path, cache, caplog):
    for name, content in KINDS.items():
        (tmp_path / name).write_bytes(content)
    images, examples = found(tmp_path, cache=cache)
    assert {file.name for file in images.files} == set(KINDS)
    assert np.abs(examples.astype(int) - Square(8)(SMOOTH)).max() < 12
    assert not [line for line in caplog.messages if "left out" in line]


def test_transparency_is_dropped_as_it_is_of_a_png():
    clear = SMOOTH.convert("RGBA")
    clear.putalpha(0)
    expected = decode(encoded("PNG", clear))
    for format, how in (("TIFF", {}), ("WEBP", {"lossless": True, "exact": True})):
        assert np.array_equal(decode(encoded(format, clear, **how)), expected)


@pytest.mark.parametrize("name", ["x.webp", "x.tif", "x.TIFF", "x.gif"])
def test_whatever_is_cut_off_is_noticed(name):
    content, whole = KINDS[name], np.asarray(decode(KINDS[name]))
    for length in range(1, len(content) - 2, 29):
        with pytest.raises(Unusable):
            decode(content[:length])
    assert whole.shape == (32, 32, 3)


def test_all_endings_are_named_where_there_is_no_image(tmp_path):
    with pytest.raises(GanError, match="0 images found") as error:
        opened(tmp_path)
    assert all(ending in str(error.value) for ending in EXTENSIONS)
