from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ms_gan import pictures
from ms_gan.errors import UsageError


def test_pixels_are_exact_and_clipped():
    images = np.array([-1, 0, 1, -1.5, 1.5, -0.999], np.float32).reshape(1, 1, 1, 6)
    pixels = pictures.to_pixels(images)
    assert pixels.dtype == np.uint8
    assert pixels.ravel().tolist() == [0, 128, 255, 0, 255, 0]


def test_every_pixel_value_survives_the_round_trip_through_the_network_range():
    levels = np.arange(256, dtype=np.uint8).reshape(1, 8, 32, 1)
    images = (levels.astype(np.float32) / 127.5 - 1).transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(pictures.to_pixels(images), levels)


def test_channels_come_last():
    images = np.stack([np.full((4, 5), value) for value in (-1, 0, 1)])[None]
    assert pictures.to_pixels(images)[0, 3, 4].tolist() == [0, 128, 255]
    assert pictures.to_pixels(images).shape == (1, 4, 5, 3)


@pytest.mark.parametrize(
    "count, columns, across, down", [(6, 3, 3, 2), (7, 3, 3, 3), (2, 8, 2, 1), (1, 1, 1, 1)]
)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_grid_holds_every_image_at_its_place_on_white(count, columns, across, down, channels):
    height, width, margin = 5, 4, pictures.MARGIN
    images = np.stack(
        [np.full((height, width, channels), 10 * index, np.uint8) for index in range(count)]
    )
    image = pictures.grid(images, columns)
    assert image.mode == ("L" if channels == 1 else "RGB")
    assert image.size == (across * (width + margin) + margin, down * (height + margin) + margin)
    canvas = np.array(image).reshape(image.height, image.width, channels)
    for index in range(count):
        top, left = (
            margin + index // across * (height + margin),
            margin + index % across * (width + margin),
        )
        place = canvas[top : top + height, left : left + width]
        assert (place == 10 * index).all()
        place[:] = 255
    assert (canvas == 255).all()


@pytest.mark.parametrize(
    "pixels, columns, said",
    [
        (np.zeros((2, 8, 8), np.uint8), 2, r"uint8 \(2, 8, 8\); expected uint8 \(count"),
        (np.zeros((2, 3, 8, 8), np.uint8), 2, r"uint8 \(2, 3, 8, 8\); expected uint8"),
        (np.zeros((2, 8, 8, 4), np.uint8), 2, r"uint8 \(2, 8, 8, 4\); expected uint8"),
        (np.zeros((2, 8, 8, 3)), 2, r"float64 \(2, 8, 8, 3\); expected uint8"),
        ([], 2, r"float64 \(0,\); expected uint8"),
        (np.zeros((0, 8, 8, 3), np.uint8), 2, "0 images in 2 columns"),
        (np.zeros((2, 8, 8, 3), np.uint8), 0, "2 images in 0 columns"),
    ],
)
def test_a_grid_of_anything_else_is_refused_in_one_line(pixels, columns, said):
    with pytest.raises(UsageError, match=said) as refusal:
        pictures.grid(pixels, columns)
    assert "\n" not in str(refusal.value)


def test_a_grid_is_made_of_a_list_too_and_has_8_columns_unless_told_otherwise():
    assert pictures.grid([np.zeros((6, 4, 3), np.uint8)] * 9).size == (2 + 8 * 6, 2 + 2 * 8)


def test_pixels_follow_the_data_range():
    images = np.array([-0.5, 0, 0.5], np.float32).reshape(1, 1, 1, 3)
    assert pictures.to_pixels(images, 0.5).ravel().tolist() == [0, 128, 255]


@pytest.mark.parametrize(
    "size, side, expected",
    [
        ((32, 32), 256, (256, 256)),
        ((96, 64), 256, (192, 128)),
        ((300, 200), 256, (300, 200)),
        ((64, 64), 100, (64, 64)),
    ],
)
def test_images_are_enlarged_by_a_whole_factor(size, side, expected):
    assert pictures.enlarge(Image.new("RGB", size), side).size == expected


@pytest.mark.parametrize("name", ["a.png", "A.PNG", "b c.jpg"])
def test_a_known_picture_format_is_let_through(name):
    assert pictures.check_format(name, (".png", ".jpg")) == Path(name)


@pytest.mark.parametrize("name", ["a", "a.gif", ".png", "png", "a.png.txt"])
def test_an_unknown_picture_format_is_a_usage_error(name):
    with pytest.raises(UsageError, match=r"ending in \.png or \.jpg$"):
        pictures.check_format(name, (".png", ".jpg"))


def test_a_picture_is_saved_in_the_format_of_its_name(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (6, 7, 3), np.uint8)
    pictures.save(pictures.to_image(pixels), tmp_path / "new" / "a.png")
    with Image.open(tmp_path / "new" / "a.png") as image:
        assert image.format == "PNG"
        np.testing.assert_array_equal(np.asarray(image), pixels)


def test_all_of_many_pictures_are_saved(tmp_path):
    count = 3 * pictures.QUEUE
    pictures.save_all(
        (Image.new("L", (4, 4), index), tmp_path / f"{index}.png") for index in range(count)
    )
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(
        f"{index}.png" for index in range(count)
    )
    for index in (0, 100, count - 1):
        with Image.open(tmp_path / f"{index}.png") as image:
            assert image.getpixel((0, 0)) == index


def test_a_picture_that_cannot_be_saved_ends_the_saving_of_many(tmp_path):
    (tmp_path / "7.png").mkdir()
    made = []

    def pairs():
        for index in range(10 * pictures.QUEUE):
            made.append(index)
            yield Image.new("L", (4, 4)), tmp_path / f"{index}.png"

    with pytest.raises(OSError, match="7.png"):
        pictures.save_all(pairs())
    assert len(made) <= 8 + pictures.QUEUE
    assert not [file for file in tmp_path.iterdir() if file.name.startswith(".")]


def test_pictures_made_before_making_one_failed_are_whole_or_absent(tmp_path):
    def pairs():
        for index in range(10):
            yield Image.new("L", (4, 4)), tmp_path / f"{index}.png"
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        pictures.save_all(pairs())
    for file in tmp_path.iterdir():
        with Image.open(file) as image:
            image.load()


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_gif_shows_every_frame_for_its_time_and_repeats_without_end(tmp_path, mode):
    levels = [0, 120, 250]
    frames = [Image.new(mode, (8, 6), (level,) * len(mode)) for level in levels]
    pictures.save_gif(frames, tmp_path / "a.gif", seconds=0.2, rest=1.5)
    shown = []
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.info["loop"] == 0
        for index in range(gif.n_frames):
            gif.seek(index)
            shown.append((gif.convert("RGB").getpixel((3, 3)), gif.info["duration"]))
    assert shown == [((level,) * 3, duration) for level, duration in zip(levels, [200, 200, 1500])]


def test_a_gif_of_one_frame_is_a_gif(tmp_path):
    pictures.save_gif([Image.new("RGB", (8, 6), "red")], tmp_path / "a.gif")
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.format == "GIF"
        assert gif.convert("RGB").getpixel((0, 0)) == (255, 0, 0)
