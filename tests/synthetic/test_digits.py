import mindspore.dataset as ds
import numpy as np
import pytest

from ms_gan.stand_ins import digits
from ms_gan.stand_ins.digits import draw_digit, draw_digits
from ms_gan.streams import stream


@pytest.fixture(scope="module")
def drawn():
    """40 pictures of each digit: (10, 40, 28, 28), from 0 to 1."""
    return (
        np.array(
            [
                [
                    np.asarray(draw_digit(digit, stream(0, "digit", digit, index)))
                    for index in range(40)
                ]
                for digit in range(10)
            ]
        )
        / 255
    )


def files(folder, count, seed=0):
    folder.mkdir()
    draw_digits(folder, count, seed)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_digit_is_a_grey_28x28_image_white_on_black(drawn):
    image = draw_digit(3, stream(0))
    assert (image.size, image.mode) == ((28, 28), "L")
    assert drawn[..., :2, :].mean() < 0.01 and drawn[..., :2].mean() < 0.01
    assert (drawn.max((2, 3)) > 0.6).all()


def test_the_same_generator_state_draws_the_same_pixels_and_another_others(drawn):
    same, other = (
        np.asarray(draw_digit(5, stream(0, "digit", 5, index))) / 255 for index in (7, 8)
    )
    assert np.array_equal(same, drawn[5, 7])
    assert np.abs(other - drawn[5, 7]).mean() > 0.01


def test_the_ink_fills_a_box_of_20_pixels_as_mnists_does(drawn):
    ink = drawn.reshape(-1, 28, 28) > 0.5
    sides = [max(np.ptp(np.flatnonzero(one.any(axis))) + 1 for axis in (0, 1)) for one in ink]
    assert 19 < np.mean(sides) < 21
    assert 14 <= min(sides) and max(sides) <= 26


def test_the_centre_of_mass_is_in_the_middle_as_mnists_is(drawn):
    ink = drawn.reshape(-1, 28, 28)
    for axis in (1, 2):
        centres = ink.sum(axis) @ np.arange(28) / ink.sum((1, 2))
        assert abs(centres.mean() - 14) < 0.2
        assert np.abs(centres - 14).max() < 3


def test_there_is_about_as_much_ink_as_in_mnist(drawn):
    assert 0.11 < drawn.mean() < 0.16  # MNIST: 0.13
    assert 0.28 < drawn.std() < 0.34  # MNIST: 0.31


def test_no_two_pictures_are_alike(drawn):
    flat = drawn.reshape(400, -1)
    distances = np.abs(flat[:, None] - flat).mean(2) + np.eye(400)
    assert distances.min() > 0.001


def test_every_digit_has_a_look_of_its_own(drawn):
    looks = drawn[:, ::2].mean(1).reshape(10, -1)
    distances = ((drawn[:, 1::2].reshape(10, 20, 1, -1) - looks) ** 2).sum(3)
    assert (distances.argmin(2) == np.arange(10)[:, None]).mean() > 0.6


@pytest.mark.parametrize("font", digits.FONTS)
def test_a_font_has_ten_different_digits(font):
    glyphs = [digits._glyph(font, digit, 0)[0] for digit in range(10)]
    assert all(50 < glyph.height < 100 and 20 < glyph.width < 80 for glyph in glyphs)
    assert len({glyph.tobytes() for glyph in glyphs}) == 10


def test_mindspore_reads_the_files_as_mnists_training_split(tmp_path, capsys):
    assert set(files(tmp_path / "digits", 12, seed=4)) == {
        "train-images-idx3-ubyte",
        "train-labels-idx1-ubyte",
    }
    printed = capsys.readouterr()
    assert printed.out == "" and "drawing digits" in printed.err
    data = ds.MnistDataset(str(tmp_path / "digits"), "train", shuffle=False, num_parallel_workers=1)
    read = list(data.create_tuple_iterator(num_epochs=1, output_numpy=True))
    assert len(read) == 12
    for index, (image, label) in enumerate(read):
        rng = stream(4, "digit", index)
        assert label == rng.integers(10)
        assert np.array_equal(image[..., 0], draw_digit(int(label), rng))


def test_digit_i_depends_on_the_seed_and_i_only(tmp_path):
    few, many, other = (
        files(tmp_path / str(index), *what) for index, what in enumerate([(2,), (5,), (2, 1)])
    )
    for name, header, entry in (
        ("train-images-idx3-ubyte", 16, 784),
        ("train-labels-idx1-ubyte", 8, 1),
    ):
        assert few[name][header:] == many[name][header : header + 2 * entry]
    assert few != other


def test_all_ten_digits_are_drawn(tmp_path):
    labels = files(tmp_path / "digits", 200)["train-labels-idx1-ubyte"][8:]
    assert set(labels) == set(range(10))
