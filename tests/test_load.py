"""ms_gan.load: trained generators for Python, which make what the command writes."""

import gc
import logging
import subprocess
import sys

import lively
import numpy as np
import pytest
from conftest import ROOT
from PIL import Image

from ms_gan.errors import GanError, UsageError
from ms_gan.load import load
from ms_gan.pictures import grid
from ms_gan.samplers.base import Request

FACES = {"image_size": 32, "nz": 8, "ngf": 2}
CASES = {
    "faces": FACES,
    "mnist-mlp": {"nz": 8, "ngf": 4},
    "gaussian": {},
    "pix2pix": {"image_size": 32, "ngf": 2},
    "cyclegan": {"image_size": 32, "ngf": 2, "blocks": 1},
}
SHAPES = {"faces": (32, 32, 3), "mnist-mlp": (28, 28, 1), "gaussian": (2,)}
TRANSLATORS = "pix2pix", "cyclegan"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """A folder with a checkpoint of each kind, and with other weights of the first, other.ckpt."""
    folder = tmp_path_factory.mktemp("shelf")
    for name, sizes in CASES.items():
        lively.write(folder / f"{name}.ckpt", name, sizes)
    lively.write(folder / "other.ckpt", "faces", FACES, seed=1)
    return folder


@pytest.fixture
def photos(tmp_path):
    """Five images of several sizes, as a folder and as arrays."""
    (tmp_path / "photos").mkdir()
    rng, images = np.random.default_rng(0), []
    for index, shape in enumerate([(40, 50), (32, 32), (20, 70), (33, 31), (64, 48)]):
        images.append(rng.integers(0, 256, (*shape, 3), np.uint8))
        Image.fromarray(images[-1]).save(tmp_path / "photos" / f"{index}.png")
    return images


def read(path):
    with Image.open(path) as picture:
        return np.asarray(picture)


@pytest.mark.parametrize("name", SHAPES)
def test_generate_gives_an_array_in_which_every_seed_has_its_own(name, shelf, capfd):
    generator = load(shelf / f"{name}.ckpt")
    made = generator.generate(seeds=range(40))
    assert made.shape == (40, *SHAPES[name])
    assert made.dtype == (np.float32 if name == "gaussian" else np.uint8)
    assert len({one.tobytes() for one in made}) == 40
    for seeds in ([35], np.array([35, 0, 35]), (39, np.uint8(2))):
        np.testing.assert_array_equal(generator.generate(seeds), made[list(seeds)])
    np.testing.assert_array_equal(load(str(shelf / f"{name}.ckpt")).generate([7])[0], made[7])
    assert capfd.readouterr() == ("", "")


def test_the_command_writes_the_same_images(shelf, run):
    images = load(shelf / "faces.ckpt").generate(seeds=range(24))
    assert run("generate", "--ckpt", shelf / "faces.ckpt").status == 0
    np.testing.assert_array_equal(read("generated.png"), np.asarray(grid(images, columns=8)))
    assert run("generate", "--ckpt", shelf / "faces.ckpt", "--separate", "many").status == 0
    np.testing.assert_array_equal(read("many/seed000023.png"), images[23])


def test_the_command_writes_the_same_digits_and_points(shelf, run):
    digits = load(shelf / "mnist-mlp.ckpt").generate([4, 2])
    assert run("generate", "--ckpt", shelf / "mnist-mlp.ckpt", "--seeds", "4,2").status == 0
    np.testing.assert_array_equal(read("generated.png"), np.asarray(grid(digits)))
    points = load(shelf / "gaussian.ckpt").generate(range(1000))
    assert run("generate", "--ckpt", shelf / "gaussian.ckpt").status == 0
    written = np.loadtxt("generated.csv", delimiter=",", skiprows=1)
    np.testing.assert_allclose(written, points, rtol=1e-5)


