"""Images are decoded once: every later start and epoch takes them from the packed file, or makes it
again.
"""

import itertools
import os
import signal
import subprocess
import sys
from collections import namedtuple
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, TINY
from data_options import opened
from PIL import Image

from ms_gan.data import packed, pipeline
from ms_gan.data.images import ImageBatches
from ms_gan.data.sources import files as sources_files
from ms_gan.data.sources.base import facts_of as facts_of_file
from ms_gan.errors import GanError

AS_USER = pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() == 0, reason="root may write everywhere"
)


@pytest.fixture
def folder(tmp_path):
    """11 sound images of several kinds and shapes and a broken one, in a folder and its sub-folder,
    whose name isn't UTF-8.
    """
    folder = tmp_path / "my faces"
    sub = folder / os.fsdecode(b"caf\xe9")
    sub.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for index in range(11):
        shape = [(40, 40), (44, 36), (30, 50)][index % 3]
        colours = Image.fromarray(rng.integers(0, 256, (5, 5, 3), np.uint8)).resize(
            shape, Image.BICUBIC
        )
        colours.convert("L" if index == 5 else "RGB").save(
            [folder, sub][index % 2] / f"{index}.jpg"
        )
    (folder / "3.jpg").write_bytes(b"broken")
    return folder


@pytest.fixture
def passes(monkeypatch):
    """The names of the files that were decoded, pass after pass."""
    names = []

    def read_once(files, *how, read=pipeline.read_once):
        names.append([file.name for file in files])
        return read(files, *how)

    monkeypatch.setattr(sources_files, "read_once", read_once)
    return names


def files():
    """What is in the datasets folder."""
    found = Path("datasets").rglob("*")
    return sorted(path.relative_to("datasets").as_posix() for path in found if path.is_file())


def facts_of(folder):
    """What the packed file has to be made of."""
    found = folder.rglob("*.jpg")
    return {file.relative_to(folder).as_posix(): facts_of_file(file) for file in found}


def taken(images, steps, start=0, batch_size=4, seed=0):
    """An array of the batches from a step on; the images are closed afterwards."""
    with closing(ImageBatches(images, batch_size, seed)) as batches:
        stream = itertools.islice(batches.from_step(start), steps)
        return np.stack([batch.asnumpy() for (batch,) in stream])


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


def edited(change):
    """A change of the packed file: `change` takes its content and gives another."""

    def edit(folder):
        (path,) = Path("datasets/cache").iterdir()
        path.write_bytes(change(path.read_bytes()))

    return edit


def one_more(folder):
    Image.new("RGB", (40, 40), "red").save(folder / "new.png")


def one_gone(folder):
    (folder / "0.jpg").unlink()


def renamed(folder):
    (folder / "0.jpg").rename(folder / "z.jpg")


def touched(folder):
    os.utime(folder / "2.jpg", ns=(0, 1))


def replaced_in_time(folder):
    """Another picture of the same size with the time of the earlier one."""
    facts = (folder / "2.jpg").stat()
    content = (folder / "4.jpg").read_bytes()
    (folder / "2.jpg").write_bytes(content[: facts.st_size].ljust(facts.st_size, b"\0"))
    os.utime(folder / "2.jpg", ns=(facts.st_atime_ns, facts.st_mtime_ns))


def mended(folder):
    (folder / "3.jpg").write_bytes((folder / "2.jpg").read_bytes())


def other_pillow(folder):
    """As if it had been packed by another Pillow, or an older ms_gan."""
    own, packed.BY = packed.BY, "rules 0, Pillow 1.0"
    try:
        edited(lambda content: b"")(folder)
        opened(folder, 32)
    finally:
        packed.BY = own


