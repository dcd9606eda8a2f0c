"""Every system's first five steps against the same steps in PyTorch, whose results
`tests/reference` stores.
"""

import pytest
from conftest import convert
from reference.compare import differences
from reference.inputs import SYSTEMS

# Nearly all the time goes into compiling, so not everything is built twice. What im2col makes,
# whose gradients are of the package's own making, gets every network that uses it, and MindSpore's
# own layers every objective.
SAME_NETWORKS = (  # as another system's, with another loss
    "faces-plus-augmented",
    "faces-wgan-gp-dcgan",
    "faces-wgan-gp-wgan",
    "cyclegan-identity",
)
IM2COL = tuple(name for name in SYSTEMS if name not in (*SAME_NETWORKS, "pix2pix"))
OWN_LAYERS = ("mnist-dcgan", "faces-wgan-gp", "faces-began", "pix2pix", *SAME_NETWORKS)
CASES = [*((name, "im2col") for name in IM2COL), *((name, "mindspore") for name in OWN_LAYERS)]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: "-".join(case))
def case(request):
    """A system's `Differences` from the reference, by kind of reference."""
    name, choice = request.param
    return differences(name, lambda network: convert(network, choice))


def test_the_losses_are_the_same(case):
    for key, apart in case["mindspore_adam"].losses.items():
        assert apart[0] < 1e-5 and apart[-1] < 1e-3, f"{key}: {apart}"


def test_the_losses_with_pytorchs_own_adam_and_rounding_are_nearly_the_same(case):
    for key, apart in case["float32"].losses.items():
        assert apart[0] < 1e-5 and apart[-1] < 1e-3, f"{key}: {apart}"


def test_the_first_gradients_are_the_same(case):
    too_far = {
        key: apart for key, apart in case["mindspore_adam"].gradients.items() if not apart < 1e-4
    }
    assert not too_far


def test_the_weights_are_as_long_after_the_last_step(case):
    too_far = {
        key: apart for key, apart in case["mindspore_adam"].norms.items() if not apart < 1e-4
    }
    assert not too_far
