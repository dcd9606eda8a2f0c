"""python -m ms_gan.generate: the same pixels for a seed anywhere, whole files or none, and what the
pictures hold.
"""

import shutil

import lively
import numpy as np
import pytest
from conftest import start
from PIL import Image

from ms_gan.samplers.images import ImageGenerator
from ms_gan.streams import stream
from ms_gan.training import checkpoint

SIDE, PITCH, MARGIN = 32, 34, 2
SIZES = {"image_size": 32, "nz": 8, "ngf": 2}


@pytest.fixture(scope="module")
def ckpt(tmp_path_factory):
    """A generator.ckpt that gives every seed a picture of its own."""
    return lively.write(tmp_path_factory.mktemp("lively") / "generator.ckpt", "faces", SIZES)


def pixels(path):
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def tiles(path):
    """The images of a grid, row by row, without the white ones that fill up the last row."""
    picture = pixels(path)
    found = [
        picture[top : top + SIDE, left : left + SIDE]
        for top in range(MARGIN, len(picture), PITCH)
        for left in range(MARGIN, picture.shape[1], PITCH)
    ]
    return [tile for tile in found if (tile != 255).any()]


def files(folder):
    return sorted(file.name for file in folder.iterdir())


def test_default_is_a_grid_of_24_different_images(run, ckpt, tmp_path):
    ended = run("generate", "--ckpt", ckpt)
    assert (ended.status, ended.err) == (0, "")
    assert "generated.png: 24 images" in ended.out
    assert files(tmp_path) == ["generated.png"]
    assert pixels("generated.png").shape == (2 + 3 * PITCH, 2 + 8 * PITCH, 3)
    assert len({tile.tobytes() for tile in tiles("generated.png")}) == 24


def test_checkpoint_alone_gives_the_same_pixels_in_another_process(run, ckpt, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    shutil.copy(ckpt, empty / "renamed.ckpt")
    assert start("generate", "--ckpt", "renamed.ckpt", cwd=empty).wait() == 0
    assert files(empty) == ["generated.png", "renamed.ckpt"]
    assert run("generate", "--ckpt", ckpt, "--seeds", "0-23").status == 0
    assert np.array_equal(pixels("generated.png"), pixels(empty / "generated.png"))


@pytest.mark.parametrize(
    "seeds, place", [("0,1,4-6", 3), ("0-39", 35)]
)  # in the first batch and in the second
def test_image_of_a_seed_is_the_same_alone_and_among_others(run, ckpt, seeds, place):
    alone = {"0,1,4-6": "5", "0-39": "35"}[seeds]
    assert run("generate", "--ckpt", ckpt, "--seeds", seeds, "--out", "many.png").status == 0
    assert run("generate", "--ckpt", ckpt, "--seeds", alone, "--out", "one.png").status == 0
    [image] = tiles("one.png")
    assert np.array_equal(image, tiles("many.png")[place])
    assert not np.array_equal(image, tiles("many.png")[place - 1])


def test_separate_writes_a_picture_of_each_seed(run, ckpt, tmp_path):
    assert run("generate", "--ckpt", ckpt, "--count", "3", "--separate", "new/folder").status == 0
    assert run("generate", "--ckpt", ckpt, "--count", "3").status == 0
    assert files(tmp_path / "new" / "folder") == [
        "seed000000.png",
        "seed000001.png",
        "seed000002.png",
    ]
    for file, tile in zip(sorted((tmp_path / "new" / "folder").iterdir()), tiles("generated.png")):
        assert np.array_equal(pixels(file), tile)


def test_grid_is_the_generators_output_in_inference_mode(run, ckpt):
    import mindspore as ms

    values, _ = checkpoint.load(ckpt, "generator")
    _, network = lively.make("faces", SIZES)
    checkpoint.restore(dict(network.parameters_and_names()), values, ckpt)
    noise = [stream(seed, "latent").standard_normal((1, 8)).astype(np.float32) for seed in range(4)]

    def images(training):
        output = network.set_train(training)(ms.Tensor(np.concatenate(noise))).asnumpy()
        return (output.transpose(0, 2, 3, 1) + 1) * 127.5

    assert run("generate", "--ckpt", ckpt, "--count", "4").status == 0
    made = np.stack(tiles("generated.png"))
    assert np.abs(made - images(False)).max() < 0.51  # rounded to whole numbers
    assert np.abs(made - images(True)).max() > 20


def test_walk_begins_at_its_first_seed_and_never_stands_still(run, ckpt):
    assert run("generate", "--ckpt", ckpt, "--interpolate", "6", "--seeds", "3,4,5").status == 0
    assert run("generate", "--ckpt", ckpt, "--seeds", "3,4,5", "--separate", ".").status == 0
    with Image.open("walk.gif") as gif:
        assert (gif.n_frames, gif.size, gif.info["loop"]) == (6, (256, 256), 0)
        frames = []
        for frame in range(6):
            gif.seek(frame)
            frames.append(np.asarray(gif.convert("RGB"), float))
    for index, seed in ((0, 3), (2, 4), (4, 5)):
        with Image.open(f"seed{seed:06d}.png") as image:
            expected = np.asarray(image.resize((256, 256), Image.BICUBIC), float)
        away = [np.abs(frame - expected).mean() for frame in frames]
        assert away[index] == min(away) < 15  # as good as 256 colours can be
    assert min(np.abs(a - b).mean() for a, b in zip(frames, frames[1:] + frames[:1])) > 5


@pytest.mark.parametrize("out, kind", [("new/folder/faces.jpg", "JPEG"), ("FACES.PNG", "PNG")])
def test_out_names_folder_and_format(run, ckpt, out, kind):
    assert run("generate", "--ckpt", ckpt, "--count", "2", "--out", out).status == 0
    with Image.open(out) as picture:
        picture.load()
        assert (picture.format, picture.size) == (kind, (2 + 2 * PITCH, 2 + PITCH))


@pytest.mark.parametrize(
    "options, out", [((), "generated.png"), (("--interpolate", "4"), "walk.gif")]
)
def test_failure_in_the_middle_of_writing_leaves_the_earlier_picture(
    run, ckpt, tmp_path, monkeypatch, options, out
):
    assert run("generate", "--ckpt", ckpt, *options).status == 0
    before = (tmp_path / out).read_bytes()

    def save(image, path, **_):
        path.write_bytes(b"half")
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(Image.Image, "save", save)
        assert run("generate", "--ckpt", ckpt, "--seeds", "7,8", *options).status == 1
    assert files(tmp_path) == [out]
    assert (tmp_path / out).read_bytes() == before

    assert run("generate", "--ckpt", ckpt, "--seeds", "7,8", *options).status == 0
    assert files(tmp_path) == [out]
    assert (tmp_path / out).read_bytes() != before


def test_failure_in_the_middle_of_generating_leaves_nothing_behind(
    run, ckpt, tmp_path, monkeypatch
):
    def failing(*_):
        yield 0, np.zeros((32, 32, 3), np.uint8)
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(ImageGenerator, "images", failing)
    assert run("generate", "--ckpt", ckpt, "--out", "new.png").status == 1
    assert files(tmp_path) == []