@pytest.mark.parametrize(
    "change, reason",
    [
        (one_more, "made from other images"),
        (one_gone, "made from other images"),
        (renamed, "made from other images"),
        (touched, "made from other images"),
        (replaced_in_time, "made from other images"),
        (mended, "made from other images"),
        (other_pillow, "or by another Pillow"),
        (edited(lambda content: content[: len(content) // 2]), "damaged"),
        (edited(lambda content: content[:-1]), "damaged"),
        (edited(lambda content: content[:500] + content[501:]), "damaged"),
        (edited(lambda content: content + b"more"), "damaged"),
        (edited(lambda content: b""), "damaged"),
        (edited(lambda content: b"no array"), "damaged"),
        (edited(lambda content: b"PK\3\4" + bytes(500)), "damaged"),
    ],
    ids=[
        "one more",
        "one gone",
        "renamed",
        "touched",
        "replaced",
        "mended",
        "another Pillow",
        "half",
        "a byte short",
        "a byte less",
        "longer",
        "empty",
        "text",
        "zip",
    ],
)
def test_a_stale_or_damaged_file_is_told_in_one_line_and_made_again(folder, caplog, change, reason):
    opened(folder, 32)
    change(folder)
    caplog.clear()
    again = opened(folder, 32)
    said = [line for line in caplog.messages if "broken" not in line]
    assert len(said) == 1 and reason in said[0]
    assert said[0].startswith(f"datasets/{files()[0]}: ")
    assert said[0].endswith("; packing the images again")
    assert np.array_equal(taken(again, 4), taken(opened(folder, 32, cache=False), 4))
    assert len(files()) == 1


def test_a_flipped_bit_anywhere_is_noticed(folder):
    for file in list(folder.rglob("*.jpg"))[3:]:
        file.unlink()
    opened(folder, 2)
    (path,) = Path("datasets/cache").iterdir()
    whole = path.read_bytes()
    facts = facts_of(folder)
    packed.read(path, facts, (3, 2, 2))
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(packed.Stale, match="^damaged$"):
            packed.read(path, facts, (3, 2, 2))


@pytest.mark.parametrize(
    "note",
    [b"", b"[]", b"null", b"{", b"\xff\xfe", b'{"by": 1}', b'{"by": 1, "facts": 2, "broken": 3}'],
)
def test_a_note_that_says_too_little_is_damage(folder, note, monkeypatch):
    monkeypatch.setattr(packed.json, "dumps", lambda value: note.decode("latin-1"))
    with pytest.raises(packed.Stale, match="^damaged$"):
        opened(folder)


def test_another_shape_under_a_sound_note_is_damaged(folder):
    opened(folder, 32)
    (path,) = Path("datasets/cache").iterdir()
    facts = facts_of(folder)
    with pytest.raises(packed.Stale, match="^damaged$"):
        packed.read(path, facts, (3, 16, 16))


def test_a_file_that_could_not_be_read_for_a_moment_is_tried_again(folder, monkeypatch, caplog):
    def unopenable(file, whole=False, look=pipeline.unopenable):
        return "broken: Input/output error" if file.name == "2.jpg" else look(file)

    with monkeypatch.context() as patched:
        patched.setattr(pipeline, "unopenable", unopenable)
        assert opened(folder).count == 10
        assert "2.jpg: broken: Input/output error" in caplog.messages[0]
    caplog.clear()
    assert opened(folder).count == 11
    assert caplog.messages[0].endswith(
        ": an image that was broken is sound now; packing the images again"
    )
    assert opened(folder).count == 11 and len(caplog.messages) == 5


def test_a_failed_making_leaves_the_earlier_file_alone(folder, monkeypatch):
    opened(folder)
    (path,) = Path("datasets/cache").iterdir()
    before = path.read_bytes()
    one_more(folder)

    def blocks(*how):
        yield np.zeros((1, 3, 8, 8), np.uint8), {}
        raise KeyboardInterrupt

    monkeypatch.setattr(packed, "blocks", blocks)
    with pytest.raises(KeyboardInterrupt):
        opened(folder)
    assert path.read_bytes() == before and list(path.parent.iterdir()) == [path]


KILLED = """
import os, signal, sys
sys.path.insert(1, sys.argv[2])
import ms_gan
from data_options import opened
from ms_gan.data import packed

def killed(*how, read=packed.blocks):
    yield next(read(*how))
    os.kill(os.getpid(), signal.SIGKILL)

packed.blocks = killed
opened(sys.argv[1])
"""


def test_a_process_killed_midway_leaves_nothing_that_is_taken_for_a_packed_file(folder, caplog):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder), str(ROOT / "tests")],
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    assert killed.returncode == -signal.SIGKILL
    caplog.set_level("INFO", "ms_gan")
    assert np.array_equal(taken(opened(folder), 4), taken(opened(folder, cache=False), 4))
    assert caplog.messages[0].startswith("packed 11 images")


def reads_files(folder, reason, caplog):
    """Make sure that images come from their files, and one warning says why none are packed."""
    images = opened(folder)
    (said,) = [line for line in caplog.messages if "instead" in line]
    assert said.startswith("datasets") and reason in said
    assert said.endswith("; the image files are read in every epoch instead")
    assert caplog.messages.count("1 of 12 images are broken and left out") == 1
    (folder / "0.jpg").unlink()
    with pytest.raises(GanError, match=r"0\.jpg: not a file\)"):
        taken(images, 3)


@pytest.mark.parametrize("block", ["datasets/cache", "datasets"])
def test_where_the_packed_file_cannot_be_written_files_are_read(folder, block, caplog):
    Path(block).parent.mkdir(exist_ok=True)
    Path(block).write_text("in the way")
    reads_files(folder, "Not a directory", caplog)


@AS_USER
def test_where_the_cache_is_read_only_files_are_read(folder, caplog):
    Path("datasets/cache").mkdir(parents=True)
    Path("datasets/cache").chmod(0o500)
    reads_files(folder, "Permission denied", caplog)


def test_where_nothing_may_be_written_files_are_read(folder, caplog, monkeypatch):
    @contextmanager
    def denied(path):
        raise PermissionError(13, "Permission denied", str(path))
        yield

    monkeypatch.setattr(packed, "atomic_file", denied)  # root may write everywhere
    reads_files(folder, "Permission denied", caplog)


def test_a_data_set_larger_than_the_free_disk_still_trains(folder, caplog, monkeypatch):
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(packed.shutil, "disk_usage", lambda path: usage(12 * 3 * 8 * 8 - 1))
    reads_files(folder, "it takes 2,304 bytes, but only 2,303 are free", caplog)
    assert files() == []


def test_a_disk_that_is_full_midway_is_done_without(folder, caplog, monkeypatch):
    def full(*how, read=packed.blocks):
        if "packing" not in how[-1]:
            yield from read(*how)
            return
        yield next(read(*how))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(packed, "blocks", full)
    reads_files(folder, "No space left on device", caplog)
    assert files() == []


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


def test_a_run_whose_datasets_folder_cannot_be_written_trains(run, face_folder, only_begun):
    Path("datasets").write_text("in the way")
    got = run("train", "faces", "--data", face_folder, *TINY)
    assert got.status == 0 and "the image files are read in every epoch instead" in got.err
    assert only_begun and "Traceback" not in got.err
