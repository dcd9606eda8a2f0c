import itertools
import tempfile
from pathlib import Path

import numpy as np
import pytest
from data_options import opened
from PIL import Image

from ms_gan.data import pipeline
from ms_gan.data.images import ImageBatches
from ms_gan.errors import UsageError


@pytest.fixture(params=[True, False], ids=["packed", "files"])
def cache(request):
    """Whether images come from a packed file."""
    return request.param


@pytest.fixture
def batches(tmp_path, cache):
    """batches(images, …): `ImageBatches` of Pillow images or {name: image}, closed in the end."""
    made = []

    def make(images, image_size=8, batch_size=1, seed=0, workers=2, **more):
        folder = tmp_path / f"images{len(list(tmp_path.glob('images*')))}"
        folder.mkdir()
        named = (
            images
            if isinstance(images, dict)
            else {f"{i}.png": image for i, image in enumerate(images)}
        )
        for name, image in named.items():
            image.save(folder / name)
        data = opened(folder, image_size, workers=workers, cache=cache)
        made.append(ImageBatches(data, batch_size, seed, **more))
        return made[-1]

    yield make
    for one in made:
        one.close()


def plain(count):
    """Images that are told apart by their grey level."""
    return [Image.new("RGB", (10, 10), (10 * index,) * 3) for index in range(count)]


def pixels(batch):
    return (batch[0].asnumpy() + 1) * 127.5


def order(batches, steps, start=0):
    """Which of the plain images each step from `start` on holds."""
    taken = itertools.islice(batches.from_step(start), steps)
    return [tuple(np.rint(pixels(batch)[:, 0, 4, 4] / 10).astype(int).tolist()) for batch in taken]


def test_a_batch_has_the_shape_type_and_range_that_the_networks_take(batches):
    image = Image.new("RGB", (20, 20))
    image.paste("white", (10, 0, 20, 20))
    batch = next(batches([image] * 5, image_size=16, batch_size=4).from_step(0))
    assert len(batch) == 1
    images = batch[0].asnumpy()
    assert images.shape == (4, 3, 16, 16)
    assert images.dtype == np.float32
    assert images.min() == pytest.approx(-1, abs=1e-6)
    assert images.max() == pytest.approx(1, abs=1e-6)
    assert (images[..., :6] < -0.99).all() and (
        images[..., -6:] > 0.99
    ).all()  # the right way round


def test_an_epoch_holds_every_image_once(batches):
    taken = order(batches(plain(12), batch_size=4), steps=6)
    assert sorted(sum(taken[:3], ())) == sorted(sum(taken[3:], ())) == list(range(12))


def test_a_last_short_batch_is_dropped(batches):
    ours = batches(plain(11), batch_size=4)
    assert ours.steps_per_epoch == 2
    taken = order(ours, steps=4)
    assert {len(step) for step in taken} == {4}
    assert len(set(sum(taken[:2], ()))) == len(set(sum(taken[2:], ()))) == 8


def test_the_order_differs_by_epoch_and_by_seed_and_is_the_same_for_the_same(batches):
    images = plain(12)
    first, again, other = (
        order(batches(images, batch_size=4, seed=seed), steps=9) for seed in (3, 3, 4)
    )
    assert first == again
    assert first != other
    assert len({tuple(first[epoch * 3 : epoch * 3 + 3]) for epoch in range(3)}) == 3
    assert sum(first[:3], ()) != tuple(range(12))


def test_the_order_does_not_depend_on_the_number_of_workers(batches):
    images = plain(12)
    assert order(batches(images, batch_size=4, workers=1), 6) == order(
        batches(images, batch_size=4, workers=2), 6
    )


@pytest.mark.parametrize("start", [1, 2, 3, 4, 7])
def test_going_on_from_a_step_continues_the_sequence(batches, start):
    ours = batches(plain(13), batch_size=4, seed=5)  # 3 steps an epoch
    whole = order(ours, steps=9)
    assert order(ours, steps=9 - start, start=start) == whole[start:]