@pytest.mark.parametrize("name", TRANSLATORS)
def test_translate_makes_of_images_what_the_command_makes_of_their_files(
    name, shelf, run, photos, capsys
):
    translator = load(shelf / f"{name}.ckpt")
    translated = translator.translate(photos)
    assert capsys.readouterr() == ("", "")
    assert (translated.shape, translated.dtype) == ((5, 32, 32, 3), np.uint8)
    assert len({one.tobytes() for one in translated}) == 5
    ended = run("generate", "--ckpt", shelf / f"{name}.ckpt", "--input", "photos", "--out", "made")
    assert (ended.status, ended.out, ended.err) == (0, "made: 5 images\n", "")
    for index, image in enumerate(translated):
        np.testing.assert_array_equal(read(f"made/{index}.png"), image)
        np.testing.assert_array_equal(
            translator.translate([Image.fromarray(photos[index])])[0], image
        )
    again = translator.translate(translated)  # what comes out can go in
    assert (again.shape, again.dtype) == (translated.shape, translated.dtype)


def test_several_generators_can_be_used_in_turns_and_one_after_the_other(shelf):
    first, other = load(shelf / "faces.ckpt"), load(shelf / "other.ckpt")
    images = first.generate([0]), other.generate([0])
    assert not np.array_equal(*images)
    np.testing.assert_array_equal(first.generate([0]), images[0])
    del first, other
    for name, expected in 2 * [("other", images[1]), ("faces", images[0])]:
        gc.collect()  # where the compiled function before was, there may be another one
        np.testing.assert_array_equal(load(shelf / f"{name}.ckpt").generate([0]), expected)


@pytest.mark.parametrize("name", ["pix2pix", "faces"])
def test_statistics_are_the_recipes_unless_told_otherwise(name, shelf, photos):
    def made(statistics):
        generator = load(shelf / f"{name}.ckpt", statistics=statistics)
        return generator.translate(photos) if name in TRANSLATORS else generator.generate([1, 2])

    own, other = ("batch", "running") if name == "pix2pix" else ("running", "batch")
    np.testing.assert_array_equal(made("recipe"), made(own))
    assert not np.array_equal(made("recipe"), made(other))


@pytest.mark.parametrize(
    "use, kind, said",
    [
        (lambda shelf: load("missing.ckpt"), GanError, "missing.ckpt: no such checkpoint file"),
        (lambda shelf: load(shelf), GanError, "no such checkpoint file"),
        (lambda shelf: load(shelf / "faces.ckpt", "TPU"), UsageError, "device 'TPU': .* Ascend"),
        (
            lambda shelf: load(shelf / "faces.ckpt", statistics="mine"),
            UsageError,
            "statistics 'mine': expected one of recipe, running, batch",
        ),
        (lambda shelf: load(shelf / "faces.ckpt").generate([-1]), UsageError, "seeds: -1"),
        (lambda shelf: load(shelf / "faces.ckpt").translate([]), UsageError, "doesn't translate"),
        (lambda shelf: load(shelf / "gaussian.ckpt").generate(3), UsageError, "seeds: 'int'"),
        (lambda shelf: load(shelf / "pix2pix.ckpt").generate([1]), UsageError, "translates images"),
        (lambda shelf: load(shelf / "pix2pix.ckpt").translate([]), UsageError, "none given"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(use, kind, said, shelf):
    with pytest.raises(kind, match=said) as refusal:
        use(shelf)
    assert "\n" not in str(refusal.value)


def test_write_takes_a_request_and_logs_what_was_written(shelf, caplog):
    caplog.set_level(logging.INFO, "ms_gan")
    load(shelf / "faces.ckpt").write(Request(count=2, out="two.png"))
    told = [entry.message for entry in caplog.records if entry.name.startswith("ms_gan")]
    assert told == ["two.png: 2 images"]
    assert read("two.png").shape == (2 + 34, 2 + 2 * 34, 3)


def test_loading_waits_with_mindspore_until_it_is_called():
    program = "import sys, ms_gan.load, ms_gan.pictures; sys.exit('mindspore' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT).returncode == 0
