"""Pictures of images made from noise, by a stand-in whose images show the first number of their
latents.
"""

from types import SimpleNamespace

import mindspore as ms
import numpy as np
import pytest
from mindspore import nn, ops
from PIL import Image

from ms_gan import latents
from ms_gan.errors import UsageError
from ms_gan.products.images import BATCH, Images

NZ = 3


class Shades(nn.Cell):
    """Plain 8x8 images of peak * tanh(first number); black in training mode."""

    def __init__(self, peak=1.0, channels=3):
        super().__init__()
        self.peak, self.channels = peak, channels

    def construct(self, latent):
        plain = ops.ones((latent.shape[0], self.channels, 8, 8), ms.float32)
        if self.training:
            return -self.peak * plain
        return plain * ops.tanh(latent[:, :1]).reshape(-1, 1, 1, 1) * self.peak


def maker(network=None, seen=None):
    """What `generate` is given: a function that gives the compiled generator. seen: collects the
    batches' sizes.
    """
    network = (network or Shades()).set_train(False)

    def compiled(latent):
        if seen is not None:
            seen.append(len(latent))
        return (network(latent),)

    return lambda: compiled


def no_generator():
    raise AssertionError("the command line is refused before the generator is compiled")


def product(count=6, columns=3, peak=1.0, draw=latents.normal):
    return Images(NZ, draw, count, columns, peak)


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


def tiles(picture, rows, columns):
    """The grey level in the middle of each of 8x8 tiles."""
    pixels = np.asarray(picture.convert("RGB"))
    return [
        int(pixels[6 + row * 10, 6 + column * 10, 0])
        for row in range(rows)
        for column in range(columns)
    ]


def shades(values):
    return np.rint((np.tanh(values) + 1) * 127.5)


def test_real_images_are_shown_as_far_as_the_grid_goes():
    levels = np.linspace(-1, 1, 9, dtype=np.float32).reshape(-1, 1, 1, 1)
    picture = product().real((np.broadcast_to(levels, (9, 3, 8, 8)),))
    assert picture.size == (2 + 3 * 10, 2 + 2 * 10)
    np.testing.assert_allclose(tiles(picture, 2, 3), (levels[:6].ravel() + 1) * 127.5, atol=1)


@pytest.mark.parametrize("peak", [0.5, 1.0, 2.0])
def test_the_peak_is_white_and_its_negative_black(peak):
    levels = np.array([-peak, 0, peak], np.float32).reshape(-1, 1, 1, 1)
    picture = product(3, peak=peak).real((np.broadcast_to(levels, (3, 1, 8, 8)),))
    assert tiles(picture, 1, 3) == [0, 128, 255]


def test_fixed_latents_follow_the_seed_and_the_given_distribution():
    for draw in (latents.normal, latents.uniform):
        (fixed,) = product(500, draw=draw).fixed(None, 7)
        assert (fixed.shape, fixed.dtype) == ((500, NZ), np.float32)
        assert (np.abs(fixed).max() <= 1) == (draw is latents.uniform)
        np.testing.assert_array_equal(product(500, draw=draw).fixed(None, 7)[0], fixed)
        assert not np.array_equal(product(500, draw=draw).fixed(None, 8)[0], fixed)
    assert not np.array_equal(
        fixed, latents.uniform(np.random.default_rng(7), 500, NZ)
    )  # that of the training


@pytest.mark.parametrize("peak", [0.5, 1.0])
def test_a_picture_is_made_in_inference_mode_of_the_fixed_latents(peak):
    network, ours = Shades(peak).set_train(), product(peak=peak)
    fixed = ours.fixed(None, 0)
    np.testing.assert_allclose(
        tiles(ours.picture({"generator": network}, fixed), 2, 3), shades(fixed[0][:, 0]), atol=1
    )
    assert network.training


@pytest.mark.parametrize("peak", [0.5, 1.0])
def test_the_spread_is_how_much_images_differ_as_a_share_of_their_range(peak):
    ours, network = product(peak=peak), {"generator": Shades(peak)}
    assert ours.spread is None
    ours.picture(network, ours.fixed(None, 0))
    assert ours.spread == pytest.approx(np.tanh(ours.fixed(None, 0)[0][:, 0]).std() / 2, abs=1e-3)
    ours.picture(network, (np.full((6, NZ), 0.3, np.float32),))
    assert ours.spread == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    "given, seeds",
    [
        ({}, range(24)),
        ({"count": 5}, range(5)),
        ({"seeds": [9, 2, 9]}, [9, 2, 9]),
        ({"seeds": list(range(33))}, range(33)),
    ],
)
def test_a_grid_of_seeds(given, seeds, capsys):
    seen = []
    product().generate(maker(seen=seen), asked(**given))
    expected = shades([np.random.default_rng(seed).standard_normal(NZ)[0] for seed in seeds])
    with Image.open("generated.png") as picture:
        found = tiles(picture, -(-len(expected) // 3), 3)[: len(expected)]
    np.testing.assert_allclose(found, expected, atol=1)
    assert set(seen) == {BATCH}  # whatever the number of seeds
    assert f"generated.png: {len(expected)} images" in capsys.readouterr().out


def test_latents_are_of_the_given_distribution():
    product(draw=latents.uniform).generate(maker(), asked(seeds=[4], out="one.png"))
    expected = shades(np.random.default_rng(4).uniform(-1, 1, NZ)[0])
    with Image.open("one.png") as picture:
        np.testing.assert_allclose(tiles(picture, 1, 1), expected, atol=1)


@pytest.mark.parametrize("peak, channels", [(0.5, 3), (1.0, 1)])
def test_separate_files(peak, channels, tmp_path):
    product(peak=peak).generate(
        maker(Shades(peak, channels)), asked(seeds=[3, 11], separate="many")
    )
    assert sorted(file.name for file in (tmp_path / "many").iterdir()) == [
        "seed000003.png",
        "seed000011.png",
    ]
    for seed in (3, 11):
        with Image.open(tmp_path / "many" / f"seed{seed:06d}.png") as picture:
            assert (picture.size, picture.mode) == ((8, 8), "RGB" if channels == 3 else "L")
            expected = shades(np.random.default_rng(seed).standard_normal(NZ)[0])
            np.testing.assert_allclose(np.asarray(picture), expected, atol=1)


def test_a_walk_is_a_gif_of_so_many_frames():
    product().generate(maker(), asked(seeds=[0, 1], interpolate=6))
    with Image.open("walk.gif") as gif:
        assert gif.n_frames == 6
        assert gif.size == (256, 256)


@pytest.mark.parametrize(
    "given, said",
    [
        ({"input": "photos"}, "--input: for generators that translate"),
        ({"separate": "many", "out": "one.png"}, "give one of them"),
        ({"out": "picture.gif"}, "picture.gif.*expected a name ending in .png"),
        ({"interpolate": 5, "out": "walk.png"}, "walk.png.*expected a name ending in .gif"),
        ({"count": 1025}, "1025 images are too many.*--separate"),
    ],
)
def test_what_does_not_go_together_is_refused_in_one_line(given, said, tmp_path):
    with pytest.raises(UsageError, match=said) as refusal:
        product().generate(no_generator, asked(**given))
    assert "\n" not in str(refusal.value)
    assert list(tmp_path.iterdir()) == []
