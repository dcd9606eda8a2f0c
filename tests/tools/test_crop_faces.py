import runpy
import sys
from pathlib import Path
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest
from PIL import Image

from ms_gan.data.listing import NAMED
from ms_gan.errors import GanError, run_command
from ms_gan.tools import crop_faces
from ms_gan.tools.crop_faces import detector, square

PHOTO = Path(
    matplotlib.get_data_path(), "sample_data", "grace_hopper.jpg"
)  # a portrait, which matplotlib ships


def white_boxes(grey):
    """A detector for tests: a face is a white rectangle, at most one in each half of a photo."""
    middle = grey.shape[1] // 2
    for left, part in ((middle, grey[:, middle:]), (0, grey[:, :middle])):
        rows, columns = np.nonzero(part > 200)
        if len(rows):
            yield (
                left + int(columns.min()),
                int(rows.min()),
                int(np.ptp(columns)) + 1,
                int(np.ptp(rows)) + 1,
            )


@pytest.fixture
def crop(monkeypatch, capsys):
    """crop(…): the command run with the tests' detector; its exit status, and what it printed."""
    monkeypatch.setattr(crop_faces, "detector", lambda cascade, min_size: white_boxes)

    def run(*arguments):
        status = run_command("crop", crop_faces.main, [str(argument) for argument in arguments])
        return (status, *capsys.readouterr())

    return run


