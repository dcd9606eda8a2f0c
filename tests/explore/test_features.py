"""explore features: pooling by hand, drawn labels, and a support vector machine on a toy."""

import json

import lively_discriminator
import mnist_files
import numpy as np
import pytest

from ms_gan.explore import features
from ms_gan.streams import stream

needs_sklearn = pytest.mark.skipif(
    features.importlib.util.find_spec("sklearn") is None, reason="needs scikit-learn"
)


def test_activations_are_pooled_to_4x4_and_put_one_after_the_other():
    large = np.zeros((2, 3, 8, 8), np.float32)
    large[0, 1, 2:4, 4:6] = [[1, 5], [2, 3]]  # the cell in row 1, column 2 of channel 1
    large[1, 2] = -1
    large[1, 2, 7, 7] = 4
    small = np.arange(2 * 2 * 2 * 2, dtype=np.float32).reshape(2, 2, 2, 2)
    found = features.pooled([large, small])
    assert (found.shape, found.dtype) == ((2, 3 * 16 + 8), np.float32)
    maps = found[:, :48].reshape(2, 3, 4, 4)
    expected = np.zeros((3, 4, 4))
    expected[1, 1, 2] = 5
    np.testing.assert_array_equal(maps[0], expected)
    assert maps[1, 2, 3, 3] == 4 and (maps[1, 2].ravel()[:-1] == -1).all()
    np.testing.assert_array_equal(found[:, 48:], small.reshape(2, 8))


def test_sides_that_4_does_not_divide_are_covered():
    maps = np.arange(7 * 7, dtype=np.float32).reshape(1, 1, 7, 7)
    found = features.pooled([maps]).reshape(4, 4)
    np.testing.assert_array_equal(found[0], [8, 10, 12, 13])  # rows 0 and 1
    assert found[3, 3] == 48


def test_features_are_centred_and_scaled_by_what_is_learnt_from():
    inputs = np.array([[3, 1], [1, 1]], np.uint8)
    scaled, others = features.normalised(inputs, np.array([[2, 2]], np.uint8))
    np.testing.assert_allclose(scaled, [[1, 0], [-1, 0]])
    np.testing.assert_allclose(others, [[0, 1]])


def test_labelled_examples_are_drawn_evenly():
    labels = np.repeat([0, 1, 2], [50, 30, 5])
    mine = features.balanced(labels, 21, stream(0, "test"))
    assert len(set(mine)) == 21
    np.testing.assert_array_equal(np.bincount(labels[mine]), [8, 8, 5])
    assert set(features.balanced(labels, 85, stream(0, "test"))) == set(range(85))
    assert set(features.balanced(labels, 21, stream(1, "test"))) != set(mine)


@needs_sklearn
def test_what_can_be_separated_is():
    rng = stream(0, "test")
    labels = np.arange(300) % 3
    centres = np.array([[0, 1], [1, -1], [-1, -1]], np.float32)
    inputs = centres[labels] + rng.normal(0, 0.1, (300, 2)).astype(np.float32)
    train, test = (inputs[:200], labels[:200]), (inputs[200:], labels[200:])
    assert features.accuracies(train, test, 60) == [1.0] * 5
    assert features.accuracies(train, test, 200) == [1.0]
    shuffled = rng.permutation(labels[200:])
    assert features.accuracies(train, (test[0], shuffled), 200)[0] < 0.6


@needs_sklearn
def test_a_table_is_printed_and_written(run, tmp_path):
    folder, rng = tmp_path / "digits", stream(0, "test")
    folder.mkdir()
    labels = np.arange(150) % 10
    images = rng.integers(0, 60, (150, 28, 28), np.uint8)
    images[np.arange(150), 2 * labels + 4] = 255  # a line at a height of the digit's own
    for name, array in zip(mnist_files.TRAIN, (images, labels)):
        (folder / name).write_bytes(mnist_files.idx(array))
    sizes = {"ngf": 2, "ndf": 2, "nz": 4}
    split = {"seed": 0, "holdout": 40}
    path = lively_discriminator.write(tmp_path / "discriminator.ckpt", "mnist-dcgan", sizes, split)
    words = ["--discriminator", path, "--data", folder, "--json", "table.json"]
    done = run("explore", "features", *words)
    assert done.status == 0, done.err
    assert "accuracy on 40 digits that the run held out" in done.out
    table = json.loads((tmp_path / "table.json").read_text())
    assert table["tested on"] == "40 digits that the run held out"
    assert {name: row["numbers"] for name, row in table["features"].items()} == {
        "pixels": 1024,
        "random discriminator": (2 + 4 + 8) * 16 + 16 * 4,
        "discriminator": (2 + 4 + 8) * 16 + 16 * 4,
    }
    pixels = table["features"]["pixels"]["accuracy"]
    assert {count: row["draws"] for count, row in pixels.items()} == {"100": 5, "110": 1}
    assert pixels["110"]["mean"] > 0.9


def test_missing_scikit_learn_is_told_in_one_line(run, monkeypatch):
    monkeypatch.setattr(features.importlib.util, "find_spec", lambda name: None)
    done = run("explore", "features", "--discriminator", "discriminator.ckpt")
    assert done.status == 1
    assert done.err == (
        "ms_gan.explore: error: features needs scikit-learn, which isn't installed: pip install "
        "'.[explore]'\n"
    )


@needs_sklearn
def test_faces_have_no_labels(run, tmp_path, face_folder):
    sizes = {"image_size": 32, "nz": 8, "ngf": 2, "ndf": 2}
    path = lively_discriminator.write(tmp_path / "discriminator.ckpt", "faces", sizes)
    done = run("explore", "features", "--discriminator", path, "--data", face_folder)
    assert done.status == 2
    assert "whose images have no labels; expected a run of mnist-dcgan" in done.err
