import os

import numpy as np
import pytest

from ms_gan.data import packed

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 3, 4, 4), np.uint8)


@pytest.fixture
def path(tmp_path):
    packed.write(
        tmp_path / "cache" / "p.npy", "source", PIXELS.shape, [PIXELS[:2], PIXELS[2:4], PIXELS[4:]]
    )
    return tmp_path / "cache" / "p.npy"


def flipped(content, at):
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def test_what_is_read_is_what_was_written(path):
    pixels = packed.read(path, "source", PIXELS.shape)
    assert np.array_equal(pixels, PIXELS) and pixels.dtype == np.uint8
    assert not pixels.flags.writeable


def test_blocks_may_be_views_of_other_arrays(tmp_path):
    turned = PIXELS.transpose(0, 1, 3, 2)
    packed.write(tmp_path / "p.npy", "source", turned.shape, [turned])
    assert np.array_equal(packed.read(tmp_path / "p.npy", "source", turned.shape), turned)


def test_any_numpy_reads_the_array(path):
    assert np.array_equal(np.load(path), PIXELS)
    assert np.array_equal(np.load(path, mmap_mode="r"), PIXELS)


def test_the_pixels_are_mapped_and_outlive_a_replacement(path):
    pixels = packed.read(path, "source", PIXELS.shape)
    packed.write(path, "other", PIXELS.shape, [255 - PIXELS])
    assert np.array_equal(pixels, PIXELS)
    assert np.array_equal(packed.read(path, "other", PIXELS.shape), 255 - PIXELS)


@pytest.mark.parametrize("share", [0, 0.01, 0.3, 0.9, 0.999])
def test_a_truncated_file_is_damaged(path, share):
    os.truncate(path, int(path.stat().st_size * share))
    with pytest.raises(packed.Unfit, match="^damaged$"):
        packed.read(path, "source", PIXELS.shape)


def test_a_flipped_bit_anywhere_is_noticed(path):
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(flipped(whole, at))
        with pytest.raises(packed.Unfit):
            packed.read(path, "source", PIXELS.shape)


@pytest.mark.parametrize(
    "content",
    [b"no array", b"\x93NUMPY", b"\x93NUMPY\x01\x00\x05\x00hello", b"PK\3\4" + bytes(500)],
    ids=["text", "magic only", "no header", "zip"],
)
def test_another_kind_of_file_is_damaged(path, content):
    path.write_bytes(content)
    with pytest.raises(packed.Unfit, match="^damaged$"):
        packed.read(path, "source", PIXELS.shape)


@pytest.mark.parametrize("note", [b"", b"[]", b"null", b'{"source": "source"}', b"{"])
def test_a_note_that_says_too_little_is_damage(path, note):
    content = path.read_bytes()
    path.write_bytes(content[: content.rindex(b"{")] + note)
    with pytest.raises(packed.Unfit, match="^damaged$"):
        packed.read(path, "source", PIXELS.shape)


def test_another_array_under_a_sound_note_is_damaged(path):
    note = path.read_bytes()[-packed.NOTE :]
    np.save(path, PIXELS.astype(np.float32))
    path.write_bytes(path.read_bytes() + note[note.rindex(b"{") :])
    with pytest.raises(packed.Unfit, match="^damaged$"):
        packed.read(path, "source", PIXELS.shape)


def test_another_shape_is_damaged(path):
    with pytest.raises(packed.Unfit, match="^damaged$"):
        packed.read(path, "source", (4, 3, 4, 4))


def test_another_source_is_told(path):
    with pytest.raises(packed.Unfit, match="^made from other images"):
        packed.read(path, "other", PIXELS.shape)


def test_what_fails_midway_leaves_the_earlier_file_alone(path):
    def blocks():
        yield PIXELS[:2]
        raise KeyboardInterrupt

    before = path.read_bytes()
    with pytest.raises(KeyboardInterrupt):
        packed.write(path, "source", PIXELS.shape, blocks())
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]
