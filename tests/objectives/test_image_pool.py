import mindspore as ms
import numpy as np
import pytest

from ms_gan.objectives.image_pool import ImagePool, draws
from ms_gan.parameters import assign

SIZE, SHAPE, BATCH = 4, (2, 3, 3), 3


class Plain:
    """The same pool in plain Python, one image after the other."""

    def __init__(self, size):
        self.size, self.images = size, []

    def exchange(self, images, drawn):
        out = []
        for image, (place, chance) in zip(images, drawn):
            if len(self.images) < self.size:
                self.images.append(image)
            elif chance < 0.5:
                place = int(place * self.size)
                image, self.images[place] = self.images[place], image
            out.append(image)
        return np.stack(out)


def batches(count):
    """Batches of images that are all different, with their draws."""
    rng = np.random.default_rng(0)
    for _ in range(count):
        yield rng.standard_normal((BATCH, *SHAPE)).astype(np.float32), draws(rng, BATCH)


@pytest.fixture(scope="module")
def compiled():
    pool = ImagePool("pool_x", (SIZE, *SHAPE))
    return pool, ms.jit(pool.exchange)


@pytest.fixture
def empty(compiled):
    pool, exchange = compiled
    assign(pool.state, {"pool_x.images": np.zeros((SIZE, *SHAPE)), "pool_x.filled": 0})
    return pool, lambda images, drawn: exchange(ms.Tensor(images), ms.Tensor(drawn)).asnumpy()


def test_it_is_filled_first_by_what_it_hands_back(empty):
    pool, exchange = empty
    ((images, _),) = batches(1)
    always = np.zeros((BATCH, 2), np.float32)  # would swap, if the pool were full
    np.testing.assert_array_equal(exchange(images, always), images)
    assert pool.filled.asnumpy() == BATCH
    np.testing.assert_array_equal(pool.images.asnumpy()[:BATCH], images)
    assert not pool.images.asnumpy()[BATCH:].any()


def test_it_becomes_full_within_a_batch_and_swaps_from_the_next_image_on(empty):
    pool, exchange = empty
    (first, _), (second, _) = batches(2)
    always = np.zeros((BATCH, 2), np.float32)
    exchange(first, always)
    # One more is stored, the next takes the first place, the last one that place again.
    np.testing.assert_allclose(
        exchange(second, always), [second[0], first[0], second[1]], atol=1e-6
    )
    np.testing.assert_allclose(
        pool.images.asnumpy(), [second[2], first[1], first[2], second[0]], atol=1e-6
    )
    assert pool.filled.asnumpy() == SIZE


def test_it_follows_a_plain_pool(empty):
    pool, exchange = empty
    plain, handed_back, swapped = Plain(SIZE), 0, 0
    for images, drawn in batches(20):
        found = exchange(images, drawn)
        np.testing.assert_allclose(found, plain.exchange(images, drawn), atol=1e-5)
        np.testing.assert_allclose(
            pool.images.asnumpy()[: len(plain.images)], plain.images, atol=1e-5
        )
        same = np.isclose(found, images, atol=1e-5).all((1, 2, 3))
        handed_back, swapped = handed_back + same.sum(), swapped + (~same).sum()
    assert handed_back > 10 and swapped > 10


@pytest.mark.parametrize(
    "chance, swaps", [(0.0, True), (0.499, True), (0.5, False), (0.999, False)]
)
@pytest.mark.parametrize(
    "place, index", [(0.0, 0), (0.74, 2), (0.76, 3), (np.float32(1) - 2**-24, 3)]
)
def test_draws_choose_the_place_and_whether_to_swap(empty, chance, swaps, place, index):
    pool, exchange = empty
    stored = np.arange(1, SIZE + 1, dtype=np.float32).reshape(-1, 1, 1, 1) * np.ones(
        (1, *SHAPE), np.float32
    )
    assign(pool.state, {"pool_x.images": stored, "pool_x.filled": SIZE})
    images = np.full((BATCH, *SHAPE), 9, np.float32)
    drawn = np.array([[place, chance], [0, 0.9], [0, 0.9]], np.float32)
    found = exchange(images, drawn)[:, 0, 0, 0]
    assert found.tolist() == [index + 1 if swaps else 9, 9, 9]
    assert (pool.images.asnumpy()[index] == (9 if swaps else index + 1)).all()


def test_its_state_has_names_of_its_own():
    assert list(ImagePool("pool_y", (2, *SHAPE)).state) == ["pool_y.images", "pool_y.filled"]


def test_draws_are_two_numbers_an_image_from_0_to_1():
    drawn = draws(np.random.default_rng(1), 1000)
    assert (drawn.shape, drawn.dtype) == ((1000, 2), np.float32)
    assert 0 <= drawn.min() < 0.01 and 0.99 < drawn.max() < 1
