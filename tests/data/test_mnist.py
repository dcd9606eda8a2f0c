import gzip
import itertools
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT
from mnist_files import IMAGES, TEST, TRAIN, find, idx, images_of, place, same, tree
from PIL import Image

from ms_gan.data import mnist
from ms_gan.data.mnist import DigitBatches
from ms_gan.errors import GanError, UsageError
from ms_gan.stand_ins.digits import draw_digits

REAL = ROOT.parent / "shared" / "data" / "mnist"


@pytest.fixture(autouse=True)
def own_address(monkeypatch):
    monkeypatch.delenv("MS_GAN_MNIST_URL", raising=False)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
@pytest.mark.parametrize(
    "splits, split, count",
    [([(TRAIN, 7)], "train", 7), ([(TEST, 5)], "test", 5), ([(TEST, 5), (TRAIN, 7)], "train", 7)],
    ids=["train", "test", "both"],
)
def test_a_folder_of_ones_own_is_read_the_train_split_first(tmp_path, packed, splits, split, count):
    for names, size in splits:
        place(tmp_path / "mine", names, size, packed)
    before = tree(tmp_path / "mine")
    digits = find(data="mine")
    assert (digits.split, digits.count, digits.synthetic) == (split, count, False)
    assert digits.folder.is_absolute()
    assert np.array_equal(images_of(digits), IMAGES[count])
    assert tree(tmp_path / "mine") == before


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
def test_files_are_read_where_they_are(tmp_path, packed):
    digits = find(data=place(tmp_path / "mine", TRAIN, 7, packed))
    assert digits.folder == tmp_path / "mine"
    assert not Path("datasets").exists()
    assert str(digits) == f"7 images in {tmp_path / 'mine'}"


def test_packed_files_are_read_again_when_they_change(tmp_path):
    place(tmp_path / "mine", TRAIN, 7, packed=True)
    assert same(find(data="mine"), find(data="mine"))
    place(tmp_path / "mine", TRAIN, 5, packed=True)
    assert np.array_equal(images_of(find(data="mine")), IMAGES[5])


def test_the_recorded_path_finds_the_same_digits_again(tmp_path):
    place(tmp_path / "mine", TEST, 5, packed=True)
    digits = find(data="mine")
    assert digits.describe() == {"path": str(digits.folder), "images": 5, "synthetic": False}
    assert same(find(data=digits.describe()["path"]), digits)


@pytest.mark.parametrize("other", [f"{TRAIN[0]}.gz", f"{TRAIN[0]}.bak", "t10k-images-idx3-ubyte"])
def test_other_files_in_the_folder_are_in_nobodys_way(tmp_path, other):
    (place(tmp_path / "mine", TRAIN, 7) / other).write_bytes(b"something else")
    digits = find(data="mine")
    assert digits.folder == tmp_path / "mine"
    assert np.array_equal(images_of(digits), IMAGES[7])


def test_a_plain_and_a_packed_file_go_together(tmp_path):
    place(tmp_path / "mine", TRAIN, 7)
    (tmp_path / "mine" / TRAIN[1]).unlink()
    (tmp_path / "mine" / f"{TRAIN[1]}.gz").write_bytes(gzip.compress(idx(range(7))))
    assert np.array_equal(images_of(find(data="mine")), IMAGES[7])


def without(name):
    return lambda folder: (folder / name).unlink()


def holding(name, content):
    return lambda folder: (folder / name).write_bytes(content)


@pytest.mark.parametrize(
    "damage, said",
    [
        (
            without(TRAIN[1]),
            f"mine: holds {TRAIN[0]} but no {TRAIN[1]}, plain or .gz; put it there too",
        ),
        (
            without(TRAIN[0]),
            f"mine: holds {TRAIN[1]} but no {TRAIN[0]}, plain or .gz; put it there too",
        ),
        (
            holding(TRAIN[0], b""),
            f"{TRAIN[0]}: not an idx file of MNIST's kind; expected it to begin with the "
            "number 2051",
        ),
        (
            holding(TRAIN[0], b"<html>Please log in</html>"),
            f"{TRAIN[0]}: not an idx file of MNIST's kind",
        ),
        (holding(TRAIN[0], idx(range(7))), f"{TRAIN[0]}: not an idx file of MNIST's kind"),
        (
            holding(TRAIN[1], idx(IMAGES[7])),
            f"{TRAIN[1]}: not an idx file of MNIST's kind; expected it to begin with the "
            "number 2049",
        ),
        (holding(TRAIN[0], idx(IMAGES[7])[:9]), f"{TRAIN[0]}: not an idx file of MNIST's kind"),
        (
            holding(TRAIN[0], idx(IMAGES[7])[:-1]),
            f"{TRAIN[0]}: 5503 bytes; expected 5504 for its 7 entries; fetch it",
        ),
        (
            holding(TRAIN[0], idx(IMAGES[7]) + b"more"),
            f"{TRAIN[0]}: 5508 bytes; expected 5504 for its 7 entries",
        ),
        (
            holding(TRAIN[1], idx(range(7))[:-2]),
            f"{TRAIN[1]}: 13 bytes; expected 15 for its 7 entries; fetch it again",
        ),
        (
            holding(TRAIN[0], idx(np.zeros((7, 32, 30)))),
            f"{TRAIN[0]}: its images are 32x30; expected 28x28 as MNIST's",
        ),
        (
            holding(TRAIN[0], idx(np.zeros((0, 28, 28)))),
            f"{TRAIN[0]}: holds 0 entries; expected one or more",
        ),
        (
            holding(TRAIN[1], idx(range(6))),
            f"{TRAIN[0]}: holds 7 images, but {TRAIN[1]} beside it 6 labels; expected as "
            "many; fetch both again",
        ),
    ],
    ids=[
        "no labels",
        "no images",
        "empty",
        "page",
        "labels for images",
        "images for labels",
        "part of a header",
        "truncated",
        "overlong",
        "truncated labels",
        "other size",
        "no image",
        "fewer labels",
    ],
)
def test_bad_files_are_one_clear_line(tmp_path, damage, said):
    damage(place(tmp_path / "mine", TRAIN, 7))
    with pytest.raises(GanError) as error:
        find(data="mine", stand_in=True)
    assert said in str(error.value) and str(error.value).startswith("mine")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "content, said",
    [
        (b"", "not an idx file"),
        (b"not packed", "not a whole gzip file"),
        (gzip.compress(idx(IMAGES[7]))[:-9], "not a whole gzip file"),
        (gzip.compress(idx(IMAGES[7]))[:-1] + b"!", "not a whole gzip file"),
        (gzip.compress(idx(IMAGES[7]))[:12] + b"\xff" * 50, "not a whole gzip file"),
        (gzip.compress(idx(IMAGES[7])[:-1]), "5503 bytes; expected 5504"),
    ],
    ids=[
        "empty",
        "not packed",
        "truncated",
        "wrong sum",
        "broken",
        "truncated before it was packed",
    ],
)
def test_bad_packed_files_are_named_and_leave_nothing(tmp_path, content, said):
    path = place(tmp_path / "mine", TRAIN, 7, packed=True) / f"{TRAIN[0]}.gz"
    path.write_bytes(content)
    with pytest.raises(GanError, match=rf"^mine.{path.name}: {said}"):
        find(data="mine")
    assert not Path("datasets").exists()


