from argparse import ArgumentTypeError

import numpy as np
import pytest

from ms_gan import latents
from ms_gan.errors import UsageError
from ms_gan.streams import stream


def test_normal_latents_are_float32_and_standard():
    drawn = latents.normal(stream(0, "test"), 2000, 8)
    assert drawn.shape == (2000, 8)
    assert drawn.dtype == np.float32
    assert abs(drawn.mean()) < 0.03
    assert abs(drawn.std() - 1) < 0.03


def test_uniform_latents_are_float32_and_fill_the_cube():
    drawn = latents.uniform(stream(0, "test"), 2000, 8)
    assert drawn.shape == (2000, 8)
    assert drawn.dtype == np.float32
    assert -1 <= drawn.min() < -0.99 and 0.99 < drawn.max() <= 1
    assert abs(drawn.mean()) < 0.02
    assert abs(drawn.std() - 1 / np.sqrt(3)) < 0.01  # N(0, 1/3) would reach beyond 1
    np.testing.assert_array_equal(latents.uniform(stream(0, "test"), 2000, 8), drawn)


def test_seeds_draw_from_the_given_distribution():
    drawn = latents.of_seeds([7, 3], 100, latents.uniform)
    assert (drawn.shape, drawn.dtype) == ((2, 100), np.float32)
    np.testing.assert_array_equal(
        drawn[0], stream(7, "latent").uniform(-1, 1, 100).astype(np.float32)
    )
    np.testing.assert_array_equal(drawn[1], latents.of_seeds([3], 100, latents.uniform)[0])


def test_a_seed_gives_its_vector_whatever_the_others_are():
    alone = latents.of_seeds([7], 100)
    assert alone.dtype == np.float32
    np.testing.assert_array_equal(
        alone[0], stream(7, "latent").standard_normal(100).astype(np.float32)
    )
    np.testing.assert_array_equal(latents.of_seeds([3, 7, 0], 100)[1], alone[0])
    assert not np.array_equal(latents.of_seeds([8], 100), alone)


@pytest.mark.parametrize(
    "given",
    [[3, 7, 2**70], (np.int64(3), np.uint8(7), 2**70), (seed for seed in (3, 7, 2**70))],
    ids=["list", "numpy", "iterator"],
)
def test_seeds_are_whole_numbers_of_any_kind_and_size(given):
    seeds = latents.checked(given)
    assert seeds == [3, 7, 2**70] and {type(seed) for seed in seeds} == {int}
    np.testing.assert_array_equal(latents.of_seeds(seeds, 5)[:1], latents.of_seeds([3], 5))


@pytest.mark.parametrize(
    "given, said",
    [
        ([], "none given"),
        ([1, -1], "-1"),
        ([1.0], "'float'"),
        (["1"], "'str'"),
        ("12", "'str'"),
        (12, "'int' object is not iterable"),
        (np.array([0.5]), "float64"),
    ],
)
def test_what_are_no_seeds_is_refused_in_one_line(given, said):
    with pytest.raises(UsageError, match=f"^seeds: .*{said}.*; expected whole numbers .*$"):
        latents.checked(given)


@pytest.mark.parametrize("count, frames", [(2, 8), (3, 12), (5, 35)])
def test_a_walk_passes_through_its_corners_and_closes(count, frames):
    corners = latents.of_seeds(range(count), 100)
    walk = latents.walk(corners, frames)
    assert walk.shape == (frames, 100)
    assert walk.dtype == np.float32
    np.testing.assert_allclose(walk[:: frames // count], corners, atol=1e-5)
    steps = np.linalg.norm(
        walk - np.roll(walk, 1, axis=0), axis=1
    )  # the first is from the last frame
    assert steps.max() < 1.5 * steps.min()


def test_between_corners_a_walk_stays_as_far_out_as_noise_and_turns_evenly():
    a, b = np.eye(4, dtype=np.float32)[:2] * 3
    walk = latents.walk(np.stack([a, b]), 12)
    np.testing.assert_allclose(np.linalg.norm(walk, axis=1), 3, rtol=1e-5)
    np.testing.assert_allclose(walk[2], np.cos(np.pi / 6) * a + np.sin(np.pi / 6) * b, atol=1e-5)


def test_among_uniform_latents_a_walk_is_straight_and_stays_within_the_cube():
    corners = latents.of_seeds(range(3), 50, latents.uniform)
    walk = latents.walk(corners, 12, latents.uniform)
    assert (walk.shape, walk.dtype) == ((12, 50), np.float32)
    np.testing.assert_array_equal(walk[::4], corners)
    for part, (a, b) in enumerate(zip(corners, np.roll(corners, -1, axis=0))):
        for index in range(1, 4):
            np.testing.assert_allclose(walk[4 * part + index], a + (b - a) * index / 4, atol=1e-6)
    assert np.abs(walk).max() <= 1


def test_a_walk_with_one_corner_stands_still():
    corner = latents.of_seeds([4], 100)
    np.testing.assert_allclose(latents.walk(corner, 5), np.repeat(corner, 5, axis=0), rtol=1e-6)


def test_a_walk_between_opposite_corners_goes_straight():
    walk = latents.walk(np.array([[2], [-1]], np.float32), 6)
    np.testing.assert_allclose(walk[:, 0], [2, 1, 0, -1, 0, 1], atol=1e-6)
    assert walk.dtype == np.float32


@pytest.mark.parametrize(
    "text, seeds",
    [
        ("0", [0]),
        ("0,1,4-6", [0, 1, 4, 5, 6]),
        ("3-3", [3]),
        (" 2 , 7-8", [2, 7, 8]),
        ("5,5,1", [5, 5, 1]),
        ("0-99999", list(range(10**5))),
    ],
)
def test_seeds_are_read(text, seeds):
    assert latents.parse_seeds(text) == seeds


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "''"),
        ("a", "'a'"),
        ("1,", "''"),
        ("1,,2", "''"),
        ("-1", "'-1'"),
        ("4-", "'4-'"),
        ("6-4", "'6-4'"),
        ("1-2-3", "'1-2-3'"),
        ("1.5", "'1.5'"),
        ("0-100000", "more than 100,000"),
        ("0-99999999999999999999", "more than 100,000"),
    ],
)
def test_a_text_that_lists_no_seeds_is_refused(text, said):
    with pytest.raises(ArgumentTypeError, match=said):
        latents.parse_seeds(text)
