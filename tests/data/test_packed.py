"""Images are decoded once: every later start and epoch takes them from the packed file."""

import os
from pathlib import Path

import numpy as np
import pytest
from conftest import TINY
from data_options import facts_of, files, opened, taken
from PIL import Image

from ms_gan.data import packed, pipeline
from ms_gan.data.sources import files as sources_files


@pytest.fixture
def passes(monkeypatch):
    """The names of the files that were decoded, pass after pass."""
    names = []

    def read_once(files, *how, read=pipeline.read_once):
        names.append([file.name for file in files])
        return read(files, *how)

    monkeypatch.setattr(sources_files, "read_once", read_once)
    return names


@pytest.mark.parametrize("size, batch_size, seed", [(32, 4, 0), (16, 11, 3), (64, 1, 2**32 - 1)])
def test_batches_are_those_of_the_files_to_the_bit(folder, size, batch_size, seed):
    steps = 2 * (11 // batch_size) + 1
    how = {"batch_size": batch_size, "seed": seed}
    expected = taken(opened(folder, size, cache=False), steps, **how)
    assert files() == []
    for _ in range(2):
        assert np.array_equal(taken(opened(folder, size), steps, **how), expected)
    assert expected.shape == (steps, batch_size, 3, size, size) and expected.dtype == np.float32


def test_the_file_holds_the_pixels_of_every_image_in_order(folder):
    images = opened(folder, 32)
    pixels = np.load(Path("datasets", files()[0]))  # any NumPy reads it
    assert np.array_equal(pixels, np.load(Path("datasets", files()[0]), mmap_mode="r"))
    assert pixels.shape == (11, 3, 32, 32)
    for source in (images, opened(folder, 32, cache=False)):
        assert np.array_equal(np.concatenate(list(source.rows(range(11), 4))), pixels)
    with Image.open(images.files[0]) as image:  # 40x40, so the whole of it
        close_to = np.asarray(image.convert("RGB").resize((32, 32), Image.BILINEAR), int)
    assert np.abs(pixels[0] - close_to.transpose(2, 0, 1)).mean() < 3


def test_the_pixels_are_mapped_not_loaded_and_outlive_a_replacement(folder):
    images = opened(folder, 32)
    (path,) = Path("datasets/cache").iterdir()
    facts = facts_of(folder)
    pixels, broken = packed.read(path, facts, (3, 32, 32))
    assert not pixels.flags.writeable
    assert broken == {"3.jpg": "broken: not a JPEG, PNG, BMP, GIF, TIFF, WEBP image"}
    owner = pixels
    while not isinstance(owner, np.memmap):
        owner = owner.base
    before = list(images.rows(range(11), 11))[0]
    Image.new("RGB", (40, 40), "red").save(folder / "0.jpg")
    after = list(opened(folder, 32).rows(range(11), 11))[0]
    assert np.array_equal(list(images.rows(range(11), 11))[0], before)
    assert not np.array_equal(after, before)


@pytest.mark.parametrize("cache", [True, False])
@pytest.mark.parametrize("start", [1, 2, 3, 5])
def test_going_on_from_a_step_continues_the_sequence(folder, cache, start):
    whole = taken(opened(folder), 7, seed=5)  # 2 steps an epoch
    rest = taken(opened(folder, cache=cache), 7 - start, start, seed=5)
    assert np.array_equal(rest, whole[start:])


def test_sound_images_are_decoded_once_and_broken_ones_named_at_every_start(folder, passes, caplog):
    caplog.set_level("INFO", "ms_gan")
    first = taken(opened(folder, 32), 4)
    (path,) = files()
    warnings = [
        f"{folder / '3.jpg'}: broken: not a JPEG, PNG, BMP, GIF, TIFF, WEBP image",
        "1 of 12 images are broken and left out",
    ]
    assert caplog.messages == [f"packed 11 images at 32x32 into datasets/{path}", *warnings]
    assert path.startswith("cache/my faces-32-")
    caplog.clear()
    assert np.array_equal(taken(opened(folder, 32), 4), first)
    assert [len(names) for names in passes] == [12, 1] and passes[1] == ["3.jpg"]
    assert caplog.messages == warnings


def test_sizes_and_folders_have_files_of_their_own(folder, tmp_path):
    opened(folder, 32)
    opened(folder, 16)
    other = tmp_path / "elsewhere" / folder.name
    other.parent.mkdir()
    folder.rename(other)
    opened(other, 32)
    assert len(files()) == 3


def test_one_folder_has_one_file_however_it_is_reached(folder, passes):
    Path("link").symlink_to(folder)
    for path in (folder, os.path.relpath(folder), "link"):
        assert opened(path).folder == folder
    assert [len(names) for names in passes] == [12, 1, 1]


def test_without_a_cache_images_are_checked_at_every_start_and_nothing_is_written(
    folder, passes, caplog
):
    for _ in range(2):
        assert opened(folder, cache=False).count == 11
    assert [len(names) for names in passes] == [12, 12]
    assert caplog.text.count("3.jpg: broken: not a JPEG") == 2
    assert not Path("datasets").exists()


def test_closing_keeps_the_file_and_parts_share_it(folder):
    images = opened(folder)
    (path,) = files()
    part = images.select([4, 2])
    assert part.count == 2 and part.files == (images.files[4], images.files[2])
    expected = np.concatenate(list(images.rows([2, 4], 2)))
    assert np.array_equal(np.concatenate(list(part.rows([1, 0], 1))), expected)
    unpacked = opened(folder, cache=False).select([4, 2])
    assert np.array_equal(np.concatenate(list(unpacked.rows([1, 0], 1))), expected)
    images.close()
    assert files() == [path]


def test_a_run_that_packs_sees_what_a_run_that_does_not_sees(run, face_folder, only_begun):
    common = ("train", "faces", "--data", face_folder, *TINY)
    packing, plain = run(*common), run(*common, "--no-cache")
    assert (plain.status, packing.status) == (0, 0)
    assert "packed 10 images at 32x32" in packing.out and "packed" not in plain.out
    one, other = (Path(f"runs/{number}-faces/real.png") for number in ("0000", "0001"))
    assert one.read_bytes() == other.read_bytes()


def test_a_run_that_packs_is_resumed_without(run, face_folder):
    first = run("train", "faces", "--data", face_folder, *TINY, "--steps", 1)
    later = run("train", "faces", "--resume", "runs/0000-faces", "--no-cache", "--steps", 3)
    assert (first.status, later.status) == (0, 0)
    assert "packed 10 images" in first.out and "packed" not in later.out
    assert later.out.count("done: 3 steps") == 1
