"""Files to train from that depend on nothing else: made once or in several goes, moved anywhere."""

import json
import shutil
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest
from conftest import TINY
from data_options import data_options
from PIL import Image

from ms_gan import train
from ms_gan.data import packed, prepared
from ms_gan.data.decode import Square
from ms_gan.data.images import open_data
from ms_gan.data.sources.base import Source
from ms_gan.data.sources.files import Files
from ms_gan.errors import GanError, UsageError
from ms_gan.score import opened as scored
from ms_gan.scores.base import ScoreOptions

SMALL = ("--size", 32)


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """130 images, three of which are broken, in two folders."""
    folder = tmp_path_factory.mktemp("many")
    (folder / "sub").mkdir()
    for index in range(130):
        place = folder / ("sub" if index % 3 else "") / f"{index:03d}.png"
        Image.new("RGB", (40, 44), (index, 2 * index % 256, 0)).save(place)
    for name in ("000.png", "sub/100.png"):
        (folder / name).write_bytes(b"broken")
    (folder / "003.png").write_bytes(b"")
    return folder


@pytest.fixture
def whole(run, folder):
    """The content of a file that was made in one go."""
    assert run("data.prepare", folder, "--out", "whole.npy", "--size", 8, "--crop", 30).status == 0
    return Path("whole.npy").read_bytes()


def square():
    return Square(8, 30)


class Interrupted(Source):
    """A source that is interrupted after some images."""

    def __init__(self, source, images):
        self.path, self.files, self._source, self._images = source.path, {}, source, images
        self.began = []

    count = property(lambda self: self._source.count)

    def facts(self):
        return self._source.facts()

    def read(self, prepare, workers, first=0):
        self.began.append(first)
        left = self._images
        for examples, faults in self._source.read(prepare, workers, first):
            if left <= 0:
                raise KeyboardInterrupt
            yield examples, faults
            left -= len(examples) + len(faults)


def test_the_command_says_what_it_takes_makes_and_leaves_out(run, folder):
    got = run("data.prepare", folder, "--out", "sub/faces.npy", *SMALL)
    assert got.status == 0
    assert f"{folder}: 130 images; sub/faces.npy takes up to 1 MB in all" in got.out
    assert "MB are free" in got.out and "3 of 130 images are broken and left out" in got.err
    assert "sub/faces.npy: 127 images of 32x32, 0 MB; train with:" in got.out
    assert "ms_gan.train faces --data sub/faces.npy --image-size 32" in got.out
    assert [path.name for path in Path("sub").iterdir()] == ["faces.npy"]
    assert np.load("sub/faces.npy").shape == (127, 3, 32, 32)  # any NumPy reads it
    ranks = train.prepare(["faces", "--data", "sub/faces.npy", "--image-size", "32"])
    assert ranks[-2:] == ["--data", str(Path("sub/faces.npy").resolve())]


@pytest.mark.parametrize("after", [1, 64, 120])
def test_an_interrupted_making_goes_on_and_ends_with_the_same_file(
    folder, whole, after, monkeypatch, caplog
):
    monkeypatch.setattr(prepared, "SAVE", 50)
    caplog.set_level("INFO", "ms_gan")
    source, out = Interrupted(Files(folder), after), Path("faces.npy")
    with pytest.raises(KeyboardInterrupt):
        prepared.write(source, out, square(), 1)
    assert not out.exists() and Path("faces.npy.part").is_dir()
    assert "the same command goes on where it stopped" in caplog.messages[-1]
    source._images = 1000
    assert prepared.write(source, out, square(), 1) == 127
    assert source.began[0] == 0 and source.began[1] >= 64
    assert out.read_bytes() == whole
    assert not Path("faces.npy.part").exists()


