"""explore directions: principal components of linear layers that are known."""

import lively
import numpy as np
import pytest
from mindspore import Tensor
from PIL import Image

from ms_gan.errors import GanError
from ms_gan.explore import directions
from ms_gan.layers import for_cpu
from ms_gan.networks import dcgan, mnist_mlp
from ms_gan.streams import stream


@pytest.mark.parametrize("features, samples", [(6, 3000), (400, 300)], ids=["narrow", "wide"])
def test_a_linear_layers_directions_are_its_singular_vectors(features, samples):
    rng = stream(0, "test")
    left, _ = np.linalg.qr(rng.standard_normal((3, 3)))
    right, _ = np.linalg.qr(rng.standard_normal((features, 3)))
    singular = np.array([5.0, 2.0, 0.5])
    vectors = rng.standard_normal((samples, 3)).astype(np.float32)
    # Exactly white, so that the principal components aren't moved by chance.
    vectors -= vectors.mean(0)
    vectors = vectors @ np.linalg.inv(np.linalg.cholesky(vectors.T @ vectors / samples)).T
    outputs = vectors @ (left * singular) @ right.T + 3
    steps, shares = directions.principal(vectors, outputs, 5)
    assert steps.shape == (3, 3)  # there are no more
    np.testing.assert_allclose(shares, singular**2 / (singular**2).sum(), rtol=1e-4)
    np.testing.assert_allclose(np.abs(steps @ left), np.eye(3), atol=1e-4)
    moved = (steps @ (left * singular)) @ right.T  # by one standard deviation each
    np.testing.assert_allclose(np.linalg.norm(moved, axis=1), singular, rtol=1e-4)


def test_unequal_latents_give_steps_of_their_standard_deviations():
    vectors = stream(1, "test").standard_normal((5000, 2)) * [3.0, 1.0]
    steps, shares = directions.principal(vectors, vectors @ np.eye(2), 1)
    assert abs(abs(steps[0, 0]) - 3) < 0.1 and abs(steps[0, 1]) < 0.1
    assert abs(shares[0] - 0.9) < 0.01


def test_a_strip_is_straight_and_reaches_two_deviations():
    origin, step = np.array([1, 2], np.float32), np.array([0.5, 0], np.float32)
    found = directions.strip(origin, step)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[[0, 4, -1]], [[0, 2], [1, 2], [2, 2]])
    np.testing.assert_allclose(np.diff(found, axis=0), np.broadcast_to([0.25, 0], (8, 2)))


@pytest.mark.parametrize("convert", [lambda network: network, for_cpu])
def test_the_first_layer_of_a_transposed_convolution(convert):
    network = dcgan.Generator(nz=5, ngf=2, image_size=32)
    vectors = stream(0, "test").standard_normal((3, 5)).astype(np.float32)
    layer = dcgan.Generator(nz=5, ngf=2, image_size=32).net[0]
    layer.weight.set_data(network.net[0].weight)
    expected = layer(Tensor(vectors[:, :, None, None])).asnumpy().reshape(3, -1)
    found = directions.first_layer(convert(network), vectors)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_first_layer_of_a_dense_one():
    network = mnist_mlp.Generator(nz=5, ngf=4)
    vectors = stream(0, "test").standard_normal((3, 5)).astype(np.float32)
    layer = network.net.dense[0]
    expected = layer(Tensor(vectors)).asnumpy() - layer.bias.asnumpy()
    np.testing.assert_allclose(directions.first_layer(network, vectors), expected, atol=1e-5)


def test_a_network_that_takes_no_latents_is_refused():
    with pytest.raises(GanError, match="takes no latent vectors"):
        directions.first_layer(dcgan.Discriminator(ndf=2, image_size=32), np.zeros((3, 5)))


def test_a_picture_is_written(run, tmp_path):
    ckpt = lively.write(tmp_path / "generator.ckpt", "faces", {"image_size": 32, "nz": 8, "ngf": 2})
    done = run("explore", "directions", "--ckpt", ckpt, "--count", 3, "--samples", 50)
    assert done.status == 0, done.err
    with Image.open("directions.png") as picture:
        assert picture.width > 9 * 66 and picture.height > 3 * 66


@pytest.mark.parametrize("given", [["--count", "0"], ["--samples", "1"], ["--around", "-1"]])
def test_bad_input_is_told_in_one_line(run, given):
    done = run("explore", "directions", *given)
    assert done.status == 2 and done.err.count("\n") == 1
    assert f"argument {given[0]}: {given[1]} is out of range" in done.err
