"""The sliced Wasserstein distance for each scale."""

import numpy as np
import pytest
from PIL import Image

from ms_gan.scores.sliced_wasserstein import _blurred, _enlarged, sliced_wasserstein


def blots(count, seed, side=64):
    """Smooth random images."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (count, 8, 8, 3), np.uint8)
    return np.stack([np.asarray(Image.fromarray(one).resize((side, side))) for one in small])


IMAGES = blots(24, 0)


def noisy(images, amount, seed=0):
    noise = np.random.default_rng(seed).normal(0, amount, images.shape)
    return np.clip(images + noise, 0, 255).astype(np.uint8)


def test_a_set_has_a_distance_for_every_scale():
    assert list(sliced_wasserstein(IMAGES, blots(24, 1), 0)) == [64, 32, 16]
    assert list(sliced_wasserstein(blots(8, 0, 28), blots(8, 1, 28), 0)) == [28]


def test_a_set_is_at_no_distance_from_itself():
    assert set(sliced_wasserstein(IMAGES, IMAGES.copy(), 0).values()) == {0}


def test_it_is_reproducible():
    other = blots(24, 1)
    assert sliced_wasserstein(IMAGES, other, 3) == sliced_wasserstein(IMAGES, other, 3)


def test_sets_of_one_kind_are_nearer_than_those_of_another_at_every_scale():
    same, other = (sliced_wasserstein(IMAGES, images, 0) for images in (blots(24, 1), 0 * IMAGES))
    assert all(same[side] < other[side] for side in same)


def test_noise_shows_at_the_finest_scale():
    clean = sliced_wasserstein(IMAGES, blots(24, 1), 0)
    rough = sliced_wasserstein(IMAGES, noisy(blots(24, 1), 20), 0)
    assert rough[64] > 2 * clean[64]
    assert rough[16] < 1.5 * clean[16]


def test_more_images_of_one_kind_are_nearer():
    few = sliced_wasserstein(blots(16, 0), blots(16, 1), 0)
    many = sliced_wasserstein(blots(128, 0), blots(128, 1), 0)
    assert sum(many.values()) < sum(few.values())


def test_a_plain_image_has_no_detail():
    plain = np.full((1, 16, 16, 3), 7, np.float32)
    np.testing.assert_allclose(_blurred(plain), plain, rtol=1e-6)
    np.testing.assert_allclose(_enlarged(plain)[0, 4:-4, 4:-4], 7, rtol=1e-6)


@pytest.mark.parametrize("axis", [1, 2])
def test_blurring_is_the_gaussian_along_both_axes(axis):
    point = np.zeros((1, 9, 9, 1), np.float32)
    point[0, 4, 4] = 256
    row = np.moveaxis(_blurred(point), axis, 1)[0, :, 4, 0]
    np.testing.assert_allclose(row, [0, 0, 6, 24, 36, 24, 6, 0, 0])
