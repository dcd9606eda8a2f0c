"""CIFAR-10's tar and its batches, whose pickles can run nothing."""

import io
import os
import pickle
import struct
import tarfile
from pathlib import Path

import numpy as np
import pytest
from data_options import data_options, found
from image_files import encoded

from ms_gan.data.sources import cifar
from ms_gan.errors import GanError, UsageError

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (2, 3, 3072), np.uint8)  # two batches of three images


def batch(number, protocol=2):
    """A batch as CIFAR-10 has it: of Python 2, with text as bytes."""
    content = {
        b"batch_label": b"training batch",
        b"labels": [1, 2, 3],
        b"data": PIXELS[number],
        b"filenames": [b"a.png", b"b.png", b"c.png"],
    }
    return pickle.dumps(content, protocol)


def tar(path, members):
    with tarfile.open(path, "w:gz") as made:
        for name, content in members.items():
            info = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            info.size = len(content)
            made.addfile(info, io.BytesIO(content))
    return path


BATCHES = {
    "batches.meta": b"not looked at",
    "data_batch_2": batch(1),
    "data_batch_1": batch(0),
    "test_batch": b"not looked at",
}


@pytest.mark.parametrize("kind", ["tar", "folder", "folder around it"])
def test_cifars_training_batches_are_read(tmp_path, kind, monkeypatch):
    path = tar(tmp_path / "cifar-10-python.tar.gz", BATCHES)
    if kind != "tar":
        with tarfile.open(path) as whole:
            whole.extractall(tmp_path / "it")
        path = tmp_path / "it" / ("cifar-10-batches-py" if kind == "folder" else "")
    for _ in range(2):
        images, examples = found(path, 32)
        assert np.array_equal(examples, PIXELS.reshape(6, 3, 32, 32))
    assert images.describe() == {"path": str(path.resolve()), "images": 6, "synthetic": False}
    with monkeypatch.context() as patched:  # from the packed file, the tar is left alone
        patched.setattr(cifar, "_pixels", None)
        assert found(path, 32)[0].count == 6
    kept = images.hold_out(data_options(holdout=2))
    assert (kept.count, kept.held_out.count) == (4, 2)


def by_python_2(pixels):
    """A batch of three images as Python 2 has written those of CIFAR-10, opcode by opcode."""

    def text(content):
        return b"U" + bytes([len(content)]) + content

    dtype = b"cnumpy\ndtype\n(" + text(b"u1") + b"K\0K\1tR(K\3" + text(b"|")
    return (
        (b"\x80\2}(" + text(b"labels") + b"](K\1K\2e" + text(b"data"))
        + (b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\0\x85" + text(b"b") + b"tR")
        + (b"(K\1K\3M\0\x0c\x86" + dtype + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb\x89")
        + (b"T" + struct.pack("<i", pixels.size) + pixels.tobytes() + b"tbu.")
    )


@pytest.mark.parametrize(
    "content",
    [by_python_2(PIXELS[0]), *(batch(0, protocol) for protocol in range(4))],
    ids=["Python 2", *map(str, range(4))],
)
def test_a_batch_may_be_written_by_any_python(tmp_path, content):
    path = tar(tmp_path / "c.tar.gz", {"data_batch_1": content})
    assert np.array_equal(found(path, 32)[1], PIXELS[0].reshape(3, 3, 32, 32))


class Evil:
    def __reduce__(self):
        return os.mkdir, ("broken in",)


def hidden(content):
    return pickle.dumps({b"data": PIXELS[0], b"labels": [content]}, 2)


@pytest.mark.parametrize(
    "content, said",
    [
        (pickle.dumps(Evil()), r"refused: .* it names (posix|nt)\.mkdir$"),
        (hidden(Evil()), r"refused: .* it names (posix|nt)\.mkdir$"),
        (hidden(eval), r"refused: .* it names __builtin__\.eval$"),
        (hidden(np.frombuffer), "refused: .* it names numpy"),
        (b"\x80\2cnumpy\nndarray\nM\xff\xff\x85R.", "refused: not a batch of CIFAR-10"),
        (batch(0)[:-1000], "refused: not a batch of CIFAR-10"),
        (b"", "refused: not a batch of CIFAR-10"),
        (pickle.dumps([1]), "it holds no array of bytes as its data"),
        (pickle.dumps({b"data": PIXELS[0].astype(float)}, 2), "it holds no array of bytes"),
        (pickle.dumps({b"data": PIXELS[0, :, :9]}, 2), "rows of 9 bytes, expected 3072"),
    ],
    ids=[
        "evil",
        "evil inside",
        "eval",
        "numpy",
        "array of any size",
        "cut",
        "empty",
        "list",
        "floats",
        "rows",
    ],
)
def test_a_pickle_of_anything_else_is_refused_and_not_run(tmp_path, content, said):
    path = tar(tmp_path / "cifar.tar.gz", {"data_batch_1": content})
    with pytest.raises(GanError, match=rf"cifar\.tar\.gz/data_batch_1: .*{said}"):
        found(path, 32)
    assert not Path("broken in").exists() and not list(Path().rglob("*.npy"))


def test_a_tar_that_is_not_whole_or_of_something_else_is_told(tmp_path):
    path = tar(tmp_path / "cifar.tar.gz", BATCHES)
    path.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(GanError, match=r"cifar\.tar\.gz: not a whole tar \(.+\); fetch it again$"):
        found(path, 32)
    with pytest.raises(GanError, match="holds no data_batch_1; .* give --data the folder$"):
        found(tar(tmp_path / "x.tar", {"a.jpg": encoded("JPEG")}), 32)


def test_what_lies_in_other_files_is_read_from_the_packed_file_alone(tmp_path):
    path = tar(tmp_path / "cifar.tar.gz", BATCHES)
    with pytest.raises(UsageError, match=r"--no-cache: .*cifar\.tar\.gz holds no image files"):
        found(path, 32, cache=False)
    Path("datasets").write_text("in the way")
    with pytest.raises(GanError, match="can't be used: Not a directory; .*another --datasets$"):
        found(path, 32)