@pytest.mark.parametrize(
    "damage, said",
    [
        (lambda part: (part / "examples").write_bytes(b"x" * 9999), "damaged; beginning anew"),
        (lambda part: (part / "examples").write_bytes(b""), "damaged; beginning anew"),
        (lambda part: (part / "state.json").write_text("{"), "damaged; beginning anew"),
        (lambda part: (part / "state.json").write_text('{"x": 1}'), "damaged; beginning anew"),
        (lambda part: (part / "examples").unlink(), None),
        (lambda part: (part / "state.json").unlink(), None),
    ],
)
def test_what_is_not_as_it_was_left_is_made_anew(folder, whole, monkeypatch, caplog, damage, said):
    monkeypatch.setattr(prepared, "SAVE", 50)
    source = Interrupted(Files(folder), 64)
    with pytest.raises(KeyboardInterrupt):
        prepared.write(source, Path("faces.npy"), square(), 1)
    damage(Path("faces.npy.part"))
    source._images = 1000
    prepared.write(source, Path("faces.npy"), square(), 1)
    assert source.began == [0, 0] and (said is None or said in caplog.text)
    assert Path("faces.npy").read_bytes() == whole


def test_changed_images_or_options_begin_anew(folder, monkeypatch, caplog):
    monkeypatch.setattr(prepared, "SAVE", 50)
    source = Interrupted(Files(folder), 64)
    for size in (8, 16):
        with pytest.raises(KeyboardInterrupt):
            prepared.write(source, Path("faces.npy"), Square(size), 1)
    source._source.facts = lambda: {"other": None}
    with pytest.raises(KeyboardInterrupt):
        prepared.write(source, Path("faces.npy"), Square(16), 1)
    assert source.began == [0, 0, 0] and caplog.text.count("of other images") == 2


def test_two_do_not_make_the_same_file(folder):
    part = Path("faces.npy.part")
    part.mkdir()
    with prepared._held(part), pytest.raises(GanError, match="another process is making this"):
        prepared.write(Files(folder), Path("faces.npy"), square(), 1)


def test_where_there_is_too_little_room_nothing_is_written(run, folder, monkeypatch):
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(prepared.shutil, "disk_usage", lambda path: usage(1000))
    got = run("data.prepare", folder, "--out", "faces.npy")
    assert got.status == 1 and "bytes more, but only 1,000 are free; make room" in got.err
    assert list(Path().iterdir()) == []


def test_a_disk_that_is_full_midway_is_told_and_gone_on_from(run, folder, whole, monkeypatch):
    monkeypatch.setattr(prepared, "SAVE", 50)

    def full(writer, examples, add=packed.Writer.add):
        if writer.count > 100:
            raise OSError(28, "No space left on device")
        add(writer, examples)

    words = ("data.prepare", folder, "--out", "faces.npy", "--size", 8, "--crop", 30)
    with monkeypatch.context() as patched:
        patched.setattr(packed.Writer, "add", full)
        got = run(*words)
    assert got.status == 1 and "error: faces.npy: No space left on device" in got.err
    got = run(*words)
    assert got.status == 0 and "going on after 129 images" in got.out  # 128 and an empty file
    assert Path("faces.npy").read_bytes() == whole