@pytest.mark.parametrize(
    "kind, said",
    [("missing", "no such folder"), ("file", "not a folder"), ("empty", "no MNIST files in it")],
)
def test_what_is_no_folder_of_mnist_files_is_told_what_is_expected(kind, said):
    if kind == "file":
        Path("mine").write_bytes(b"hello")
    elif kind == "empty":
        Path("mine").mkdir()
    with pytest.raises(GanError) as error:
        find(data="mine", stand_in=True)
    assert str(error.value).startswith(f"mine: {said}; expected ")
    assert all(name in str(error.value) for name in (*TRAIN, "t10k", ".gz"))


def taken(digits, steps, start=0, batch_size=3, seed=0):
    """An array of the batches from a step on."""
    batches = itertools.islice(DigitBatches(digits, batch_size, seed).from_step(start), steps)
    return np.stack([images.asnumpy() for (images,) in batches])


@pytest.fixture
def digits(tmp_path):
    return find(data=place(tmp_path / "mine", TRAIN, 7))


@pytest.mark.parametrize("side", [16, 28, 32, 64])
def test_a_batch_has_the_shape_type_and_range_that_the_networks_take(tmp_path, side):
    draw_digits(tmp_path, 3)
    (batch,) = taken(find(data=tmp_path, side=side), 1)
    assert batch.shape == (3, 1, side, side) and batch.dtype == np.float32
    assert -1 <= batch.min() < -0.8 and 0.8 < batch.max() <= 1


def test_images_are_resized_as_a_whole_and_stay_in_their_order(tmp_path):
    draw_digits(tmp_path, 5)
    pixels = find(data=tmp_path, side=32).pixels
    assert (pixels.shape, pixels.dtype) == ((5, 1, 32, 32), np.uint8)
    originals = np.frombuffer((tmp_path / TRAIN[0]).read_bytes()[16:], np.uint8).reshape(5, 28, 28)
    for found, original in zip(pixels[:, 0].astype(float), originals):
        expected = Image.fromarray(original).resize((32, 32), Image.Resampling.BILINEAR)
        assert np.abs(found - np.asarray(expected, float)).max() < 4


def test_an_epoch_holds_every_image_once_and_a_last_short_batch_is_dropped(digits):
    seen = np.rint((taken(digits, 4) + 1) * 127.5).astype(np.uint8)
    known = [image.tobytes() for image in IMAGES[7]]
    for epoch in seen.reshape(2, 6, 784):  # two epochs of 2 x 3 images
        assert len({known.index(image.tobytes()) for image in epoch}) == 6


def test_going_on_from_a_step_continues_the_sequence_and_the_seed_decides_it(digits):
    whole = taken(digits, 6, seed=5)
    assert np.array_equal(taken(digits, 3, start=3, seed=5), whole[3:])
    assert not np.array_equal(taken(digits, 6, seed=6), whole)


def test_a_batch_larger_than_the_data_is_a_usage_error(digits):
    with pytest.raises(UsageError, match="--batch-size 8: .*7"):
        DigitBatches(digits, 8, 0)


def test_digits_are_in_memory_whatever_becomes_of_their_files(digits):
    before = taken(digits, 4)
    (digits.folder / TRAIN[0]).unlink()
    assert np.array_equal(taken(digits, 4), before)


@pytest.mark.skipif(not REAL.is_dir(), reason="the real digits aren't beside the project")
def test_the_real_digits_are_known_and_read():
    for path in REAL.glob("*.gz"):
        assert mnist._fault(path) is None
    digits = find(data=REAL)
    assert (digits.split, digits.count) == ("test", 10_000)
    pixels = images_of(digits)
    content = gzip.decompress((REAL / f"{TEST[0]}.gz").read_bytes())
    assert pixels.tobytes() == content[16:]
    assert pixels.mean() == pytest.approx(33.79, abs=0.01)
    assert pixels[:, 13:16, 13:16].mean() > 100 > 1 > pixels[:, :2].mean()