def test_two_readers_at_once_do_not_disturb_each_other(batches):
    images = plain(8)
    alone = order(batches(images, batch_size=4, seed=1), 6)
    one, other = (batches(images, batch_size=4, seed=seed).from_step(0) for seed in (1, 2))
    seen = [
        tuple(np.rint(pixels(batch)[:, 0, 4, 4] / 10).astype(int).tolist())
        for batch, _ in itertools.islice(zip(one, other), 6)
    ]
    assert seen == alone


def arrows(count):
    """Plain images whose left half is white."""
    images = [Image.new("RGB", (8, 8), (10 * index,) * 3) for index in range(count)]
    for image in images:
        image.paste("white", (0, 0, 4, 8))
    return images


def turns(batches, steps, start=0):
    """Which image each place of a batch holds, and whether it is mirrored."""
    taken = itertools.islice(batches.from_step(start), steps)
    seen = np.concatenate([pixels(batch)[:, 0, 4] for batch in taken])
    left, right = seen[:, 0], seen[:, -1]
    assert ((left > 254) ^ (right > 254)).all()
    return list(zip(np.rint(np.minimum(left, right) / 10).astype(int), right > 254))


def test_half_of_the_images_are_mirrored_where_that_is_wanted_anew_in_every_epoch(batches):
    straight, flipped = (batches(arrows(20), batch_size=5, flip=flip) for flip in (False, True))
    plain, seen = turns(straight, 8), turns(flipped, 8)
    assert [number for number, _ in seen] == [number for number, _ in plain]
    assert not any(mirrored for _, mirrored in plain)
    assert 10 < sum(mirrored for _, mirrored in seen) < 30
    assert dict(seen[:20]) != dict(seen[20:])


@pytest.mark.parametrize("start", [1, 2, 3, 5])
def test_going_on_from_a_step_mirrors_as_before(batches, start):
    ours = batches(arrows(13), batch_size=4, seed=5, flip=True)  # 3 steps an epoch
    whole = turns(ours, 7)
    assert turns(ours, 7 - start, start) == whole[4 * start :]


def test_every_rank_mirrors_in_its_own_way(batches):
    ours = batches(arrows(24), batch_size=4, flip=True)
    mirrored = []
    for rank in (0, 1):
        ours.shard(rank, 2)
        mirrored.append([mirror for _, mirror in turns(ours, 6)])
    assert mirrored[0] != mirrored[1]


COLOUR = (200, 100, 50)
GREY = 124  # Pillow's grey of COLOUR


@pytest.mark.parametrize(
    "name, image, expected",
    [
        ("x.png", Image.new("RGB", (9, 9), COLOUR), COLOUR),
        ("x.JPG", Image.new("RGB", (9, 9), COLOUR), COLOUR),
        ("x.bmp", Image.new("RGB", (9, 9), COLOUR), COLOUR),
        ("x.png", Image.new("L", (9, 9), GREY), (GREY,) * 3),
        ("x.jpeg", Image.new("L", (9, 9), GREY), (GREY,) * 3),
        ("x.png", Image.new("LA", (9, 9), (GREY, 40)), (GREY,) * 3),
        ("x.png", Image.new("1", (9, 9), 1), (255,) * 3),
        ("x.png", Image.new("RGBA", (9, 9), (*COLOUR, 40)), COLOUR),
        ("x.png", Image.new("RGB", (9, 9), COLOUR).convert("P", palette=Image.ADAPTIVE), COLOUR),
        ("x.bmp", Image.new("RGB", (9, 9), COLOUR).convert("P", palette=Image.ADAPTIVE), COLOUR),
        ("x.png", Image.fromarray(np.full((9, 9), GREY * 257, np.uint16)), (GREY,) * 3),
        ("x.jpg", Image.new("RGB", (9, 9), COLOUR).convert("CMYK"), COLOUR),
        ("x.png", Image.new("RGB", (1, 1), COLOUR), COLOUR),
        ("x.png", Image.new("RGB", (1, 300), COLOUR), COLOUR),
    ],
    ids=[
        "png",
        "jpeg",
        "bmp",
        "grey png",
        "grey jpeg",
        "grey with alpha",
        "bilevel",
        "alpha",
        "palette png",
        "palette bmp",
        "16 bit",
        "cmyk",
        "one pixel",
        "thin",
    ],
)
def test_every_kind_of_image_becomes_three_channels_of_its_colour(batches, name, image, expected):
    got = pixels(next(batches({name: image}, image_size=32).from_step(0)))
    assert got.shape == (1, 3, 32, 32)
    assert np.abs(got - np.reshape(expected, (3, 1, 1))).max() < 3


