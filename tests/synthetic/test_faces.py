import colorsys

import numpy as np
import pytest
from PIL import Image

from ms_gan.stand_ins.faces import draw_face, draw_faces
from ms_gan.streams import stream


@pytest.fixture(scope="module")
def faces():
    """64 faces of shape (64, 96, 96, 3)."""
    return np.stack([np.asarray(draw_face(stream(0, "face", index))) for index in range(64)])


def test_a_face_is_a_96x96_rgb_image():
    face = draw_face(stream(1))
    assert face.size == (96, 96)
    assert face.mode == "RGB"


def test_the_same_generator_state_draws_the_same_pixels(faces):
    again = draw_face(stream(0, "face", 5))
    np.testing.assert_array_equal(np.asarray(again), faces[5])


def test_another_seed_draws_another_face(faces):
    other = np.asarray(draw_face(stream(1, "face", 5)), float)
    assert np.abs(other - faces[5]).mean() > 5


def test_faces_are_clearly_different_from_each_other(faces):
    flat = faces.reshape(len(faces), -1).astype(float)
    for index, face in enumerate(flat[:-1]):
        assert np.abs(flat[index + 1 :] - face).mean(1).min() > 5


def test_the_nose_is_amid_skin(faces):
    red, green, blue = faces[:, 52:58, 42:54].astype(float).mean((1, 2)).T
    assert (red > 150).all()
    assert (red > green).all()
    assert (green > blue).all()


def test_eyes_are_darker_than_the_skin_between_and_below_them(faces):
    light = faces.mean((0, 3))
    left_eye, right_eye = light[34:46, 24:36].mean(), light[34:46, 60:72].mean()
    assert max(left_eye, right_eye) < light[48:58, 36:60].mean() - 40


def test_hair_has_many_colours(faces):
    hair = faces[:, 24:28, 42:54].reshape(len(faces), -1, 3)
    hues = {
        round(6 * colorsys.rgb_to_hsv(*np.median(sample, 0).tolist())[0]) % 6 for sample in hair
    }
    assert len(hues) >= 4


def test_colours_have_the_contrast_of_the_drawings_they_stand_in_for(faces):
    assert 120 < faces.mean() < 180
    assert faces.std() > 50


def test_draw_faces_numbers_the_jpeg_files(tmp_path, capsys):
    draw_faces(tmp_path, count=3)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.jpg", "1.jpg", "2.jpg"]
    for path in tmp_path.iterdir():
        with Image.open(path) as image:
            image.load()
            assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (96, 96))
    output = capsys.readouterr()
    assert output.out == ""
    assert "drawing faces" in output.err


def test_face_i_depends_on_the_seed_and_i_only(tmp_path, faces):
    few, many, other = (tmp_path / name for name in ("few", "many", "other"))
    for folder, count, seed in ((few, 2, 0), (many, 4, 0), (other, 2, 7)):
        folder.mkdir()
        draw_faces(folder, count, seed)
    assert (few / "1.jpg").read_bytes() == (many / "1.jpg").read_bytes()
    assert (few / "1.jpg").read_bytes() != (other / "1.jpg").read_bytes()
    with Image.open(many / "3.jpg") as image:
        assert np.abs(np.asarray(image, float) - faces[3]).mean() < 4
