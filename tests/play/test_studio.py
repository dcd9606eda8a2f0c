"""What is asked for becomes pixels: those that the commands write, to the last bit."""

import io

import lively
import numpy as np
import pytest
from PIL import Image

from ms_gan import load, pretrained
from ms_gan.errors import UsageError
from ms_gan.play.studio import open_studio

SIZES = {"image_size": 32, "nz": 8, "ngf": 2}


@pytest.fixture(scope="module")
def faces():
    studio = open_studio(pretrained.DEFAULT, "CPU", 0)
    studio.warm_up()
    return studio


@pytest.fixture(scope="module")
def translations(tmp_path_factory):
    ckpt = tmp_path_factory.mktemp("translations") / "generator.ckpt"
    return open_studio(str(lively.write(ckpt, "cyclegan", {"image_size": 32, "ngf": 2})), "CPU", 0)


def encoded(image, kind="PNG"):
    content = io.BytesIO()
    image.save(content, kind)
    return content.getvalue()


def test_a_seed_is_what_generate_writes(faces, run, tmp_path):
    seeds = [0, 5, 77]
    done = run("generate", "--seeds", "0,5,77", "--separate", tmp_path / "written")
    assert done.status == 0, done.err
    together = faces.render(faces.latents(seeds))
    for seed, pixels in zip(seeds, together):
        with Image.open(tmp_path / "written" / f"seed{seed:06d}.png") as image:
            np.testing.assert_array_equal(pixels, np.asarray(image))
        np.testing.assert_array_equal(faces.render(faces.latents([seed]))[0], pixels)


def test_a_vector_is_what_render_makes_of_it(faces):
    vector = faces.latents([3]) + 0.5 * np.float32(faces.about()["directions"][1])
    expected = load(pretrained.DEFAULT, "CPU").render(vector)
    np.testing.assert_array_equal(faces.render(vector), expected)


def test_quick_images_differ_by_rounding_at_most(faces):
    vectors = faces.latents(range(40))
    exact, quick = faces.render(vectors), faces.render(vectors, quick=True)
    assert exact.shape == (40, 64, 64, 3)
    assert np.abs(exact.astype(int) - quick).max() <= 1


def test_nothing_is_compiled_after_the_warm_up(faces, monkeypatch):
    shapes = []
    compute = faces._images.compute
    monkeypatch.setitem(
        faces._images.__dict__, "compute", lambda z: shapes.append(z.shape[0]) or compute(z)
    )
    for count in (1, 3, 24, 32, 33, 64):
        for quick in (True, False):
            assert len(faces.render(faces.latents(range(count)), quick)) == count
    assert set(shapes) == {1, faces._images.batch}


def test_the_page_is_told_directions_that_move_the_image(faces):
    about = faces.about()
    assert (about["kind"], about["shown"], about["recipe"]) == ("images", 24, "faces-plus")
    steps, shares = np.float32(about["directions"]), about["shares"]
    assert steps.shape == (6, faces.nz)
    assert sorted(shares, reverse=True) == shares
    origin = faces.latents([5])
    plain, moved = faces.render(origin), faces.render(origin + 3 * steps)
    for image in moved:
        assert np.abs(image.astype(int) - plain[0]).mean() > 2


def test_latents_are_mixed_and_walked_between(faces):
    a, b, c = faces.latents([1, 2]), faces.latents([3]), faces.latents([4, 5, 6])
    np.testing.assert_allclose(
        faces.mixed(a, b, c), a.mean(0) - b.mean(0) + c.mean(0), rtol=1e-5, atol=1e-6
    )
    ends = a * 7 / np.linalg.norm(a, axis=1, keepdims=True)
    half = faces.between(*ends, 0.5)
    np.testing.assert_allclose(np.linalg.norm(half), 7, rtol=1e-5)
    np.testing.assert_allclose(half @ ends[0], half @ ends[1], rtol=1e-4)
    np.testing.assert_allclose(faces.between(*ends, 0), ends[0], atol=1e-5)


def test_the_commands_name_the_checkpoint(tmp_path):
    ckpt = lively.write(tmp_path / "it's mine.ckpt", "faces", SIZES)
    about = open_studio(str(ckpt), "CPU", 0).about()
    assert about["generate"].startswith("python -m ms_gan.generate --ckpt '")
    program = about["python"]
    compile(program, "page", "exec")
    assert repr(str(ckpt)) in program


def test_the_python_lines_run(faces):
    np.save("latent.npy", faces.latents([9])[0])
    names = {}
    exec(faces.about()["python"], names)
    np.testing.assert_array_equal(names["pixels"], faces.render(faces.latents([9])))


def test_a_translation_is_what_translate_makes(translations):
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8))
    translations.warm_up()
    pixels = translations.translate(encoded(image))
    assert pixels.shape == (32, 32, 3)
    expected = translations._translator.translate([image])[0]
    np.testing.assert_array_equal(pixels, expected)
    other = translations.translate(encoded(image.rotate(180)))
    assert not np.array_equal(pixels, other)


@pytest.mark.parametrize(
    "content, said",
    [
        (b"", "the picture can't be read: not a JPEG, PNG, BMP, GIF, TIFF, WEBP image"),
        (b"no picture", "the picture can't be read: not a JPEG, PNG, BMP, GIF, TIFF, WEBP image"),
        (encoded(Image.new("RGB", (64, 64)))[:60], "the picture can't be read: "),
        (encoded(Image.new("L", (64, 64)), "PPM"), "the picture can't be read: not a JPEG"),
        (encoded(Image.new("1", (4097, 10))), "the picture has 4097x10 pixels"),
        (encoded(Image.new("1", (10, 4097))), "the picture has 10x4097 pixels"),
        (
            encoded(Image.new("1", (20_000, 20_000))),
            "the picture can't be read: Image size (400000000",
        ),
    ],
)
def test_what_cant_be_translated_is_told(translations, content, said):
    with pytest.raises(UsageError) as told:
        translations.translate(content)
    assert str(told.value).startswith(said)


def test_a_large_picture_is_refused_before_it_is_decoded(translations, monkeypatch):
    def decoded(image):
        raise AssertionError("decoded")

    content = encoded(Image.new("1", (5000, 5000)))
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", decoded)
    with pytest.raises(UsageError, match="5000x5000 pixels; expected at most 4096x4096"):
        translations.translate(content)


def test_points_are_refused(tmp_path):
    ckpt = lively.write(tmp_path / "generator.ckpt", "gaussian", {})
    with pytest.raises(UsageError, match="of gaussian, which makes no images"):
        open_studio(str(ckpt), "CPU", 0)
