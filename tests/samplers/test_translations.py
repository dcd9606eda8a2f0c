"""Pictures of translations, by stand-ins whose images tell what was done to them."""

import logging
from types import SimpleNamespace

import mindspore as ms
import numpy as np
import pytest
from mindspore import nn
from PIL import Image

from ms_gan.errors import GanError, UsageError
from ms_gan.samplers.base import Request
from ms_gan.samplers.translations import CycleSampler, PairSampler

SIDE = 8


def told_in(caplog):
    """What the package has logged. MindSpore also warns where a function was compiled before."""
    return [record.message for record in caplog.records if record.name.startswith("ms_gan")]


class Negative(nn.Cell):
    """The negative; a tenth of it in training mode, and with a mark of its own if asked for."""

    def __init__(self, offset=0.0):
        super().__init__()
        self.offset, self.sizes = offset, []

    def construct(self, images):
        self.sizes.append(images.shape)
        return (-images + self.offset) * (0.1 if self.training else 1)


class Inverse(nn.Cell):
    """The negative, compiled."""

    def construct(self, images):
        return -images


class Same(nn.Cell):
    """Gives the images back."""

    def construct(self, images):
        return images + 0


def translator(network=None, kind=PairSampler):
    return kind(4, SIDE, False).generator(network or Inverse(), False)


def plain(*levels):
    """Images of one level each."""
    return np.repeat(np.array(levels, np.float32), 3 * SIDE * SIDE).reshape(-1, 3, SIDE, SIDE)


def levels(picture, rows, columns):
    """The level in the middle of each tile, from -1 to 1, row by row."""
    pixels, pitch = np.asarray(picture, float), SIDE + 2
    return [
        [
            pixels[2 + row * pitch + 4, 2 + column * pitch + 4, 0] / 127.5 - 1
            for column in range(columns)
        ]
        for row in range(rows)
    ]


def assert_levels(picture, expected):
    assert picture.size == (2 + len(expected[0]) * (SIDE + 2), 2 + len(expected) * (SIDE + 2))
    np.testing.assert_allclose(
        levels(picture, len(expected), len(expected[0])), expected, atol=0.01
    )


def test_real_pairs_stand_side_by_side():
    batch = plain(0.1, 0.2, 0.3), plain(-0.1, -0.2, -0.3)
    assert_levels(PairSampler(2, SIDE, False).real(batch), [[0.1, -0.1], [0.2, -0.2]])


def test_fixed_images_are_the_batches_held_out_ones():
    batches = SimpleNamespace(held_out=lambda count: ("inputs", "targets", count))
    assert PairSampler(3, SIDE, False).fixed(batches, 7) == ("inputs", "targets", 3)


@pytest.mark.parametrize("batch_statistics, factor", [(False, 1), (True, 0.1)])
def test_a_row_is_input_output_target(batch_statistics, factor):
    network = Negative().set_train()
    picture = PairSampler(2, SIDE, batch_statistics).picture(
        {"generator": network}, (plain(0.2, 0.8), plain(-0.5, 0.5))
    )
    assert_levels(picture, [[0.2, -0.2 * factor, -0.5], [0.8, -0.8 * factor, 0.5]])
    assert network.training
    assert (
        network.sizes == [(1, 3, SIDE, SIDE)] * 2
    )  # one by one: their own statistics, not each other's


def test_a_cycle_goes_there_and_back_from_either_side():
    networks = {"generator": Negative(0.1), "generator_back": Negative(-0.3)}
    picture = CycleSampler(2, SIDE, False).picture(networks, (plain(0.2, 0.4), plain(-0.5, 0.5)))
    assert_levels(
        picture, [[x, 0.1 - x, x - 0.4, y, -0.3 - y, y + 0.4] for x, y in ((0.2, -0.5), (0.4, 0.5))]
    )


