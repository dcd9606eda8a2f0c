"""What people have: cropped photographs, zips and folders of odd names, all kinds of image files,
CIFAR-10's tar, parquet files.
"""

import io
import os
import pickle
import struct
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from data_options import data_options, opened
from PIL import Image

from ms_gan.data.decode import Square, Unusable, decode
from ms_gan.data.images import open_data
from ms_gan.data.listing import EXTENSIONS
from ms_gan.data.sources import cifar, parquet
from ms_gan.errors import GanError, UsageError

RNG = np.random.default_rng(0)
PHOTO = RNG.integers(0, 256, (218, 178, 3), np.uint8)  # of CelebA's size
SMOOTH = Image.fromarray(RNG.integers(0, 256, (4, 4, 3), np.uint8)).resize((32, 32), Image.BICUBIC)


def encoded(format, image=SMOOTH, **how):
    file = io.BytesIO()
    image.save(file, format, **how)
    return file.getvalue()


def found(path, size=8, crop=0, **options):
    """The images at a path as `--data` takes it, and their examples."""
    images = open_data(Path(path), Square(size, crop), data_options(**options))
    return images, np.concatenate(list(images.rows(range(images.count), images.count)))


# --crop


@pytest.mark.parametrize("crop, top, left", [(108, 55, 35), (178, 20, 0)])
def test_the_middle_is_cut_out_to_the_pixel(crop, top, left):
    cut = PHOTO[top : top + crop, left : left + crop].transpose(2, 0, 1)
    assert np.array_equal(Square(crop, crop)(Image.fromarray(PHOTO)), cut)


def test_the_middle_is_cut_out_before_it_is_scaled():
    cut = Image.fromarray(PHOTO[55:163, 35:143])
    assert np.array_equal(Square(64, 108)(Image.fromarray(PHOTO)), Square(64)(cut))
    assert not np.array_equal(
        Square(64, 108)(Image.fromarray(PHOTO)), Square(64)(cut.resize((9, 9)))
    )


def test_without_crop_nothing_is_cut():
    assert np.array_equal(Square(64, 0)(SMOOTH), Square(64)(SMOOTH))


def test_crops_have_packed_files_of_their_own_and_smaller_images_are_left_out(tmp_path, caplog):
    Image.fromarray(PHOTO).save(tmp_path / "photo.png")
    SMOOTH.save(tmp_path / "small.png")
    assert found(tmp_path)[0].count == 2
    caplog.clear()
    for options in ({}, {}, {"cache": False}):
        images, examples = found(tmp_path, 108, 108, **options)
        assert [file.name for file in images.files] == ["photo.png"]
        assert np.array_equal(examples[0], PHOTO[55:163, 35:143].transpose(2, 0, 1))
        assert f"{tmp_path / 'small.png'}: 32x32: smaller than --crop 108" in caplog.text
        caplog.clear()
    names = sorted(path.name[len(tmp_path.name) :] for path in Path("datasets/cache").iterdir())
    assert [name.rsplit("-", 1)[0] for name in names] == ["-108-crop108", "-8"]


# zips and folders


def test_a_zip_with_an_outer_folder_sub_folders_and_odd_names(tmp_path):
    names = ["data/anime-faces/black hair/1 (2).JPG", "data/anime-faces/赤/Été.PnG", "data/x.JPEG"]
    with zipfile.ZipFile(tmp_path / "archive (1).ZIP", "w") as opened_zip:
        opened_zip.writestr("data/readme.TXT", "hello")
        opened_zip.writestr("data/anime-faces/Thumbs.db", b"x")
        for name in names:
            opened_zip.writestr(name, encoded("PNG" if "PnG" in name else "JPEG"))
    images, examples = found(tmp_path / "archive (1).ZIP")
    assert sorted(file.name for file in images.files) == ["1 (2).JPG", "x.JPEG", "Été.PnG"]
    assert np.abs(examples.astype(int) - Square(8)(SMOOTH)).max() < 16


def test_hashed_nested_folders_of_webp(tmp_path):
    for name in ("0/a/f3/f3a9.webp", "0/a/07/07bc.webp", "e/1/9d/9d00.WEBP"):
        file = tmp_path / name
        file.parent.mkdir(parents=True)
        file.write_bytes(encoded("WEBP", lossless=True))
    images, examples = found(tmp_path, cache=False)
    assert [file.name for file in images.files] == ["07bc.webp", "f3a9.webp", "9d00.WEBP"]
    assert (examples == Square(8)(SMOOTH)).all()


OTHER = Image.new("RGB", (32, 32), "red")
KINDS = {
    "x.webp": encoded("WEBP", lossless=True),
    "x.tif": encoded("TIFF"),
    "x.TIFF": encoded("TIFF", compression="tiff_lzw"),
    "x.bmp": encoded("BMP"),
    "pages.tiff": encoded("TIFF", save_all=True, append_images=[OTHER]),
    "moves.webp": encoded("WEBP", save_all=True, append_images=[OTHER], lossless=True),
    "x.gif": encoded("GIF"),
    "moves.gif": encoded("GIF", save_all=True, append_images=[OTHER]),
    "alpha.webp": encoded("WEBP", SMOOTH.convert("RGBA"), lossless=True),
    "alpha.tif": encoded("TIFF", SMOOTH.convert("RGBA")),
    "palette.tif": encoded("TIFF", SMOOTH.convert("P", palette=Image.ADAPTIVE, colors=256)),
}


