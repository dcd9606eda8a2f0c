import itertools
import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, TINY
from ms_gan.data.cache import CachedBatches
from ms_gan.data.folder import open_folder
from PIL import Image

from ms_gan.data import cache, packed
from ms_gan.data.images import ImageBatches
from ms_gan.errors import GanError, UsageError


@pytest.fixture
def folder(tmp_path):
    """11 images of several kinds and shapes, in a folder and its sub-folder."""
    folder = tmp_path / "my faces"
    (folder / "sub").mkdir(parents=True)
    rng = np.random.default_rng(0)
    for index in range(11):
        shape = [(40, 40), (44, 36), (30, 50)][index % 3]
        colours = Image.fromarray(rng.integers(0, 256, (5, 5, 3), np.uint8)).resize(
            shape, Image.BICUBIC
        )
        colours.convert("L" if index == 5 else "RGB").save(
            folder / ["", "sub"][index % 2] / f"{index}.jpg"
        )
    return folder


def cached(folder, size=32, batch_size=4, seed=0, workers=2):
    return CachedBatches(open_folder(folder), size, batch_size, seed, workers, "datasets")


def files():
    return sorted(
        path.relative_to("datasets").as_posix()
        for path in Path("datasets").rglob("*")
        if path.is_file()
    )


def taken(batches, steps, start=0):
    """An array of the batches from a step on; `batches` are closed afterwards."""
    with closing(batches):
        return np.stack(
            [images.asnumpy() for (images,) in itertools.islice(batches.from_step(start), steps)]
        )


def never(*arguments):
    raise AssertionError("packed again")


def edited(change):
    """A change of the cache's file: `change` takes its content and gives another."""

    def edit(folder):
        (path,) = Path("datasets/cache").iterdir()
        path.write_bytes(change(path.read_bytes()))

    return edit


