"""Pictures of images made from noise, by a stand-in whose images show the first number of their
latents.
"""

import logging

import mindspore as ms
import numpy as np
import pytest
from mindspore import nn, ops
from PIL import Image

from ms_gan import latents, pictures
from ms_gan.errors import UsageError
from ms_gan.samplers.base import Generator, Request
from ms_gan.samplers.images import ImageSampler
from ms_gan.streams import stream

NZ = 3


def told_in(caplog):
    """What the package has logged. MindSpore also warns where a function was compiled before."""
    return [record.message for record in caplog.records if record.name.startswith("ms_gan")]


class Shades(nn.Cell):
    """Plain 8x8 images of data_range * tanh(first number); black in training mode."""

    def __init__(self, data_range=1.0, channels=3):
        super().__init__()
        self.data_range, self.channels = data_range, channels

    def construct(self, latent):
        plain = ops.ones((latent.shape[0], self.channels, 8, 8), ms.float32)
        if self.training:
            return -self.data_range * plain
        return plain * ops.tanh(latent[:, :1]).reshape(-1, 1, 1, 1) * self.data_range


def make(count=6, columns=3, data_range=1.0, draw=latents.normal):
    return ImageSampler(NZ, draw, count, columns, data_range)


@pytest.fixture
def generator():
    return make().generator(Shades(), False)


def latent(seed):
    """The first number of a seed's latent vector."""
    return stream(seed, "latent").standard_normal(NZ)[0]


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
    picture = make().real((np.broadcast_to(levels, (9, 3, 8, 8)),))
    assert picture.size == (2 + 3 * 10, 2 + 2 * 10)
    np.testing.assert_allclose(tiles(picture, 2, 3), (levels[:6].ravel() + 1) * 127.5, atol=1)


@pytest.mark.parametrize("data_range", [0.5, 1.0, 2.0])
def test_the_end_of_the_range_is_white_and_its_negative_black(data_range):
    levels = np.array([-data_range, 0, data_range], np.float32).reshape(-1, 1, 1, 1)
    picture = make(3, data_range=data_range).real((np.broadcast_to(levels, (3, 1, 8, 8)),))
    assert tiles(picture, 1, 3) == [0, 128, 255]


def test_fixed_latents_follow_the_seed_and_the_given_distribution():
    for draw in (latents.normal, latents.uniform):
        (fixed,) = make(500, draw=draw).fixed(None, 7)
        assert (fixed.shape, fixed.dtype) == ((500, NZ), np.float32)
        assert (np.abs(fixed).max() <= 1) == (draw is latents.uniform)
        np.testing.assert_array_equal(make(500, draw=draw).fixed(None, 7)[0], fixed)
        assert not np.array_equal(make(500, draw=draw).fixed(None, 8)[0], fixed)
    for other in ("latent", "noise"):  # those of `generate`, and of the training
        assert not np.array_equal(fixed, latents.uniform(stream(7, other), 500, NZ))


@pytest.mark.parametrize("data_range", [0.5, 1.0])
def test_a_picture_is_made_in_inference_mode_of_the_fixed_latents(data_range):
    network, ours = Shades(data_range).set_train(), make(data_range=data_range)
    fixed = ours.fixed(None, 0)
    np.testing.assert_allclose(
        tiles(ours.picture({"generator": network}, fixed), 2, 3), shades(fixed[0][:, 0]), atol=1
    )
    assert network.training


