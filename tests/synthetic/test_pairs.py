import numpy as np
import pytest
from PIL import Image

from ms_gan.stand_ins.faces import draw_face
from ms_gan.stand_ins.pairs import HELD_OUT, draw_pairs, draw_unpaired, line_drawing
from ms_gan.streams import stream


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image, float)


def names(folder):
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


@pytest.fixture(scope="module")
def paired(tmp_path_factory):
    folder = tmp_path_factory.mktemp("paired")
    draw_pairs(folder, count=4)
    return folder


@pytest.fixture(scope="module")
def unpaired(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unpaired")
    draw_unpaired(folder, count=4)
    return folder


def test_a_line_drawing_is_mostly_white_with_some_black_and_no_colour():
    for index in range(16):
        face = draw_face(stream(0, "face", index))
        lines = line_drawing(face)
        assert (lines.mode, lines.size) == ("L", (96, 96))
        levels = np.asarray(lines)
        assert (levels > 230).mean() > 0.6
        assert 0.02 < (levels < 100).mean() < 0.25


def test_a_plain_image_has_no_lines():
    assert np.asarray(line_drawing(Image.new("RGB", (30, 30), "teal"))).min() == 255


def test_a_dark_stroke_becomes_a_dark_line_where_it_is():
    image = Image.new("RGB", (48, 48), (240, 200, 180))
    image.paste((90, 30, 60), (22, 0, 24, 48))
    lines = np.asarray(line_drawing(image), float)
    assert lines[:, 22:24].max() < 60
    assert lines[:, :18].min() > 240 and lines[:, 28:].min() > 240


def test_pairs_are_drawing_beside_face_for_training_and_validation(paired):
    expected = [f"test/{index}.jpg" for index in range(HELD_OUT)] + [
        f"train/{index}.jpg" for index in range(4)
    ]
    assert names(paired) == sorted(expected)
    for path in paired.rglob("*.jpg"):
        pair = pixels(path)
        assert pair.shape == (96, 192, 3)
        drawn, face = pair[:, :96], pair[:, 96:]
        assert np.ptp(drawn, axis=2).mean() < 3 < np.ptp(face, axis=2).mean()  # grey beside colour
        again = line_drawing(Image.fromarray(face.astype(np.uint8)))
        assert np.abs(np.asarray(again, float) - drawn[..., 0]).mean() < 12  # of this very face


def test_all_pairs_are_of_different_faces(paired):
    faces = [pixels(path)[:, 96:] for path in sorted(paired.rglob("*.jpg"))]
    for index, face in enumerate(faces):
        assert all(np.abs(face - other).mean() > 5 for other in faces[index + 1 :])


def test_the_sets_hold_no_face_in_common(paired, unpaired):
    lines = [pixels(path)[:, :96] for path in paired.rglob("*.jpg")]
    lines += [
        np.asarray(line_drawing(Image.open(path)).convert("RGB"), float)
        for path in (unpaired / "A").iterdir()
    ]
    for path in (unpaired / "B").iterdir():
        assert min(np.abs(pixels(path) - other).mean() for other in lines) > 12


def test_the_unpaired_are_faces_and_line_drawings(unpaired):
    assert names(unpaired) == [f"{name}/{index}.jpg" for name in "AB" for index in range(4)]
    for path in unpaired.rglob("*.jpg"):
        image = pixels(path)
        assert image.shape == (96, 96, 3)
        assert (np.ptp(image, axis=2).mean() < 3) == (path.parent.name == "B")


def test_an_image_depends_on_its_number_only(tmp_path, paired):
    draw_pairs(tmp_path, count=2)
    for name in ("train/1.jpg", "test/0.jpg"):
        assert (tmp_path / name).read_bytes() == (paired / name).read_bytes()


@pytest.mark.parametrize("draw, size", [(draw_pairs, (256, 128)), (draw_unpaired, (128, 128))])
def test_the_size_is_that_of_one_half(tmp_path, draw, size):
    draw(tmp_path, count=1, size=128)
    assert {Image.open(path).size for path in tmp_path.rglob("*.jpg")} == {size}
