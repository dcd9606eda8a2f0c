"""Feature networks: kept features, weights that are refused, and torch-fidelity's own results."""

import json

import numpy as np
import pytest
from PIL import Image

from ms_gan.errors import GanError, UsageError
from ms_gan.scores import libraries
from ms_gan.scores.features import feature_network

pytestmark = pytest.mark.skipif(bool(libraries.missing()), reason="needs the extra scores")


def blots(count, seed, side=32):
    """Smooth random images, uint8 (count, side, side, 3)."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (count, 4, 4, 3), np.uint8)
    return np.stack([np.asarray(Image.fromarray(one).resize((side, side))) for one in small])


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return feature_network("efficientnet-lite0", None, tmp_path_factory.mktemp("cache"))


@pytest.fixture
def cached(network, tmp_path, monkeypatch):
    """A network with an empty cache; and the images that it has computed, batch by batch."""
    computed = []
    inner = network._network

    def noted(images):
        computed.append(len(images))
        return inner(images)

    monkeypatch.setattr(network, "_network", noted)
    monkeypatch.setattr(network, "_cache", tmp_path)
    return network, computed


def test_an_image_has_the_same_features_alone_and_among_others(network):
    images = blots(70, 0)
    together = network(images)
    assert together.shape == (70, 1280) and together.dtype == np.float32
    np.testing.assert_allclose(network(images[66:67])[0], together[66], rtol=1e-4, atol=1e-5)
    assert np.abs(together[0] - together[1]).max() > 0.1


def test_grey_images_are_seen_as_colour_ones_without_colour(network):
    grey = blots(3, 0)[..., :1]
    np.testing.assert_array_equal(network(grey), network(np.repeat(grey, 3, 3)))


def test_features_are_computed_once_for_a_set_of_images(cached, tmp_path):
    network, computed = cached
    first = network.kept(blots(6, 0))
    np.testing.assert_array_equal(network.kept(blots(6, 0)), first)
    assert sum(computed) == 6
    network.kept(blots(6, 1))
    assert sum(computed) == 12 and len(list(tmp_path.iterdir())) == 2


def test_damaged_features_are_computed_again(cached, tmp_path, caplog):
    network, computed = cached
    first = network.kept(blots(6, 0))
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    for damaged in (whole[:-1000], b"text", whole[:500] + b"!" + whole[501:]):
        file.write_bytes(damaged)
        np.testing.assert_array_equal(network.kept(blots(6, 0)), first)
    assert sum(computed) == 6 * 4
    assert caplog.messages == [f"{file}: damaged; making it again"] * 3


def test_a_cache_that_cannot_be_written_is_warned_of(cached, tmp_path, monkeypatch, caplog):
    network, _ = cached
    (tmp_path / "file").touch()
    monkeypatch.setattr(network, "_cache", tmp_path / "file")
    assert len(network.kept(blots(6, 0))) == 6
    assert "can't be written" in caplog.text


@pytest.fixture(scope="module")
def inception(tmp_path_factory):
    """A file like that of Inception's weights, with random ones."""
    libraries.load_torch_fidelity()
    import torch
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    path = tmp_path_factory.mktemp("weights") / "inception.pth"
    torch.save({}, path)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(torch.nn.Module, "load_state_dict", lambda *_, **__: None)
        torch.manual_seed(0)
        made = FeatureExtractorInceptionV3("any", ["2048"], feature_extractor_weights_path=path)
    torch.save(made.state_dict(), path)
    return path


@pytest.mark.parametrize("features", ["efficientnet-lite0", "inception"])
def test_the_command_agrees_with_torch_fidelity_on_the_same_folders(
    run, tmp_path, inception, features
):
    for name, seed in (("real", 0), ("fake", 1)):
        (tmp_path / name).mkdir()
        for number, image in enumerate(blots(10, seed)):
            Image.fromarray(image).save(tmp_path / name / f"{number}.png")
    options = ["--weights", inception] if features == "inception" else []
    ended = run(
        *("evaluate", "--images", "fake", "--data", "real", "--json", "scores.json", *options)
    )
    assert ended.status == 0, ended.err
    report = json.loads((tmp_path / "scores.json").read_text())
    label = {"efficientnet-lite0": "EfficientNet-Lite0", "inception": "Inception"}[features]
    found = {name: score["value"] for name, score in report["scores"].items()}
    assert report["protocol"]["features"] == label and "torch-fidelity" in str(report["protocol"])

    import torch_fidelity

    weights = {"feature_extractor_weights_path": str(inception)} if options else {}
    expected = torch_fidelity.calculate_metrics(
        input1="fake",
        input2="real",
        cuda=False,
        fid=True,
        kid=True,
        prc=True,
        kid_subset_size=5,
        rng_seed=0,
        feature_extractor="inception-v3-compat" if options else features,
        cache=False,
        verbose=False,
        **weights,
    )
    assert found[f"FID ({label})"] == pytest.approx(
        expected["frechet_inception_distance"], rel=1e-3, abs=1e-3
    )
    assert found[f"KID ({label})"] == pytest.approx(
        expected["kernel_inception_distance_mean"], rel=1e-3, abs=1e-5
    )
    assert found[f"precision ({label})"] == expected["precision"]
    assert found[f"recall ({label})"] == expected["recall"]


def test_weights_that_are_none_are_refused(tmp_path):
    import torch

    (tmp_path / "text.pth").write_text("text")
    torch.save({"a": torch.zeros(2)}, tmp_path / "other.pth")
    for name, wrong in (
        ("missing.pth", "No such file"),
        ("text.pth", "not a file of PyTorch tensors"),
        ("other.pth", "not the weights of torch-fidelity's Inception"),
    ):
        with pytest.raises(GanError, match=f"--weights {name}: {wrong}"):
            feature_network("inception", name, tmp_path)


class Harmful:
    """Executes something where it is unpickled."""

    def __reduce__(self):
        return (open, ("executed", "w"))


def test_weights_that_would_execute_something_are_refused(tmp_path):
    import torch

    torch.save(Harmful(), tmp_path / "harmful.pth")
    with pytest.raises(GanError, match="not a file of PyTorch tensors"):
        feature_network("auto", "harmful.pth", tmp_path)
    assert not (tmp_path / "executed").exists()


def test_inception_without_network_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    with pytest.raises(GanError, match="give their file by --weights, or choose --features eff"):
        feature_network("inception", None, tmp_path)


def test_efficientnet_takes_no_weights(tmp_path):
    with pytest.raises(UsageError, match="--weights: for Inception"):
        feature_network("efficientnet-lite0", "some.pth", tmp_path)


def test_auto_takes_inception_where_its_weights_are_and_efficientnet_otherwise(
    tmp_path, monkeypatch, inception
):
    import torch
    from torch_fidelity.feature_extractor_inceptionv3 import URL_INCEPTION_V3

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    assert feature_network("auto", None, tmp_path).label == "EfficientNet-Lite0"
    assert feature_network("auto", str(inception), tmp_path).label == "Inception"
    (tmp_path / "checkpoints").mkdir()
    fetched = tmp_path / "checkpoints" / URL_INCEPTION_V3.rsplit("/", 1)[1]
    fetched.write_bytes(inception.read_bytes())
    assert feature_network("auto", None, tmp_path).label == "Inception"