@pytest.mark.parametrize("across", [True, False])
def test_other_shapes_are_cut_at_the_centre(batches, across):
    image = Image.new("RGB", (30, 10), "red")
    image.paste("green", (10, 0, 20, 10))
    image.paste("blue", (20, 0, 30, 10))
    got = pixels(
        next(batches([image if across else image.transpose(Image.ROTATE_90)]).from_step(0))
    )
    assert got[0, 1, 1:-1, 1:-1].min() > 120
    assert got[0, ::2, 1:-1, 1:-1].max() < 8


def test_images_in_sub_folders_are_one_class(tmp_path, cache):
    for index, image in enumerate(plain(6)):
        (tmp_path / f"class {index % 3}").mkdir(exist_ok=True)
        image.save(
            tmp_path / f"class {index % 3}" / "脸.png" if index < 3 else tmp_path / f"{index}.png"
        )
    ours = ImageBatches(opened(tmp_path, cache=cache), 2, 0)
    assert sorted(sum(order(ours, 3), ())) == list(range(6))
    ours.close()


def test_a_batch_larger_than_the_data_is_a_usage_error(batches):
    with pytest.raises(
        UsageError, match="--batch-size 4: there are only 3 images in .*; choose a batch no larger"
    ):
        batches(plain(3), batch_size=4)
    assert batches(plain(4), batch_size=4).steps_per_epoch == 1


def test_pixels_are_scaled_to_the_data_range(batches):
    image = Image.new("RGB", (20, 20))
    image.paste("white", (10, 0, 20, 20))
    (images,) = next(batches([image], data_range=0.5).from_step(0))
    assert (images.asnumpy().min(), images.asnumpy().max()) == (-0.5, 0.5)


def test_the_ranks_shards_of_a_step_make_up_that_of_one_rank(batches):
    images = plain(13)
    whole = order(batches(images, batch_size=4), steps=6)
    shards = [batches(images, batch_size=2) for _ in range(2)]
    for rank, shard in enumerate(shards):
        shard.shard(rank, 2)
    assert {shard.steps_per_epoch for shard in shards} == {3}
    assert [sum(parts, ()) for parts in zip(*(order(shard, 6) for shard in shards))] == whole
    with pytest.raises(UsageError, match="--batch-size 2 for each of 7 ranks: there are only 13"):
        shards[0].shard(0, 7)


@pytest.mark.parametrize(
    "memory", ["temporary", "no such folder"], ids=["in memory", "where there is no such place"]
)
def test_closing_removes_the_temporary_folder_and_leaves_the_images(tmp_path, monkeypatch, memory):
    (tmp_path / "temporary").mkdir()
    (tmp_path / "images").mkdir()
    for index, image in enumerate(plain(4)):
        image.save(tmp_path / "images" / f"{index}.png")
    monkeypatch.setattr(pipeline, "MEMORY", str(tmp_path / memory))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    ours = ImageBatches(opened(tmp_path / "images", cache=False), 2, 0)
    next(ours.from_step(0))
    assert len(list((tmp_path / "temporary").iterdir())) == 1
    ours.close()
    opened(tmp_path / "images")
    assert list((tmp_path / "temporary").iterdir()) == []
    assert len(list((tmp_path / "images").iterdir())) == 4


def test_links_that_cannot_be_made_are_removed(tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    plain(1)[0].save(tmp_path / "0.png")
    places = []

    def full(link, target):
        places.append(link.parents[2].name)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pipeline, "MEMORY", str(tmp_path / "temporary"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setattr(Path, "symlink_to", full)
    with pytest.raises(OSError, match="No space left"):
        opened(tmp_path, cache=False)
    assert places == ["temporary"] * 2  # in memory, then where temporary files go
    assert list((tmp_path / "temporary").iterdir()) == []