def photo(path, *faces, size=(200, 100), **how):
    """A red photo with white faces (left, top, width, height)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("RGB", size, "red")
    for left, top, width, height in faces:
        image.paste("white", (left, top, left + width, top + height))
    image.save(path, **how)
    return path


def tree(folder):
    return sorted(
        path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file()
    )


def contents(folder):
    return {name: (folder / name).read_bytes() for name in tree(folder)}


def test_faces_are_cut_out_and_counted_and_the_photos_left_alone(tmp_path, crop):
    photo(tmp_path / "in" / "two.png", (20, 30, 40, 40), (120, 30, 50, 50))
    photo(tmp_path / "in" / "sub" / "one.jpg", (20, 30, 40, 40), quality=95)
    photo(tmp_path / "in" / "none.png")
    (tmp_path / "in" / "broken.jpg").write_bytes(b"")
    before = contents(tmp_path / "in")
    status, out, err = crop(tmp_path / "in", tmp_path / "out", "--size", 32, "--min-size", 30)
    assert status == 0
    assert out == (
        "3 photos read, 3 faces found, 1 photos without a face, 1 files skipped; "
        f"the faces are in {tmp_path / 'out'}\n"
    )
    assert "broken.jpg: skipped: empty file" in err
    assert tree("out") == ["sub/one-0.png", "two-0.png", "two-1.png"]
    assert contents(tmp_path / "in") == before
    for name in tree("out"):
        with Image.open(tmp_path / "out" / name) as face:
            assert (face.format, face.mode, face.size) == ("PNG", "RGB", (32, 32))


def test_faces_are_numbered_from_left_to_right_and_have_their_margin(tmp_path, crop):
    photo(tmp_path / "in" / "a.png", (20, 30, 40, 40), (130, 20, 36, 48))
    assert crop("in", "out", "--size", 64, "--margin", 0.25, "--min-size", 8)[0] == 0
    left = np.asarray(Image.open("out/a-0.png"))[..., 1] > 128
    assert left.sum() == pytest.approx((64 / 1.5) ** 2, rel=0.05)  # the face, amid a margin
    assert not left[:9].any() and not left[:, -9:].any() and left[32, 32]
    assert crop("in", "tight", "--size", 64, "--margin", 0, "--min-size", 8)[0] == 0
    left, right = (
        np.asarray(Image.open(f"tight/a-{number}.png"))[..., 1] > 128 for number in (0, 1)
    )
    assert left.all() and right.mean() == pytest.approx(36 / 48, abs=0.03)


def test_smaller_faces_are_skipped(tmp_path, crop):
    photo(tmp_path / "in" / "a.png", (20, 30, 40, 40), (120, 30, 39, 50))
    assert "1 faces found" in crop("in", "out", "--min-size", 40)[1]
    assert tree("out") == ["a-0.png"]


def test_photos_of_one_name_do_not_overwrite_each_other(tmp_path, crop):
    photo(tmp_path / "in" / "a.jpg", (20, 30, 40, 40))
    photo(tmp_path / "in" / "a.png", (20, 30, 40, 40), (120, 30, 50, 50))
    photo(tmp_path / "in" / "a.b.png", (20, 30, 40, 40))
    assert crop("in", "out", "--min-size", 30)[0] == 0
    assert tree("out") == ["a-0.png", "a-1.png", "a-2.png", "a.b-0.png"]


def test_a_photo_taken_sideways_is_turned_upright(tmp_path, crop):
    sideways = Image.Exif()
    sideways[0x0112] = 6  # to be turned a quarter clockwise
    photo(tmp_path / "in" / "a.jpg", (20, 10, 40, 20), size=(200, 200), exif=sideways, quality=95)
    assert crop("in", "out", "--size", 64, "--margin", 0, "--min-size", 10)[0] == 0
    face = np.asarray(Image.open("out/a-0.png"))[..., 1] > 128
    assert face[:, 32].all() and not face[32].all()  # now higher than wide


@pytest.mark.parametrize(
    "box, margin, expected",
    [
        ((40, 40, 20, 20), 0, (40, 40, 60, 60)),
        ((40, 40, 20, 20), 0.5, (30, 30, 70, 70)),
        ((40, 35, 20, 30), 0, (35, 35, 65, 65)),
        ((0, 0, 20, 20), 0.5, (0, 0, 40, 40)),
        ((130, 70, 20, 20), 0.5, (110, 50, 150, 90)),
        ((60, 10, 80, 80), 0.5, (55, 0, 145, 90)),
    ],
    ids=[
        "as it is",
        "with a margin",
        "high",
        "at the corner",
        "at the other corner",
        "larger than the photo",
    ],
)
def test_a_square_around_a_face_stays_within_the_photo(box, margin, expected):
    assert square(box, (150, 90), margin) == expected


@pytest.mark.parametrize(
    "source, target, said",
    [
        ("gone", "out", "IN gone: no such folder"),
        ("in", "in", "OUT in: the same as IN or inside it"),
        ("in", "in/out", "OUT in/out: the same as IN or inside it"),
        ("in", "other/../in/out", "OUT other/../in/out: the same as IN or inside it"),
        ("in/sub", "in", "OUT in: exists and isn't an empty folder"),
        ("in", "file", "OUT file: exists and isn't an empty folder"),
    ],
)
def test_folders_that_do_not_fit_are_refused_before_any_work(tmp_path, crop, source, target, said):
    photo(tmp_path / "in" / "sub" / "a.png", (20, 30, 40, 40))
    (tmp_path / "other").mkdir()
    (tmp_path / "file").write_text("")
    status, out, err = crop(source, target)
    assert (status, out) == (2, "")
    assert err.startswith(f"crop: error: {said}") and err.count("\n") == 1
    assert tree(".") == ["file", "in/sub/a.png"]


def test_an_empty_out_folder_is_taken(tmp_path, crop):
    photo(tmp_path / "in" / "a.png", (20, 30, 60, 60))
    (tmp_path / "out").mkdir()
    assert crop("in", "out")[0] == 0
    assert tree("out") == ["a-0.png"]


def test_a_folder_without_images_or_faces_is_one_clear_error(tmp_path, crop):
    (tmp_path / "in").mkdir()
    status, _, err = crop("in", "out")
    assert status == 1 and err.startswith(
        "crop: error: in: 0 images found; expected photographs ending in .jpg"
    )
    photo(tmp_path / "in" / "a.png")
    status, out, err = crop("in", "out")
    assert status == 1 and out.startswith("1 photos read, 0 faces found")
    assert "in: no face found in 1 photos; try a smaller --min-size" in err
    assert not Path("out").exists()


def test_at_most_ten_skipped_files_are_named(tmp_path, crop):
    photo(tmp_path / "in" / "a.png", (20, 30, 60, 60))
    for index in range(NAMED + 2):
        (tmp_path / "in" / f"x{index}.png").write_bytes(b"")
    _, out, err = crop("in", "out")
    assert f"{NAMED + 2} files skipped" in out and err.count("skipped: empty file") == NAMED


@pytest.mark.parametrize(
    "arguments", [("--size", 4), ("--margin", -1), ("--min-size", 0), ("--size", "x"), ("extra",)]
)
def test_wrong_options_are_usage_errors(tmp_path, crop, arguments):
    photo(tmp_path / "in" / "a.png", (20, 30, 40, 40))
    assert crop("in", "out", *arguments)[0] == 2


def test_without_opencv_one_line_says_how_to_install_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "cv2", None)
    photo(tmp_path / "in" / "a.png")
    assert run_command("crop", crop_faces.main, ["in", "out"]) == 1
    err = capsys.readouterr().err
    assert err == (
        "crop: error: finding faces needs OpenCV, which isn't installed: "
        'pip install "opencv-python-headless<4.12"\n'
    )
    assert not Path("out").exists()


def test_it_is_a_command_of_its_own(tmp_path, monkeypatch, capsys):
    """Run with `python -m`, whose module has another name, it prints all the same."""
    classifier = SimpleNamespace(
        empty=bool, detectMultiScale=lambda grey, *_, **__: [*white_boxes(grey)]
    )
    cv2 = SimpleNamespace(CascadeClassifier=lambda file: classifier, error=OSError)
    monkeypatch.setitem(sys.modules, "cv2", cv2)
    monkeypatch.delitem(sys.modules, "ms_gan.tools.crop_faces")
    Path("any.xml").touch()
    photo(tmp_path / "in" / "a.png", (20, 30, 60, 60))
    monkeypatch.setattr(sys, "argv", ["crop_faces", "in", "out", "--cascade", "any.xml"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("ms_gan.tools.crop_faces", run_name="__main__")
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("1 photos read, 1 faces found, ")
    monkeypatch.setattr(sys, "argv", ["crop_faces", "--help"])
    with pytest.raises(SystemExit):
        runpy.run_module("ms_gan.tools.crop_faces", run_name="__main__")
    assert "usage: python -m ms_gan.tools.crop_faces " in capsys.readouterr().out


def test_opencv_finds_the_face_in_a_portrait(tmp_path):
    pytest.importorskip("cv2", reason="OpenCV, an extra, is not installed")
    with Image.open(PHOTO) as image:
        grey = np.asarray(image.convert("L"))
    ((left, top, width, height),) = detector(None, 80)(grey)
    assert left < 256 < left + width and top < 160 < top + height
    assert detector(None, 300)(grey) == []
    Path("no.xml").write_text("hello")
    for name, said in (
        ("no.xml", "not a cascade that OpenCV can read"),
        ("gone.xml", "no such file"),
    ):
        with pytest.raises(GanError, match=f"^{name}: {said}"):
            detector(name, 24)