@pytest.fixture
def photos(tmp_path):
    """Two plain images, one in a sub-folder; grey levels 51 and 204, which are -0.6 and 0.6."""
    for name, level, mode in (("a.png", 51, "RGB"), ("sub/b.bmp", 204, "L")):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new(mode, (20, 12), (level,) * 3 if mode == "RGB" else level).save(path)
    return tmp_path / "photos"


@pytest.mark.parametrize("kind", [PairSampler, CycleSampler])
def test_a_folder_is_translated_under_the_same_names(kind, photos, tmp_path, caplog):
    caplog.set_level(logging.INFO, "ms_gan")
    translator(kind=kind).write(Request(input=str(photos), out="out"))
    made = sorted(
        str(file.relative_to(tmp_path / "out"))
        for file in (tmp_path / "out").rglob("*")
        if file.is_file()
    )
    assert made == ["a.png", "sub/b.png"]
    for name, level in (("a.png", 204), ("sub/b.png", 51)):
        with Image.open(tmp_path / "out" / name) as picture:
            assert (picture.size, picture.mode) == ((SIDE, SIDE), "RGB")
            np.testing.assert_allclose(np.asarray(picture), level, atol=1)
    assert told_in(caplog) == ["out: 2 images"]


@pytest.mark.parametrize("kind, left, middle", [(PairSampler, 255, 0), (CycleSampler, 0, 0)])
def test_images_are_fitted_as_in_training(kind, left, middle, tmp_path):
    """Pairs are resized to a square, cycles' images cut at the centre.

    The white ends of a black strip tell.
    """
    (tmp_path / "photos").mkdir()
    strip = np.zeros((32, 128), np.uint8)
    strip[:, :32] = strip[:, -32:] = 255
    Image.fromarray(strip).save(tmp_path / "photos" / "strip.png")
    ours = translator(Same(), kind)
    ours.write(Request(input="photos", out="out"))
    with Image.open("out/strip.png") as picture:
        written = np.asarray(picture)
    row = written[4, :, 0]
    np.testing.assert_allclose([row[0], row[-1], row[4]], [left, left, middle], atol=20)
    given = Image.fromarray(strip), np.repeat(strip[:, :, None], 3, 2)
    for translated in ours.translate(given):
        np.testing.assert_array_equal(translated, written)


@pytest.mark.parametrize(
    "given, said",
    [
        ({"seeds": [1]}, "--seeds: .*this one translates: give --input FOLDER --out FOLDER"),
        ({"count": 3}, "--count: .*this one translates"),
        ({"separate": "many"}, "--separate: .*this one translates"),
        ({"interpolate": 5}, "--interpolate: .*this one translates"),
        ({}, "give --input FOLDER --out FOLDER"),
        ({"input": "photos"}, "give --input FOLDER --out FOLDER"),
        ({"out": "out"}, "give --input FOLDER --out FOLDER"),
        ({"input": "missing", "out": "out"}, "--input missing: no such folder"),
        ({"input": "photos", "out": "photos/../photos"}, "--out .*photos: the folder of --input"),
    ],
)
def test_options_that_do_not_apply_are_refused_in_one_line(given, said, photos, tmp_path):
    ours = translator()
    ours.compute = None  # never asked for
    with pytest.raises(UsageError, match=said) as refusal:
        ours.write(Request(**given))
    assert "\n" not in str(refusal.value)
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


def test_a_folder_without_images_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(GanError, match="empty: 0 images found"):
        translator().write(Request(input="empty", out="out"))
    assert not (tmp_path / "out").exists()


def test_the_generator_is_given_images_from_minus_1_to_1_one_by_one(photos):
    seen = []

    def record(images):
        seen.append((images.shape, images.dtype, images.asnumpy().mean()))
        return (images,)

    ours = translator()
    ours.compute = record
    ours.write(Request(input=str(photos), out="out"))
    assert [case[:2] for case in seen] == [((1, 3, SIDE, SIDE), ms.float32)] * 2
    np.testing.assert_allclose([mean for *_, mean in seen], [-0.6, 0.6], atol=1e-5)


