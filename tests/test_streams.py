"""Random streams by name."""

import itertools

import numpy as np

from ms_gan.streams import stream

NUMBERS = [4288783564, 2898035745, 2123121919]  # of the first release


def test_a_stream_is_the_same_for_the_same_names_and_begins_anew():
    first = stream(3, "noise", 7, 0).standard_normal(5)
    np.testing.assert_array_equal(stream(3, "noise", np.int64(7), 0).standard_normal(5), first)


def test_numbers_stay_what_they_are():
    """Runs of later versions draw what earlier ones did."""
    drawn = stream(0, "noise", 1, 2).integers(0, 2**32, 3).tolist()
    assert drawn == NUMBERS


def test_streams_of_other_names_share_no_number():
    names = [
        ("noise", 1, 2),
        ("noise", 2, 1),
        ("noise", 12),
        ("noise", "12"),
        ("noise", 1),
        ("shuffle", 1, 2),
    ]
    names += [("noise",), (), ("noise1", 2)]
    drawn = [stream(seed, *each).integers(0, 2**63, 1000) for seed in (0, 1, 10) for each in names]
    for one, other in itertools.combinations(drawn, 2):
        assert not set(one) & set(other)


def test_drawing_from_one_leaves_numpys_global_generator_alone():
    np.random.seed(5)
    expected = np.random.random()
    np.random.seed(5)
    stream(0, "weights").random(9)
    assert np.random.random() == expected
