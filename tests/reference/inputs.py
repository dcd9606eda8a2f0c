"""What both sides of the comparison start from: sizes, first weights, and the data and noise of
every step.

Everything is drawn from seeds, so nothing has to be stored. numpy only: both sides import it.
"""

import zlib
from math import prod, sqrt
from typing import NamedTuple

import numpy as np

STEPS = 5


def normal(rng, shape):
    """N(0, 1)."""
    return rng.standard_normal(shape)


def points(rng, shape):
    """The correlated points that the gaussian system learns."""
    return rng.standard_normal(shape) @ np.array([[1, 2], [-0.1, 0.5]]) + np.array([1, 2])


def both_signs(rng, shape):
    """U(-1, 1)."""
    return rng.uniform(-1, 1, shape)


def half_range(rng, shape):
    """U(-0.5, 0.5)."""
    return rng.uniform(-0.5, 0.5, shape)


def share(rng, shape):
    """U(0, 1)."""
    return rng.uniform(0, 1, shape)


class System(NamedTuple):
    """How large a system is, and what each of its steps takes: {name: (distribution, shape)}, in
    order of use.
    """

    sizes: dict
    arrays: dict


PHOTO, SMALL_PHOTO, LATENT = (4, 3, 64, 64), (4, 3, 32, 32), (4, 8)
WGAN_SIZES = {"nz": 8, "ngf": 2, "ndf": 2}
WGAN_ARRAYS = {
    "real": (half_range, PHOTO),
    "noise_d": (normal, LATENT),
    "noise_g1": (normal, LATENT),
    "noise_g2": (normal, LATENT),
}
CYCLEGAN = System(
    {"ngf": 2, "ndf": 2, "blocks": 2},
    {"x": (both_signs, (2, 3, 32, 32)), "y": (both_signs, (2, 3, 32, 32))},
)

FACES = System(
    {"image_size": 32, "nz": 8, "ngf": 2, "ndf": 2},
    {"real": (both_signs, SMALL_PHOTO), "noise": (normal, LATENT)},
)

SYSTEMS = {
    "gaussian": System({}, {"real": (points, (8, 2)), "noise": (normal, (8, 2))}),
    "mnist-mlp": System(
        {"nz": 8, "ngf": 2, "ndf": 2},
        {
            "real": (both_signs, (4, 1, 28, 28)),
            "noise_d": (both_signs, LATENT),
            "noise_g": (both_signs, LATENT),
        },
    ),
    "mnist-dcgan": System(
        {"nz": 8, "ngf": 4, "ndf": 2},
        {"real": (both_signs, (4, 1, 32, 32)), "noise": (normal, LATENT)},
    ),
    "faces": System(
        {"image_size": 32, "nz": 8, "ngf": 4, "ndf": 4},
        {"real": (both_signs, SMALL_PHOTO), "noise": (normal, LATENT)},
    ),
    "faces-plus": FACES,
    "faces-plus-augmented": System(FACES.sizes, {**FACES.arrays, "numbers": (share, (3, 4, 7))}),
    "faces-r1": FACES,
    "faces32": System(
        {"nz": 8, "ngf": 4, "ndf": 4},
        {
            "real": (both_signs, SMALL_PHOTO),
            "noise_d": (both_signs, LATENT),
            "noise_g": (both_signs, LATENT),
        },
    ),
    "faces-wgan-gp": System(WGAN_SIZES, {**WGAN_ARRAYS, "mixing": (share, (4, 1, 1, 1))}),
    "faces-wgan-gp-dcgan": System(WGAN_SIZES, WGAN_ARRAYS),
    "faces-wgan-gp-wgan": System(WGAN_SIZES, WGAN_ARRAYS),
    "faces-began": System(
        {"image_size": 64, "nz": 8, "ngf": 3, "ndf": 3},
        {"real": (both_signs, (2, 3, 64, 64)), "noise": (both_signs, (2, 8))},
    ),
    "pix2pix": System(
        {"image_size": 32, "ngf": 2, "ndf": 2},
        {"inputs": (both_signs, (2, 3, 32, 32)), "targets": (both_signs, (2, 3, 32, 32))},
    ),
    "cyclegan": CYCLEGAN,
    "cyclegan-identity": CYCLEGAN,
}


def arrays(system, step):
    """The arrays of step 0, 1, ... of a system: {name: float32}, in the order of `SYSTEMS`."""
    return {
        name: draw(_rng(name, step), shape).astype(np.float32)
        for name, (draw, shape) in SYSTEMS[system].arrays.items()
    }


def weights(shapes, roles):
    """The first values of a system's parameters, as float32 arrays: of all its networks together,
    one after another.

    Roles are "weight", "bias", "gamma" and "beta". Weights are scaled by their inputs, so that the
    signal survives even in layers of two channels, which the recipes' N(0, 0.02) would drown in
    rounding.
    """
    rng, values = _rng("weights"), []
    for shape, role in zip(shapes, roles):
        drawn = rng.standard_normal(shape)
        scale = 1 / sqrt(prod(shape[1:])) if role == "weight" else 0.1
        values.append(((role == "gamma") + scale * drawn).astype(np.float32))
    return values


def directions(lengths):
    """The first vectors of spectral normalisation, one of length 1 for each layer."""
    rng = _rng("directions")
    drawn = [rng.standard_normal(length) for length in lengths]
    return [(vector / np.linalg.norm(vector)).astype(np.float32) for vector in drawn]


def _rng(name, step=0):
    return np.random.default_rng([zlib.crc32(name.encode()), step])