def test_broken_images_are_named_counted_and_left_out(photos, tmp_path, caplog):
    caplog.set_level(logging.INFO, "ms_gan")
    for index in range(12):
        (photos / f"b{index:02d}.jpg").write_bytes(b"no image")
    whole = (photos / "a.png").read_bytes()
    (photos / "c.png").write_bytes(whole[: len(whole) // 2])
    (photos / "d.png").symlink_to(photos / "nowhere")
    (photos / "aa.png").write_bytes(b"")
    translator().write(Request(input=str(photos), out="out"))
    made = sorted(file.name for file in (tmp_path / "out").rglob("*.png"))
    assert made == ["a.png", "b.png"]
    *named, counted, told = told_in(caplog)
    assert len(named) == 10 and all(": broken: " in line for line in named)
    assert named[0].endswith("aa.png: broken: empty file")
    assert counted == "15 of 17 images are broken and left out"
    assert told == "out: 2 images"


def test_a_folder_of_broken_images_is_refused(tmp_path):
    (tmp_path / "photos").mkdir()
    for name in ("a.jpg", "b.png"):
        (tmp_path / "photos" / name).write_bytes(b"")
    with pytest.raises(GanError, match="photos: all 2 files ending in .* are broken"):
        translator().write(Request(input="photos", out="out"))
    assert not (tmp_path / "out").exists()


def test_images_that_would_become_one_file_are_refused(photos, tmp_path):
    Image.new("RGB", (20, 12)).save(photos / "a.jpg")
    with pytest.raises(UsageError, match="two of its images would both become out/a.png"):
        translator().write(Request(input=str(photos), out="out"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", [PairSampler, CycleSampler])
def test_translate_takes_and_gives_arrays_of_pixels(kind):
    levels = np.array([0, 51, 204], np.uint8)
    images = np.broadcast_to(levels[:, None, None, None], (3, 20, 12, 3))
    translated = translator(kind=kind).translate(images)
    assert (translated.shape, translated.dtype) == ((3, SIDE, SIDE, 3), np.uint8)
    np.testing.assert_array_equal(translated[:, 0, 0, 0], 255 - levels)
    deep = Image.fromarray(np.full((9, 9), 204 * 257, np.uint16))  # 16 bits
    mixed = [
        images[1],
        Image.new("L", (9, 30), 204),
        Image.new("RGBA", (7, 5), (9, 9, 9, 255)),
        deep,
    ]
    np.testing.assert_array_equal(
        translator(kind=kind).translate(iter(mixed))[:, 0, 0],
        [[204] * 3, [51] * 3, [246] * 3, [51] * 3],
    )


@pytest.mark.parametrize(
    "images, said",
    [
        ([], "images: none given"),
        (7, "images: int; expected several images"),
        (Image.new("RGB", (8, 8)), "images: Image; expected several images"),
        (["a.jpg"], r"images\[0\]: str; expected uint8 \(height, width, 3\) or a Pillow image"),
        (np.zeros((8, 8, 3), np.uint8), r"images\[0\]: uint8 \(8, 3\); expected"),
        (np.zeros((1, 8, 8, 3)), r"images\[0\]: float64 \(8, 8, 3\); expected"),
        (np.zeros((2, 3, 8, 8), np.uint8), r"images\[0\]: uint8 \(3, 8, 8\); expected"),
        (np.zeros((2, 0, 8, 3), np.uint8), r"images\[0\]: uint8 \(0, 8, 3\); expected"),
    ],
)
def test_what_is_no_image_is_refused_in_one_line(images, said):
    with pytest.raises(UsageError, match=said) as refusal:
        translator().translate(images)
    assert "\n" not in str(refusal.value)


def test_it_makes_nothing_from_seeds():
    with pytest.raises(UsageError, match=r"^this generator translates images: .*$"):
        translator().generate([1])
