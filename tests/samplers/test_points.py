import logging
from types import SimpleNamespace

import mindspore as ms
import numpy as np
import pytest
from mindspore import nn
from PIL import Image

from ms_gan import latents
from ms_gan.errors import UsageError
from ms_gan.samplers.base import Request
from ms_gan.samplers.points import SHOWN, PointSampler

COLOURS = (31, 119, 180), (255, 127, 14)  # matplotlib's first two


class Shift(nn.Cell):
    """A stand-in generator: its latents, moved; far away in training mode."""

    def construct(self, latent):
        return latent + (100 if self.training else 1)


@pytest.fixture
def generator():
    return PointSampler(2).generator(Shift(), False)


def colours(picture):
    return {colour for _, colour in picture.convert("RGB").getcolors(10**6)}


def test_real_points_are_a_scatter_plot():
    picture = PointSampler(2).real((np.random.default_rng(0).standard_normal((50, 2)),))
    assert COLOURS[0] in colours(picture) and COLOURS[1] not in colours(picture)


def test_samples_show_generated_points_among_real_ones():
    batches = SimpleNamespace(
        points=np.random.default_rng(0).standard_normal((1000, 2)).astype(np.float32) - 1
    )
    fixed = PointSampler(2).fixed(batches, 3)
    assert fixed[0].shape == fixed[1].shape == (SHOWN, 2)
    np.testing.assert_array_equal(fixed[1], batches.points[:SHOWN])
    np.testing.assert_array_equal(PointSampler(2).fixed(batches, 3)[0], fixed[0])
    assert not np.array_equal(PointSampler(2).fixed(batches, 4)[0], fixed[0])
    network = Shift().set_train()
    picture = PointSampler(2).picture({"generator": network}, fixed)
    assert set(COLOURS) <= colours(picture)
    assert network.training
    shown = np.asarray(picture) == COLOURS[1]
    assert (
        shown.all(2).sum() > 500
    )  # in training mode they would lie outside of the axes, but for the legend


def test_pictures_of_different_points_are_of_the_same_size():
    ours = PointSampler(2)
    sizes = {
        ours.real((scale * np.random.default_rng(0).standard_normal((50, 2)),)).size
        for scale in (0.1, 1, 5)
    }
    assert len(sizes) == 1


@pytest.mark.parametrize(
    "given, seeds",
    [
        ({}, range(1000)),
        ({"count": 3}, range(3)),
        ({"seeds": [8, 2]}, [8, 2]),
        ({"seeds": [5]}, [5]),
    ],
)
def test_points_are_written_as_a_table_with_a_plot_beside_it(
    given, seeds, generator, tmp_path, caplog
):
    caplog.set_level(logging.INFO, "ms_gan")
    generator.write(Request(**given))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["generated.csv", "generated.png"]
    lines = (tmp_path / "generated.csv").read_text().splitlines()
    assert lines[0] == "x,y"
    found = np.array([[float(number) for number in line.split(",")] for line in lines[1:]])
    expected = latents.of_seeds(seeds, 2) + 1
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    with Image.open("generated.png") as plot:
        assert COLOURS[0] in colours(plot)
    said = caplog.text
    assert f"generated.csv, generated.png: {len(expected)} points" in said
    assert str(np.round(expected.mean(0, float), 4).tolist()) in said
    assert ("covariance" in said) == (len(expected) > 1)


def test_the_covariance_is_told(generator, caplog):
    caplog.set_level(logging.INFO, "ms_gan")
    generator.write(Request(out="sub/table.csv"))
    covariance = np.cov(latents.of_seeds(range(1000), 2).T)
    assert str(np.round(covariance, 4).tolist())[:6] in caplog.text
    with Image.open("sub/table.png") as plot:
        plot.load()


@pytest.mark.parametrize(
    "given, said",
    [
        ({"input": "photos"}, "--input: .*this one makes points"),
        ({"separate": "many"}, "--separate: .*this one makes points"),
        ({"interpolate": 5}, "--interpolate: .*this one makes points"),
        ({"out": "points.png"}, "points.png: expected a name ending in .csv"),
    ],
)
def test_options_that_do_not_apply_are_refused_in_one_line(given, said, generator, tmp_path):
    generator.compute = None  # never asked for
    with pytest.raises(UsageError, match=said) as refusal:
        generator.write(Request(**given))
    assert "\n" not in str(refusal.value)
    assert list(tmp_path.iterdir()) == []


def test_the_generator_is_given_float32_latents_in_batches_of_one_shape():
    seen = []

    def record(noise):
        seen.append((noise.shape, noise.dtype))
        return (noise[:, :2],)

    generator = PointSampler(3).generator(Shift(), False)
    generator.compute = record
    generator.write(Request(count=40))
    assert seen == [((32, 3), ms.float32)] * 2


def test_generated_points_are_an_array_and_those_that_are_written(generator):
    points = generator.generate(seeds=np.arange(40))
    assert (points.shape, points.dtype) == ((40, 2), np.float32)
    np.testing.assert_allclose(points, latents.of_seeds(range(40), 2) + 1, rtol=1e-6)
    np.testing.assert_array_equal(generator.generate([35, 3]), points[[35, 3]])
    generator.write(Request(count=40))
    written = np.loadtxt("generated.csv", delimiter=",", skiprows=1)
    np.testing.assert_allclose(written, points, rtol=1e-5)


def test_it_translates_nothing(generator):
    with pytest.raises(UsageError, match=r"^this generator doesn't translate: .*$"):
        generator.translate(np.zeros((1, 8, 8, 3), np.uint8))
