"""Pictures of translations, by stand-ins whose images tell what was done to them."""

from types import SimpleNamespace

import mindspore as ms
import numpy as np
import pytest
from mindspore import nn
from PIL import Image

from ms_gan.errors import GanError, UsageError
from ms_gan.products.translations import Cycles, Pairs

SIDE = 8


class Negative(nn.Cell):
    """The negative; a tenth of it in training mode, and with a mark of its own if asked for."""

    def __init__(self, offset=0.0):
        super().__init__()
        self.offset, self.sizes = offset, []

    def construct(self, images):
        self.sizes.append(images.shape)
        return (-images + self.offset) * (0.1 if self.training else 1)


def maker():
    return lambda images: (Negative().set_train(False)(images),)


def no_generator():
    raise AssertionError("the command line is refused before the generator is compiled")


def asked(**given):
    return SimpleNamespace(
        **{
            "seeds": None,
            "count": None,
            "input": None,
            "separate": None,
            "interpolate": None,
            "out": None,
            **given,
        }
    )


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
    assert_levels(Pairs(2, SIDE, False).real(batch), [[0.1, -0.1], [0.2, -0.2]])


def test_fixed_images_are_the_batches_held_out_ones():
    batches = SimpleNamespace(held_out=lambda count: ("inputs", "targets", count))
    assert Pairs(3, SIDE, False).fixed(batches, 7) == ("inputs", "targets", 3)


@pytest.mark.parametrize("batch_statistics, factor", [(False, 1), (True, 0.1)])
def test_a_row_is_input_output_target(batch_statistics, factor):
    network = Negative().set_train()
    picture = Pairs(2, SIDE, batch_statistics).picture(
        {"generator": network}, (plain(0.2, 0.8), plain(-0.5, 0.5))
    )
    assert_levels(picture, [[0.2, -0.2 * factor, -0.5], [0.8, -0.8 * factor, 0.5]])
    assert network.training
    assert (
        network.sizes == [(1, 3, SIDE, SIDE)] * 2
    )  # one by one: their own statistics, not each other's


def test_a_cycle_goes_there_and_back_from_either_side():
    networks = {"generator": Negative(0.1), "generator_back": Negative(-0.3)}
    picture = Cycles(2, SIDE, False).picture(networks, (plain(0.2, 0.4), plain(-0.5, 0.5)))
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


@pytest.mark.parametrize("kind", [Pairs, Cycles])
def test_a_folder_is_translated_under_the_same_names(kind, photos, tmp_path, capsys):
    kind(4, SIDE, False).generate(maker, asked(input=str(photos), out="out"))
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
    assert "out: 2 images" in capsys.readouterr().out


@pytest.mark.parametrize("kind, left, middle", [(Pairs, 255, 0), (Cycles, 0, 0)])
def test_images_are_fitted_as_in_training(kind, left, middle, tmp_path):
    """Pairs are resized to a square, cycles' images cut at the centre.

    The white ends of a black strip tell.
    """
    (tmp_path / "photos").mkdir()
    strip = np.zeros((32, 128), np.uint8)
    strip[:, :32] = strip[:, -32:] = 255
    Image.fromarray(strip).save(tmp_path / "photos" / "strip.png")
    kind(4, SIDE, False).generate(
        lambda: lambda images: (images,), asked(input="photos", out="out")
    )
    with Image.open("out/strip.png") as picture:
        row = np.asarray(picture)[4, :, 0]
    np.testing.assert_allclose([row[0], row[-1], row[4]], [left, left, middle], atol=20)


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
    with pytest.raises(UsageError, match=said) as refusal:
        Pairs(4, SIDE, False).generate(no_generator, asked(**given))
    assert "\n" not in str(refusal.value)
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


def test_a_folder_without_images_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(GanError, match="empty: 0 images found"):
        Pairs(4, SIDE, False).generate(no_generator, asked(input="empty", out="out"))
    assert not (tmp_path / "out").exists()


def test_the_generator_is_given_images_from_minus_1_to_1(photos):
    seen = []

    def record(images):
        seen.append(images)
        return (images,)

    Pairs(4, SIDE, False).generate(lambda: record, asked(input=str(photos), out="out"))
    assert [(image.shape, image.dtype) for image in seen] == [((1, 3, SIDE, SIDE), ms.float32)] * 2
    np.testing.assert_allclose([image.asnumpy().mean() for image in seen], [-0.6, 0.6], atol=1e-5)