@pytest.mark.parametrize("cache", [True, False], ids=["packed", "files"])
def test_all_kinds_give_their_first_image(tmp_path, cache, caplog):
    for name, content in KINDS.items():
        (tmp_path / name).write_bytes(content)
    images, examples = found(tmp_path, cache=cache)
    assert {file.name for file in images.files} == set(KINDS)
    assert np.abs(examples.astype(int) - Square(8)(SMOOTH)).max() < 12
    assert not [line for line in caplog.messages if "left out" in line]


def test_transparency_is_dropped_as_it_is_of_a_png():
    clear = SMOOTH.convert("RGBA")
    clear.putalpha(0)
    expected = decode(encoded("PNG", clear))
    for format, how in (("TIFF", {}), ("WEBP", {"lossless": True, "exact": True})):
        assert np.array_equal(decode(encoded(format, clear, **how)), expected)


@pytest.mark.parametrize("name", ["x.webp", "x.tif", "x.TIFF", "x.gif"])
def test_whatever_is_cut_off_is_noticed(name):
    content, whole = KINDS[name], np.asarray(decode(KINDS[name]))
    for length in range(1, len(content) - 2, 29):
        with pytest.raises(Unusable):
            decode(content[:length])
    assert whole.shape == (32, 32, 3)


def test_all_endings_are_named_where_there_is_no_image(tmp_path):
    with pytest.raises(GanError, match="0 images found") as error:
        opened(tmp_path)
    assert all(ending in str(error.value) for ending in EXTENSIONS)


# CIFAR-10

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


# parquet


@pytest.fixture
def arrow():
    return pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")


FILES = [encoded("PNG", OTHER), encoded("PNG"), b"broken", None, encoded("WEBP", lossless=True)]


def structs(contents):
    return [{"bytes": content, "path": f"{index}.png"} for index, content in enumerate(contents)]


@pytest.mark.parametrize("kind", ["structs", "bytes", "folder"])
def test_a_parquet_of_images_is_read(tmp_path, arrow, kind, caplog):
    pa, pq = arrow
    column = FILES if kind == "bytes" else structs(FILES)
    table = pa.table({"label": range(5), "image": column, "caption": [b"a"] * 5})
    name = "faces/data/train-0.parquet" if kind == "folder" else "faces.parquet"
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, tmp_path / name, row_group_size=2)
    path = tmp_path / name.split("/")[0]
    for _ in range(2):
        images, examples = found(path)
        assert images.count == 3 and "2 of 5 images are broken" in caplog.text
        expected = [Square(8)(image) for image in (OTHER, SMOOTH, SMOOTH)]
        assert np.array_equal(examples, expected)
        caplog.clear()


def test_a_parquet_is_read_from_any_image_on(tmp_path, arrow):
    pa, pq = arrow
    contents = [encoded("PNG", Image.new("RGB", (8, 8), (index, 0, 0))) for index in range(150)]
    pq.write_table(pa.table({"img": contents[:70]}), tmp_path / "a.parquet", row_group_size=40)
    pq.write_table(pa.table({"img": contents[70:]}), tmp_path / "b.parquet", row_group_size=9)
    source = parquet.Parquet(tmp_path)
    assert source.count == 150
    for first in (0, 1, 39, 40, 70, 71, 79, 149, 150):
        blocks = [examples[:, 0, 0, 0] for examples, _ in source.read(Square(8), 1, first)]
        assert np.concatenate([[], *blocks]).tolist() == list(range(first, 150))


def test_a_parquet_without_one_column_of_images_or_damaged_is_told(tmp_path, arrow):
    pa, pq = arrow
    pq.write_table(pa.table({"a": [1], "b": ["x"]}), tmp_path / "none.parquet")
    with pytest.raises(GanError, match=r"none\.parquet: no column of images among a, b; expected"):
        found(tmp_path / "none.parquet")
    pq.write_table(pa.table({"a": FILES, "b": FILES}), tmp_path / "two.parquet")
    with pytest.raises(GanError, match="several columns of images among a, b; expected"):
        found(tmp_path / "two.parquet")
    content = (tmp_path / "two.parquet").read_bytes()
    (tmp_path / "half.parquet").write_bytes(content[: len(content) // 2])
    with pytest.raises(GanError, match=r"half\.parquet: not a whole parquet file \("):
        found(tmp_path / "half.parquet")


def test_without_pyarrow_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    (tmp_path / "faces.parquet").write_bytes(b"PAR1")
    with pytest.raises(GanError, match=r"needs pyarrow, .*: pip install '\.\[parquet\]'$"):
        found(tmp_path / "faces.parquet")


def test_a_folder_of_images_with_a_table_beside_them_is_one_of_images(tmp_path):
    (tmp_path / "metadata.parquet").write_bytes(b"PAR1")
    SMOOTH.save(tmp_path / "a.png")
    assert found(tmp_path)[0].count == 1
