"""Parquet files of images."""

import numpy as np
import pytest
from data_options import found
from image_files import OTHER, SMOOTH, encoded
from PIL import Image

from ms_gan.data.decode import Square
from ms_gan.data.sources import parquet
from ms_gan.errors import GanError


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