@pytest.mark.parametrize("data_range", [0.5, 1.0])
def test_the_std_is_how_much_images_differ_as_a_share_of_their_range(data_range):
    ours, network = make(data_range=data_range), {"generator": Shades(data_range)}
    assert ours.std is None
    ours.picture(network, ours.fixed(None, 0))
    assert ours.std == pytest.approx(np.tanh(ours.fixed(None, 0)[0][:, 0]).std() / 2, abs=1e-3)
    ours.picture(network, (np.full((6, NZ), 0.3, np.float32),))
    assert ours.std == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    "given, seeds",
    [
        ({}, range(24)),
        ({"count": 5}, range(5)),
        ({"seeds": [9, 2, 9]}, [9, 2, 9]),
        ({"seeds": list(range(33))}, range(33)),
    ],
)
def test_a_grid_of_seeds(given, seeds, generator, caplog):
    caplog.set_level(logging.INFO, "ms_gan")
    generator.write(Request(**given))
    expected = shades([latent(seed) for seed in seeds])
    with Image.open("generated.png") as picture:
        found = tiles(picture, -(-len(expected) // 3), 3)[: len(expected)]
    np.testing.assert_allclose(found, expected, atol=1)
    assert told_in(caplog) == [f"generated.png: {len(expected)} images"]


@pytest.mark.parametrize("count", [1, 32, 33])
def test_images_are_computed_in_batches_of_one_shape(count, generator):
    seen, compute = [], generator.compute

    def record(latents):
        seen.append((latents.shape, latents.dtype))
        return compute(latents)

    generator.compute = record
    assert len(generator.generate(range(count))) == count
    assert seen == [((Generator.batch, NZ), ms.float32)] * -(-count // 32)


def test_images_are_made_a_few_at_a_time(generator):
    drawn = []

    def seeds():
        for seed in range(10**9):
            drawn.append(seed)
            yield seed, np.full(NZ, seed, np.float32)

    made = generator.stream(seeds(), 10**9)
    assert [seed for seed, _ in (next(made) for _ in range(100))] == list(range(100))
    assert len(drawn) <= 100 + 2 * Generator.batch


@pytest.mark.parametrize("data_range, channels", [(0.5, 3), (1.0, 1)])
def test_generated_images_are_an_array_of_pixels(data_range, channels):
    ours = make(data_range=data_range).generator(Shades(data_range, channels), False)
    images = ours.generate(seed for seed in np.array([3, 11, 3], np.uint16))
    assert (images.shape, images.dtype) == ((3, 8, 8, channels), np.uint8)
    np.testing.assert_allclose(images[:2, 0, 0, 0], shades([latent(3), latent(11)]), atol=1)
    np.testing.assert_array_equal(images[2], images[0])
    np.testing.assert_array_equal(ours.generate([11])[0], images[1])


def test_a_grid_and_a_walk_show_what_the_methods_give(generator):
    generator.write(Request(seeds=[1, 2]))
    generator.write(Request(seeds=[1, 2], interpolate=4))
    with Image.open("generated.png") as picture:
        np.testing.assert_array_equal(
            np.asarray(picture), pictures.grid(generator.generate([1, 2]), 3)
        )
    frames = generator.walk([1, 2], 4)
    np.testing.assert_array_equal(frames[::2], generator.generate([1, 2]))
    with Image.open("walk.gif") as gif:
        for number, frame in enumerate(frames):
            gif.seek(number)
            np.testing.assert_allclose(np.asarray(gif.convert("L"))[9, 9], frame[0, 0, 0], atol=2)


def test_it_translates_nothing(generator):
    with pytest.raises(UsageError, match=r"^this generator doesn't translate: .*$"):
        generator.translate(np.zeros((1, 8, 8, 3), np.uint8))


def test_latents_are_of_the_given_distribution():
    ours = make(draw=latents.uniform).generator(Shades(), False)
    ours.write(Request(seeds=[4], out="one.png"))
    expected = shades(stream(4, "latent").uniform(-1, 1, NZ)[0])
    with Image.open("one.png") as picture:
        np.testing.assert_allclose(tiles(picture, 1, 1), expected, atol=1)


@pytest.mark.parametrize("data_range, channels", [(0.5, 3), (1.0, 1)])
def test_separate_files(data_range, channels, tmp_path):
    ours = make(data_range=data_range).generator(Shades(data_range, channels), False)
    ours.write(Request(seeds=[3, 11], separate="many"))
    assert sorted(file.name for file in (tmp_path / "many").iterdir()) == [
        "seed000003.png",
        "seed000011.png",
    ]
    for seed in (3, 11):
        with Image.open(tmp_path / "many" / f"seed{seed:06d}.png") as picture:
            assert (picture.size, picture.mode) == ((8, 8), "RGB" if channels == 3 else "L")
            np.testing.assert_allclose(np.asarray(picture), shades(latent(seed)), atol=1)


def test_a_walk_is_a_gif_of_so_many_frames(generator):
    generator.write(Request(seeds=[0, 1], interpolate=6))
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
def test_what_does_not_go_together_is_refused_in_one_line(given, said, generator, tmp_path):
    generator.compute = None  # never asked for
    with pytest.raises(UsageError, match=said) as refusal:
        generator.write(Request(**given))
    assert "\n" not in str(refusal.value)
    assert list(tmp_path.iterdir()) == []
