"""explore arithmetic: A - B + C of latent vectors, and the noise around it."""

import lively
import numpy as np
import pytest
from PIL import Image

from ms_gan.explore import arithmetic


def test_means_are_combined():
    a = np.array([[1, 2], [3, 6]], np.float32)
    b = np.array([[10, 0]], np.float32)
    c = np.array([[0, 1], [0, 2], [3, 3]], np.float32)
    found = arithmetic.combined(a, b, c)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [2 - 10 + 1, 4 - 0 + 2])


def test_the_result_is_in_the_middle_of_its_noisy_neighbours():
    vector = np.linspace(-2, 2, 400, dtype=np.float32)
    found = arithmetic.jittered(vector, seed=3)
    assert (found.shape, found.dtype) == ((9, 400), np.float32)
    np.testing.assert_array_equal(found[4], vector)
    noise = np.delete(found, 4, axis=0) - vector
    assert 0.24 < np.abs(noise).max() <= 0.25 + 1e-6
    assert abs(noise.mean()) < 0.01 and abs(noise.std() - 0.25 / np.sqrt(3)) < 0.005
    np.testing.assert_array_equal(arithmetic.jittered(vector, 3), found)
    assert not np.array_equal(arithmetic.jittered(vector, 4), found)


def test_a_picture_is_written(run, tmp_path):
    ckpt = lively.write(tmp_path / "generator.ckpt", "faces", {"image_size": 32, "nz": 8, "ngf": 2})
    words = ["--ckpt", ckpt, "--a", "0,3,5", "--b", "1", "--c", "4,8"]
    done = run("explore", "arithmetic", *words)
    assert done.status == 0, done.err
    assert done.out == "arithmetic.png: A - B + C of the means of 3, 1 and 2 seeds\n"
    with Image.open("arithmetic.png") as picture:
        assert picture.height > (3 + 3) * 66


@pytest.mark.parametrize(
    "given, said",
    [
        (["--a", "1", "--b", "2"], "the following arguments are required: --c"),
        (["--a", "x", "--b", "2", "--c", "3"], "--a: 'x' is neither a number nor a range"),
        (["--a", "0-12", "--b", "2", "--c", "3"], "'0-12' names 13, expected from 1 to 12"),
    ],
)
def test_bad_input_is_told_in_one_line(run, given, said):
    done = run("explore", "arithmetic", *given)
    assert done.status == 2 and done.err.count("\n") == 1
    assert said in done.err
