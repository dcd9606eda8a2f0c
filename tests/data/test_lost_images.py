"""Images that are lost once a run has begun are named in one line; those in the packed file, or
replaced, are used.
"""

import os

import numpy as np
import pytest
from data_options import opened
from image_files import JPEG, NO_IMAGE
from PIL import Image

from ms_gan.data import pipeline
from ms_gan.data.decode import Unusable, decode
from ms_gan.data.images import ImageBatches
from ms_gan.data.pipeline import Pipeline
from ms_gan.errors import GanError


@pytest.fixture
def four(tmp_path):
    """Batches of four images, all of them in a batch, read from the files in every epoch."""
    for index in range(4):
        (tmp_path / f"{index}.jpg").write_bytes(JPEG)
    batches = ImageBatches(opened(tmp_path, cache=False), 4, 0)
    yield batches
    batches.close()


@pytest.mark.parametrize(
    "damage, reason",
    [
        (lambda file: file.unlink(), "not a file"),
        (lambda file: file.write_bytes(b""), "empty file"),
        (lambda file: file.write_bytes(b"broken now"), NO_IMAGE),
        (lambda file: file.write_bytes(JPEG[:300]), "Truncated File Read"),
        (lambda file: (file.unlink(), os.mkfifo(file)), "not a file"),
    ],
    ids=["gone", "emptied", "broken", "header", "pipe"],
)
def test_an_image_lost_between_epochs_is_named(tmp_path, four, damage, reason):
    stream = four.from_step(0)
    next(stream)
    damage(tmp_path / "2.jpg")
    with pytest.raises(
        GanError,
        match=rf"can't be read any more \({tmp_path}/2\.jpg: {reason}\); mend or remove it",
    ) as error:
        next(stream)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "damage, reason",
    [
        (lambda file: file.unlink(), "not a file"),
        (lambda file: file.write_bytes(b""), "empty file"),
        (lambda file: file.write_bytes(JPEG[:300]), "Truncated File Read"),
    ],
    ids=["gone", "emptied", "header"],
)
def test_an_image_lost_during_an_epoch_is_named(tmp_path, monkeypatch, damage, reason):
    for index in range(4):
        (tmp_path / f"{index}.jpg").write_bytes(JPEG)
    images = opened(tmp_path, cache=False)
    looked = Pipeline._refuse_lost

    def then_damaged(pipeline, order, whole=False):
        looked(pipeline, order, whole)
        damage(tmp_path / "2.jpg")

    monkeypatch.setattr(Pipeline, "_refuse_lost", then_damaged)
    with pytest.raises(GanError, match="image") as error:
        list(images.rows(range(4), 4))
    assert "\n" not in str(error.value)
    monkeypatch.setattr(Pipeline, "_refuse_lost", looked)
    with pytest.raises(GanError, match=rf"2\.jpg: {reason}\)"):
        list(images.rows(range(4), 4))


def test_a_file_that_can_be_opened_but_not_read_is_named(tmp_path, monkeypatch):
    for index in range(4):
        (tmp_path / f"{index}.jpg").write_bytes(JPEG)

    def unopenable(file, whole=False):  # as on a disk with a bad block
        if not whole:
            (tmp_path / "2.jpg").unlink(missing_ok=True)
        return "broken: Input/output error" if whole and file.name == "2.jpg" else None

    monkeypatch.setattr(pipeline, "unopenable", unopenable)
    with pytest.raises(GanError, match=r"2\.jpg: Input/output error\); mend or remove it"):
        opened(tmp_path)


def test_a_jpeg_cut_at_any_place_of_its_header_never_ends_the_process(tmp_path, four):
    stream = four.from_step(0)
    next(stream)
    header = JPEG.index(b"\xff\xda") + 20
    for length in range(1, header):
        (tmp_path / "2.jpg").write_bytes(JPEG[:length])
        with pytest.raises(Unusable):
            decode(JPEG[:length])
        if length % 16 == 0:  # through MindSpore's threads, too
            with pytest.raises(GanError, match=r"can't be read any more \(.*2\.jpg: "):
                next(four.from_step(0))


def test_an_image_replaced_by_another_sound_one_is_used(tmp_path, four):
    stream = four.from_step(0)
    before = next(stream)[0].asnumpy().min()
    for index in range(4):
        Image.new("RGB", (20, 20), "white").save(tmp_path / f"{index}.jpg")
    assert next(stream)[0].asnumpy().min() > 0.99 > before


def test_a_run_from_the_packed_file_does_not_mind_lost_images(tmp_path):
    for index in range(4):
        (tmp_path / f"{index}.jpg").write_bytes(JPEG)
    stream = ImageBatches(opened(tmp_path), 4, 0).from_step(0)
    first = next(stream)[0].asnumpy()
    (tmp_path / "0.jpg").unlink()
    (tmp_path / "1.jpg").write_bytes(JPEG[:300])
    assert np.array_equal(np.sort(next(stream)[0].asnumpy(), 0), np.sort(first, 0))