@pytest.mark.parametrize("size, batch_size, seed", [(32, 4, 0), (16, 11, 3), (64, 1, 2**32 - 1)])
def test_batches_are_those_of_the_folder_to_the_bit(folder, size, batch_size, seed):
    steps = 2 * (11 // batch_size) + 1
    expected = taken(ImageBatches(open_folder(folder), size, batch_size, seed, 2), steps)
    assert np.array_equal(taken(cached(folder, size, batch_size, seed), steps), expected)
    assert expected.shape == (steps, batch_size, 3, size, size) and expected.dtype == np.float32


def test_the_file_holds_the_pixels_of_every_image_in_order(folder):
    cached(folder, size=32).close()
    pixels = np.load(Path("datasets", files()[0]))
    images = open_folder(folder)
    assert pixels.shape == (11, 3, 32, 32)
    decoding = ImageBatches(images, 32, 1, 0, 1)
    for index, one in enumerate(decoding.pixels(range(11))):
        assert np.array_equal(one[0], pixels[index])
    decoding.close()
    with Image.open(images.files[0]) as image:  # 40x40, so the whole of it
        close_to = np.asarray(image.convert("RGB").resize((32, 32), Image.BILINEAR), int).transpose(
            2, 0, 1
        )
    assert np.abs(pixels[0] - close_to).mean() < 3


def test_an_epoch_holds_every_image_once_and_epochs_differ(folder):
    epochs = taken(cached(folder, batch_size=1), 22).reshape(2, 11, -1)
    first, second = ({image.tobytes() for image in epoch} for epoch in epochs)
    assert len(first) == 11 and first == second
    assert not np.array_equal(*epochs)


@pytest.mark.parametrize("start", [1, 2, 3, 5])
def test_going_on_from_a_step_continues_the_sequence(folder, start):
    whole = taken(cached(folder, seed=5), 7)  # 2 steps an epoch
    assert np.array_equal(taken(cached(folder, seed=5), 7 - start, start), whole[start:])


def test_it_is_made_once(folder, monkeypatch, capsys):
    first = taken(cached(folder), 4)
    said = capsys.readouterr()
    assert said.out == f"packed 11 images at 32x32 into datasets/{files()[0]}\n"
    assert len(files()) == 1 and files()[0].startswith("cache/my faces-32-")
    monkeypatch.setattr(cache, "pack", never)
    assert np.array_equal(taken(cached(folder), 4), first)
    assert capsys.readouterr() == ("", "")


def test_sizes_and_folders_have_files_of_their_own(folder, tmp_path):
    cached(folder, 32).close()
    cached(folder, 16).close()
    other = tmp_path / "elsewhere" / folder.name
    other.parent.mkdir()
    folder.rename(other)
    cached(other, 32).close()
    assert len(files()) == 3


def test_one_folder_has_one_file_however_it_is_reached(folder, monkeypatch):
    Path("link").symlink_to(folder)
    cached(folder).close()
    monkeypatch.setattr(cache, "pack", never)
    cached(os.path.relpath(folder)).close()
    cached("link").close()


def one_more(folder):
    Image.new("RGB", (40, 40), "red").save(folder / "sub" / "new.png")


def one_gone(folder):
    (folder / "0.jpg").unlink()


def renamed(folder):
    (folder / "0.jpg").rename(folder / "z.jpg")


def touched(folder):
    os.utime(folder / "2.jpg", ns=(0, 1))


def replaced_in_time(folder):
    """Another picture with the time of the earlier one."""
    facts = (folder / "2.jpg").stat()
    Image.new("RGB", (40, 40), "red").save(folder / "2.jpg")
    os.utime(folder / "2.jpg", ns=(facts.st_atime_ns, facts.st_mtime_ns))


def other_version(folder):
    edited(lambda content: content.replace(b'"source": "', b'"source": "0'))(folder)


@pytest.mark.parametrize(
    "change, reason",
    [
        (one_more, "made from other images"),
        (one_gone, "made from other images"),
        (renamed, "made from other images"),
        (touched, "made from other images"),
        (replaced_in_time, "made from other images"),
        (other_version, "or by another MindSpore"),
        (edited(lambda content: content[: len(content) // 2]), "damaged"),
        (edited(lambda content: content[:-1]), "damaged"),
        (edited(lambda content: b""), "damaged"),
        (
            edited(lambda content: content[:500] + bytes([content[500] ^ 1]) + content[501:]),
            "damaged",
        ),
    ],
    ids=[
        "one more",
        "one gone",
        "renamed",
        "touched",
        "replaced",
        "another decoder",
        "half",
        "a byte short",
        "empty",
        "a bit",
    ],
)
def test_a_stale_or_damaged_cache_is_told_in_one_line_and_made_again(
    folder, capsys, change, reason
):
    cached(folder).close()
    change(folder)
    capsys.readouterr()
    again = taken(cached(folder), 4)
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and reason in said[0]
    assert said[0].startswith(f"datasets/{files()[0]}: ") and said[0].endswith(
        "; packing the images again"
    )
    assert np.array_equal(again, taken(ImageBatches(open_folder(folder), 32, 4, 0, 2), 4))
    assert len(files()) == 1


def test_a_failed_making_leaves_nothing(folder):
    images = open_folder(folder)
    images.files[3].write_bytes(b"broken now")
    with pytest.raises(
        GanError, match="my faces: an image that was sound at the start can't be read any more"
    ):
        CachedBatches(images, 32, 4, 0, 2, "datasets")
    assert list(Path("datasets/cache").iterdir()) == []


KILLED = """
import os, signal, sys
import ms_gan
from ms_gan.data import cache, packed, view
from ms_gan.data.folder import open_folder

view.MEMORY = "."  # where what it can't remove any more goes with the test's own folder

def killed(path, source, shape, blocks, write=packed.write):
    def until():
        yield next(blocks)
        os.kill(os.getpid(), signal.SIGKILL)
    write(path, source, shape, until())

packed.write = killed
cache.CachedBatches(open_folder(sys.argv[1]), 32, 4, 0, 1, "datasets")
"""


def test_a_process_killed_midway_leaves_nothing_that_is_taken_for_a_cache(folder, capsys):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder)], env=environment, stderr=subprocess.DEVNULL
    )
    assert killed.returncode == -signal.SIGKILL
    capsys.readouterr()
    expected = taken(ImageBatches(open_folder(folder), 32, 4, 0, 2), 4)
    assert np.array_equal(taken(cached(folder), 4), expected)
    assert capsys.readouterr().out.startswith("packed 11 images")


def test_a_batch_larger_than_the_data_is_a_usage_error_before_anything_is_packed(folder):
    with pytest.raises(UsageError, match="--batch-size 12: there are only 11 images"):
        cached(folder, batch_size=12)
    assert not Path("datasets").exists()


def test_closing_keeps_the_file(folder):
    ours = cached(folder)
    ours.close()
    assert (
        packed.read(
            Path("datasets", files()[0]), cache.source_of(open_folder(folder)), (11, 3, 32, 32)
        )
        is not None
    )


@pytest.mark.parametrize("block", ["datasets/cache", "datasets"])
def test_a_cache_that_cannot_be_written_is_one_line(run, folder, block):
    Path(block).parent.mkdir(exist_ok=True)
    Path(block).write_text("in the way")
    got = run("train", "faces", "--data", folder, "--cache", *TINY, "--steps", 1)
    assert got.status == 1
    assert [line for line in got.err.splitlines() if "error" in line][0].startswith(
        f"ms_gan.train: error: {block}"
    )
    assert "Traceback" not in got.err


def test_a_run_with_a_cache_sees_what_a_run_without_sees(run, face_folder):
    plain = run("train", "faces", "--data", face_folder, *TINY, "--steps", 3, "--log-every", 1)
    packing = run(
        "train", "faces", "--data", face_folder, *TINY, "--steps", 3, "--log-every", 1, "--cache"
    )
    assert (plain.status, packing.status) == (0, 0)
    assert "packed 10 images at 32x32" in packing.out and "packed" not in plain.out
    assert (
        Path("runs/0000-faces/real.png").read_bytes()
        == Path("runs/0001-faces/real.png").read_bytes()
    )


def test_a_run_is_resumed_with_or_without_a_cache(run, face_folder):
    first = run("train", "faces", "--data", face_folder, *TINY, "--steps", 1)
    later = run("train", "faces", "--resume", "runs/0000-faces", "--cache", "--steps", 2)
    third = run("train", "faces", "--resume", "runs/0000-faces", "--steps", 3)
    assert (first.status, later.status, third.status) == (0, 0, 0)
    assert "packed 10 images" in later.out and "packed" not in third.out
    assert third.out.count("done: 3 steps") == 1
