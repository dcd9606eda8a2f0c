"""MNIST from its mirrors, an address of one's own, or synthetic."""

import gzip
import hashlib
import os
import shutil
from pathlib import Path

import download
import pytest
from mnist_files import TEST, TRAIN, find, idx, images_of, place, same, tree

from ms_gan.data import mnist
from ms_gan.data.locate import SYNTHETIC
from ms_gan.errors import GanError
from ms_gan.stand_ins.digits import draw_digits


@pytest.fixture(autouse=True)
def own_address(monkeypatch):
    monkeypatch.delenv("MS_GAN_MNIST_URL", raising=False)


@pytest.fixture
def mirrors(tmp_path, monkeypatch):
    """Three mirrors, each an address and a folder behind it, in place of the network: [(address,
    folder), …].

    The first two have nothing to offer; the third has all four files.
    """
    folders = [tmp_path / f"mirror{index}" for index in range(3)]
    for folder in folders:
        folder.mkdir()
    place(folders[2], TRAIN, 7, packed=True)
    place(folders[2], TEST, 5, packed=True)

    def fake(url, path, **options):
        address, _, name = url.rpartition("/")
        source = tmp_path / address.rpartition("/")[2] / name
        if not source.exists():
            raise RuntimeError(
                f"Error while fetching file {url}.\nError: HTTP Error 404: Not Found"
            )
        shutil.copy(source, path)

    monkeypatch.setattr(download, "download", fake)
    monkeypatch.setattr(
        mnist, "MIRRORS", tuple(f"http://example.invalid/{folder.name}/" for folder in folders)
    )
    monkeypatch.setattr(
        mnist,
        "MD5",
        {
            name: hashlib.md5(gzip.decompress((folders[2] / f"{name}.gz").read_bytes())).hexdigest()
            for name in mnist.MD5
        },
    )
    return list(zip(mnist.MIRRORS, folders))


@pytest.fixture
def few_synthetic(monkeypatch):
    monkeypatch.setattr(mnist, "draw_digits", lambda folder: draw_digits(folder, 3))


def test_mirrors_are_tried_in_turn_and_what_came_is_kept(tmp_path, mirrors, caplog):
    shutil.copy(
        mirrors[2][1] / f"{TRAIN[0]}.gz", mirrors[1][1]
    )  # the second has one of the four files only
    digits = find()
    assert (digits.split, digits.count, digits.synthetic) == ("train", 7, False)
    assert tree(tmp_path / "datasets" / "mnist") == tree(mirrors[2][1])
    assert os.listdir("datasets") == ["mnist"]
    assert caplog.text == ""
    shutil.rmtree(mirrors[2][1])
    assert same(find(), digits)  # without the network, the second time


def test_a_mirror_with_another_file_than_mnists_is_passed_over(mirrors):
    place(mirrors[0][1], TRAIN, 5, packed=True)
    place(mirrors[0][1], TEST, 5, packed=True)
    assert find().count == 7


@pytest.mark.parametrize(
    "content, fault",
    [
        (gzip.compress(idx(range(6))), "is not MNIST's (unpacked, its md5 is "),
        (b"<html>Please log in</html>", "is not a whole gzip file"),
        (gzip.compress(idx(range(5)))[:-3], "is not a whole gzip file"),
    ],
    ids=["other labels", "page", "truncated"],
)
def test_where_no_mirror_helps_the_error_names_each_and_why(mirrors, content, fault):
    (mirrors[2][1] / f"{TEST[1]}.gz").write_bytes(content)
    with pytest.raises(GanError) as error:
        find()
    said = str(error.value)
    assert all(
        f"{address}{TRAIN[0]}.gz: can't be downloaded (HTTP Error 404" in said
        for address, _ in mirrors[:2]
    )
    assert f"{mirrors[2][0]}{TEST[1]}.gz: what came {fault}" in said
    assert said.endswith(f"put its four .gz files into {Path('datasets', 'mnist')}, or give --data")
    assert "\n" not in said
    assert os.listdir("datasets") == []


def test_a_mirror_may_have_packed_the_same_digits_anew(mirrors):
    for path in mirrors[2][1].iterdir():
        path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), 1, mtime=1))
    assert find(url=mirrors[2][0]).count == 7


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("way", ["given", "environment"])
def test_an_address_of_ones_own_replaces_the_mirrors(mirrors, monkeypatch, way, slash):
    address = mirrors[2][0].rstrip("/") + slash
    monkeypatch.setattr(mnist, "MIRRORS", ())
    if way == "environment":
        monkeypatch.setenv("MS_GAN_MNIST_URL", address)
    assert find(url=address if way == "given" else None).count == 7


def test_the_given_address_goes_before_the_environments(mirrors, monkeypatch):
    monkeypatch.setenv("MS_GAN_MNIST_URL", mirrors[2][0])
    with pytest.raises(
        GanError, match=f"^MNIST can't be fetched: {mirrors[0][0]}.*404[^;]*; put its four"
    ) as error:
        find(url=mirrors[0][0])
    assert mirrors[2][0] not in str(error.value)


def test_files_in_the_datasets_folder_come_before_the_network(tmp_path, mirrors):
    place(tmp_path / "datasets" / "mnist", TEST, 5)
    assert find().count == 5


def test_ones_own_data_comes_before_everything(tmp_path, mirrors):
    place(tmp_path / "datasets" / "mnist", TRAIN, 7)
    assert find(data=place(tmp_path / "mine", TRAIN, 5)).count == 5


def test_digits_are_synthetic_and_marked_where_none_can_be_fetched(mirrors, caplog, few_synthetic):
    digits = find(url=mirrors[0][0], stand_in=True)
    assert (digits.split, digits.count, digits.synthetic) == ("train", 3, True)
    assert digits.describe() == {"path": str(digits.folder), "images": 3, "synthetic": True}
    assert os.listdir("datasets") == ["synthetic-digits"]
    assert "STAND-INS" in (digits.folder / SYNTHETIC).read_text()
    assert f"MNIST can't be fetched: {mirrors[0][0]}" in caplog.text
    assert images_of(digits).max() > 150
    assert same(find(data=digits.describe()["path"]), digits)


def test_digits_are_drawn_once_only_and_make_way_for_real_ones(mirrors, monkeypatch, few_synthetic):
    first = find(url=mirrors[0][0], stand_in=True)
    monkeypatch.setattr(mnist, "draw_digits", None)
    assert same(find(url=mirrors[0][0], stand_in=True), first)
    assert not find(stand_in=True).synthetic


def test_an_interrupted_drawing_leaves_nothing(mirrors, monkeypatch):
    def interrupted(folder):
        draw_digits(folder, 1)
        raise KeyboardInterrupt

    monkeypatch.setattr(mnist, "draw_digits", interrupted)
    with pytest.raises(KeyboardInterrupt):
        find(url=mirrors[0][0], stand_in=True)
    assert os.listdir("datasets") == []
