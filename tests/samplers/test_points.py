from types import SimpleNamespace

import mindspore as ms
import numpy as np
import pytest
from mindspore import nn
from PIL import Image

from ms_gan import latents
from ms_gan.errors import UsageError
from ms_gan.products.points import SHOWN, Points

COLOURS = (31, 119, 180), (255, 127, 14)  # matplotlib's first two


class Shift(nn.Cell):
    """A stand-in generator: its latents, moved; far away in training mode."""

    def construct(self, latent):
        return latent + (100 if self.training else 1)


def maker():
    return lambda latent: (Shift().set_train(False)(latent),)


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


def colours(picture):
    return {colour for _, colour in picture.convert("RGB").getcolors(10**6)}


def test_real_points_are_a_scatter_plot():
    picture = Points(2).real((np.random.default_rng(0).standard_normal((50, 2)),))
    assert COLOURS[0] in colours(picture) and COLOURS[1] not in colours(picture)


def test_samples_show_generated_points_among_real_ones():
    batches = SimpleNamespace(
        points=np.random.default_rng(0).standard_normal((1000, 2)).astype(np.float32) - 1
    )
    fixed = Points(2).fixed(batches, 3)
    assert fixed[0].shape == fixed[1].shape == (SHOWN, 2)
    np.testing.assert_array_equal(fixed[1], batches.points[:SHOWN])
    np.testing.assert_array_equal(Points(2).fixed(batches, 3)[0], fixed[0])
    assert not np.array_equal(Points(2).fixed(batches, 4)[0], fixed[0])
    network = Shift().set_train()
    picture = Points(2).picture({"generator": network}, fixed)
    assert set(COLOURS) <= colours(picture)
    assert network.training
    shown = np.asarray(picture) == COLOURS[1]
    assert (
        shown.all(2).sum() > 500
    )  # in training mode they would lie outside of the axes, but for the legend


def test_pictures_of_different_points_are_of_the_same_size():
    ours = Points(2)
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
def test_points_are_written_as_a_table_with_a_plot_beside_it(given, seeds, tmp_path, capsys):
    Points(2).generate(maker, asked(**given))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["generated.csv", "generated.png"]
    lines = (tmp_path / "generated.csv").read_text().splitlines()
    assert lines[0] == "x,y"
    found = np.array([[float(number) for number in line.split(",")] for line in lines[1:]])
    expected = latents.of_seeds(seeds, 2) + 1
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    with Image.open("generated.png") as plot:
        assert COLOURS[0] in colours(plot)
    said = capsys.readouterr().out
    assert f"generated.csv, generated.png: {len(expected)} points" in said
    assert str(np.round(expected.mean(0), 4).tolist()) in said
    assert ("covariance" in said) == (len(expected) > 1)


def test_the_covariance_is_printed(capsys):
    Points(2).generate(maker, asked(out="sub/table.csv"))
    assert (
        str(np.round(np.cov(latents.of_seeds(range(1000), 2).T), 4).tolist())[:6]
        in capsys.readouterr().out
    )
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
def test_options_that_do_not_apply_are_refused_in_one_line(given, said, tmp_path):
    with pytest.raises(UsageError, match=said) as refusal:
        Points(2).generate(no_generator, asked(**given))
    assert "\n" not in str(refusal.value)
    assert list(tmp_path.iterdir()) == []


def test_the_generator_is_given_float32_latents():
    seen = []

    def record(latent):
        seen.append(latent)
        return (latent,)

    Points(3).generate(lambda: lambda latent: (record(latent)[0][:, :2],), asked(count=4))
    assert (seen[0].shape, seen[0].dtype) == ((4, 3), ms.float32)