@pytest.mark.parametrize(
    "words, status, said",
    [
        (["missing", "--out", "x.npy"], 1, "missing: no such file"),
        (["{folder}", "--out", "x.zip"], 2, "--out x.zip: expected a name that ends in .npy"),
        (["{folder}", "--out", "there.npy"], 2, "--out there.npy: exists already"),
        (["{folder}"], 2, "--out"),
        (["{folder}", "--out", "x.npy", "--crop", "99"], 1, "can be used: 40x44: smaller than"),
        (["stand-in", "--out", "x.npy"], 1, "stand-in: synthetic stand-ins"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(run, folder, words, status, said):
    Path("there.npy").write_text("mine")
    Path("stand-in").mkdir()
    Image.new("RGB", (8, 8)).save("stand-in/a.png")
    Path("stand-in/SYNTHETIC.txt").touch()
    got = run("data.prepare", *(word.format(folder=folder) for word in words))
    assert got.status == status and said in got.err.splitlines()[-1]
    assert "Traceback" not in got.err and Path("there.npy").read_text() == "mine"
    assert not list(Path().glob("x*"))


def opened(path, size=8, crop=30, **options):
    return open_data(Path(path), Square(size, crop), data_options(**options))


def test_a_moved_file_holds_what_the_folder_holds(folder, whole, monkeypatch):
    monkeypatch.setattr(packed, "BY", "rules 1, Pillow 1.0")  # another machine
    Path("moved").mkdir()
    Path("whole.npy").rename("moved/it.npy")
    images, others = opened("moved/it.npy"), opened(folder, cache=False)
    assert np.array_equal(*(next(one.rows(range(127), 127)) for one in (images, others)))
    assert str(images) == f"127 images in {Path('moved/it.npy').resolve()}"
    kept = [one.hold_out(data_options(holdout=20)) for one in (images, others)]
    rows = [next(one.held_out.rows(range(20), 20)) for one in kept]
    assert np.array_equal(*rows) and not Path("datasets").exists()


def test_a_damaged_file_is_refused(whole):
    def refused(content):
        Path("it.npy").write_bytes(content)
        with pytest.raises(GanError, match=r"^it\.npy: damaged; expected a whole file made by"):
            opened("it.npy")

    for at in (0, 70, 200, len(whole) // 2, len(whole) - 20, len(whole) - 5):
        refused(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    for content in (b"", whole[:-1], whole[: len(whole) // 2], whole + b"x"):
        refused(content)
    np.save("it.npy", np.zeros((9, 8, 8, 3), np.uint8))
    refused(Path("it.npy").read_bytes())


@pytest.mark.parametrize("size, crop", [(32, 30), (8, 0), (8, 108)])
def test_other_squares_are_refused(whole, size, crop):
    with pytest.raises(UsageError, match="--data whole.npy: prepared by --size 8 --crop 30, but"):
        opened("whole.npy", size, crop)


def test_a_file_of_the_cache_is_refused(folder):
    opened(folder)
    (file,) = Path("datasets/cache").iterdir()
    with pytest.raises(GanError, match="a file of the cache, which may be made again"):
        opened(file)


def weights(number):
    return Path(f"runs/{number:04d}-faces/generator.ckpt").read_bytes()


def test_a_run_from_the_file_is_that_of_the_folder_resumed_and_scored(
    run, face_folder, tmp_path, monkeypatch
):
    """One run from the folder, one from the file, which is moved, then resumed."""
    crop = ("--crop", "36")
    layers = ("--layers", "mindspore")  # they compile sooner
    common = ("train", "faces", *TINY, *layers, *crop, "--holdout", 4, "--log-every", 1)
    assert run(*common, "--data", face_folder, "--steps", 4).status == 0
    assert run("data.prepare", face_folder, "--out", "faces.npy", *SMALL, *crop).status == 0
    first = run(*common, "--data", "faces.npy", "--steps", 3)
    assert first.status == 0 and "packed" not in first.out
    one, other = Path("runs/0000-faces"), Path("runs/0001-faces")
    assert (one / "real.png").read_bytes() == (other / "real.png").read_bytes()
    options = json.loads((other / "options.json").read_text())
    assert options["options"]["crop"] == 36
    assert options["data"]["path"] == str(tmp_path / "faces.npy")
    resumed = ("train", "faces", "--resume", other, "--steps", 4)
    shutil.move("faces.npy", "moved.npy")
    gone = run(*resumed)
    assert gone.status == 1 and "faces.npy: no such file" in gone.err
    changed = run(*resumed, "--data", "moved.npy", "--crop", 30)
    assert changed.status == 2 and "--crop 30 instead of 36" in changed.err
    assert run(*resumed, "--data", "moved.npy").status == 0
    assert weights(0) == weights(1)
    monkeypatch.setattr("ms_gan.scores.libraries.missing", lambda: ["torch"])
    score = ScoreOptions(count=8)
    generator, scorer = scored(other / "generator.ckpt", "moved.npy", score)
    _, from_folder = scored(other / "generator.ckpt", face_folder, score)
    assert scorer.score(generator) == from_folder.score(generator)
    assert scorer.memorising(generator, 2)[0] == from_folder.memorising(generator, 2)[0]
    wrong = run("train", "faces", "--data", "moved.npy", *TINY)
    assert wrong.status == 2 and "prepared by --size 32 --crop 36" in wrong.err
