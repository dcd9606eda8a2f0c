"""A packed file that is stale, damaged or half written is never believed: it is made again."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT
from data_options import facts_of, files, opened, taken
from PIL import Image

from ms_gan.data import packed, pipeline


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
