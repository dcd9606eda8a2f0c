"""explore filters: receptive fields, peaks and patches that can be worked out by hand."""

import lively_discriminator
import numpy as np
import pytest
from PIL import Image

from ms_gan.explore import filters
from ms_gan.explore.filters import receptive_field


@pytest.mark.parametrize(
    "windows, expected",
    [
        ([], (1, 1, 0)),
        ([(3, 1, 0)], (3, 1, 0)),
        ([(4, 2, 1)], (4, 2, -1)),
        ([(4, 2, 1), (4, 2, 1)], (10, 4, -3)),
        ([(3, 1, 1), (3, 2, 1), (5, 1, 0)], (13, 2, -2)),
        ([(4, 2, 1)] * 4, (46, 16, -15)),  # DCGAN's discriminator of 64x64 images
    ],
)
def test_receptive_fields(windows, expected):
    assert receptive_field(windows) == expected


def test_a_field_is_what_a_number_depends_on():
    """Stacked sums over windows: a number changes with the pixels of its field, and no others."""
    windows, side, place = [(4, 2, 1), (3, 1, 1), (3, 2, 0)], 24, 2
    size, step, start = receptive_field(windows)
    moved = []
    for pixel in range(side):
        line = np.zeros(side)
        line[pixel] = 1
        for kernel, stride, padding in windows:
            padded = np.pad(line, padding)
            count = (len(padded) - kernel) // stride + 1
            line = np.array([padded[i * stride :][:kernel].sum() for i in range(count)])
        if line[place]:
            moved.append(pixel)
    assert moved == list(range(start + place * step, start + place * step + size))


def test_peaks_are_the_largest_numbers_and_where_they_are():
    maps = np.zeros((3, 2, 4, 5), np.float32)
    maps[0, 0, 1, 4], maps[1, 1, 3, 0], maps[2, 0, 0, 2] = 7, 5, 9
    strongest, places = filters.peaks([maps[:2], maps[2:]])
    np.testing.assert_array_equal(strongest, [[7, 0], [0, 5], [9, 0]])
    assert [tuple(places[0, 0]), tuple(places[1, 1]), tuple(places[2, 0])] == [
        (1, 4),
        (3, 0),
        (0, 2),
    ]


def test_the_channels_with_the_largest_responses_come_first():
    strongest = np.tile(np.array([1.0, 9, 3, 8, 2, 7, 4, 5]), (20, 1))
    strongest[0, 0] = 20  # a single image
    assert filters.most_responsive(strongest) == [1, 3, 5, 7, 0, 6]


def test_a_patch_is_cut_out_and_grey_outside():
    image = np.arange(36, dtype=np.uint8).reshape(1, 6, 6)
    inside = filters.patch(image, np.array([1, 2]), (3, 2, -1))
    np.testing.assert_array_equal(inside[..., 0], image[0, 1:4, 3:6])
    corner = filters.patch(image, np.array([0, 0]), (3, 2, -1))
    assert (corner[0] == filters.OUTSIDE).all() and (corner[:, 0] == filters.OUTSIDE).all()
    np.testing.assert_array_equal(corner[1:, 1:, 0], image[0, :2, :2])


def test_filters_are_drawn_around_grey():
    weight = np.zeros((2, 3, 4, 4), np.float32)
    weight[0, 0, 0, 0], weight[0, 1, 0, 0], weight[1, 2, 3, 3] = 2, -1, -0.1
    drawn = filters.drawn_filters(weight)
    assert drawn.shape == (2, 32, 32, 3)
    assert drawn[0, 0, 0].tolist() == [255, 64, 128]
    assert drawn[1, -1, -1].tolist() == [128, 128, 0]
    assert filters.drawn_filters(weight[:, :1]).shape == (2, 32, 32, 1)


@pytest.fixture
def discriminator(tmp_path):
    sizes = {"image_size": 32, "nz": 8, "ngf": 2, "ndf": 2}
    return lively_discriminator.write(tmp_path / "discriminator.ckpt", "faces", sizes)


def test_a_picture_is_written(run, discriminator, face_folder):
    words = ["--discriminator", discriminator, "--data", face_folder]
    done = run("explore", "filters", *words)
    assert done.status == 0, done.err
    assert "filters.png: 2 first filters, and what of 10 images excites channels" in done.out
    with Image.open("filters.png") as picture:
        assert picture.width > 2 * 6 * 44  # patches of 22 pixels, doubled


@pytest.mark.parametrize(
    "given, said",
    [
        (["--layer", "4"], "--layer 4: the discriminator has 3; choose from 1 to 3"),
        (["--channels", "3,8"], "--channels 8: layer 3 has 8; choose from 0 to 7"),
        (["--channels", "x"], "'x' is neither a number nor a range"),
        (["--data", "nowhere"], "nowhere"),
    ],
)
def test_bad_input_is_told_in_one_line(run, given, said, discriminator, face_folder):
    words = ["--discriminator", discriminator, "--data", face_folder]
    done = run("explore", "filters", *words, *given)
    assert done.status in (1, 2) and done.err.count("\n") == 1
    assert said in done.err


def test_a_discriminator_is_asked_for(run, tmp_path):
    assert "give --ckpt RUN/generator.ckpt or --discriminator" in run("explore", "filters").err
    done = run("explore", "filters", "--ckpt", tmp_path / "generator.ckpt")
    assert done.err.startswith(
        f"ms_gan.explore: error: {tmp_path}/discriminator.ckpt: no such file"
    )


def test_a_discriminator_without_convolutions_is_refused(run, tmp_path):
    path = lively_discriminator.write(tmp_path / "discriminator.ckpt", "mnist-mlp", {"ndf": 2})
    done = run("explore", "filters", "--discriminator", path)
    assert done.err.endswith("the discriminator of mnist-mlp has no convolutions\n")
