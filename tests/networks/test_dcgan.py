import mindspore as ms
import numpy as np
import pytest

from ms_gan.networks.dcgan import Discriminator, Generator
from ms_gan.parameters import initialised


def noise(count, nz=6, seed=0):
    return ms.Tensor(np.random.default_rng(seed).standard_normal((count, nz)).astype(np.float32))


def shapes(network):
    return {key: parameter.shape for key, parameter in network.parameters_and_names()}


@pytest.mark.parametrize("size", [32, 64, 128])
def test_images_come_out_and_logits_go_in_at_every_size(converted, size):
    images = converted(Generator(nz=6, ngf=2, image_size=size))(noise(3))
    assert images.shape == (3, 3, size, size)
    assert np.abs(images.asnumpy()).max() <= 1
    assert converted(Discriminator(ndf=2, image_size=size))(images).shape == (3,)


@pytest.mark.parametrize("size", [0, 16, 48, 100, 256])
@pytest.mark.parametrize("network", [Generator, Discriminator])
def test_other_sizes_are_refused(network, size):
    with pytest.raises(ValueError, match=f"{size}.*32, 64, 128"):
        network(image_size=size)


def test_the_generator_is_the_tutorials():
    found = shapes(Generator())
    weights = [shape for key, shape in found.items() if key.endswith("weight")]
    assert weights == [
        (100, 512, 4, 4),
        (512, 256, 4, 4),
        (256, 128, 4, 4),
        (128, 64, 4, 4),
        (64, 3, 4, 4),
    ]
    assert [shape for key, shape in found.items() if key.endswith("gamma")] == [
        (512,),
        (256,),
        (128,),
        (64,),
    ]
    assert not [key for key in found if key.endswith("bias")]


def test_the_discriminator_mirrors_it_by_its_own_width():
    found = shapes(Discriminator(ndf=8))
    weights = [shape for key, shape in found.items() if key.endswith("weight")]
    assert weights == [(8, 3, 4, 4), (16, 8, 4, 4), (32, 16, 4, 4), (64, 32, 4, 4), (1, 64, 4, 4)]
    assert [shape for key, shape in found.items() if key.endswith("gamma")] == [(16,), (32,), (64,)]
    assert not [key for key in found if key.endswith("bias")]


def test_without_batch_normalisation_all_convolutions_have_biases_of_zero():
    values = dict(Discriminator(ndf=2, batch_norm=False).parameters_and_names())
    assert {key.split(".")[-1] for key in values} == {"weight", "bias"}
    assert [p.shape for key, p in values.items() if key.endswith("bias")] == [
        (2,),
        (4,),
        (8,),
        (16,),
        (1,),
    ]
    assert not any(p.asnumpy().any() for key, p in values.items() if key.endswith("bias"))


def test_an_even_generator_begins_without_a_checkerboard(converted):
    """A constant image becomes a constant one, apart from its borders."""
    with initialised(0):
        generators = [Generator(6, 2, 32, even=even) for even in (True, False)]
    flat = ms.Tensor(np.ones((1, 8, 8, 8), np.float32))
    spread = []
    for generator in generators:
        generator.net.set_train(False)
        weight = generator.net[3].weight.asnumpy()
        assert weight.std() == pytest.approx(0.02, rel=0.2)
        doubled = converted(generator.net[3])(flat).asnumpy()[..., 1:-1, 1:-1]
        spread.append(doubled.std((2, 3)).max())
    assert spread[0] < 1e-6 < 1e-3 < spread[1]


@pytest.mark.parametrize("network", [Generator, Discriminator])
def test_initial_values_follow_the_paper(network):
    with initialised(0):
        values = {key: parameter.asnumpy() for key, parameter in network().parameters_and_names()}
    for key, value in values.items():
        if key.endswith("weight") and value.size > 10_000:
            assert abs(value.mean()) < 1e-3, key
            assert value.std() == pytest.approx(0.02, rel=0.05), key
        if key.endswith("beta"):
            assert not value.any(), key
    gammas = np.concatenate([value for key, value in values.items() if key.endswith("gamma")])
    assert gammas.mean() == pytest.approx(1, abs=0.005)
    assert gammas.std() == pytest.approx(0.02, rel=0.2)


def test_a_logit_can_have_either_sign_and_any_size(converted):
    with initialised(0):
        discriminator = converted(Discriminator(ndf=2, image_size=32))
    images = ms.Tensor(np.random.default_rng(0).uniform(-1, 1, (8, 3, 32, 32)).astype(np.float32))
    last = [
        parameter
        for key, parameter in discriminator.parameters_and_names()
        if key.endswith("weight")
    ][-1]
    ms.ops.assign(last, last * 1e6)
    logits = discriminator(images).asnumpy()
    assert logits.max() > 1
    assert np.isfinite(logits).all()


def test_in_inference_mode_an_image_does_not_depend_on_its_batch(converted):
    generator = converted(Generator(nz=6, ngf=2, image_size=32))
    generator.set_train(False)
    together = generator(noise(4)).asnumpy()
    others = ms.Tensor(np.concatenate([noise(4).asnumpy()[:2], noise(2, seed=1).asnumpy()]))
    np.testing.assert_allclose(generator(others).asnumpy()[:2], together[:2], atol=1e-6)
