"""A small classifier of digits: whether generated ones can be read, and which they are.

Trained once for a data set and kept in the datasets folder's cache.
"""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

import mindspore as ms
import numpy as np
from mindspore import Tensor, nn, ops
from tqdm.auto import tqdm

from ms_gan import layers
from ms_gan.data.base import scaled
from ms_gan.errors import GanError
from ms_gan.in_turns import in_turns
from ms_gan.parameters import initialised
from ms_gan.streams import stream
from ms_gan.training import checkpoint

STEPS, BATCH, RATE = 2000, 64, 0.001
SHIFT = 2  # pixels that training digits are moved by, at most
ASIDE = 6  # every sixth digit tests the classifier
TOGETHER = 500  # images
RULES = 2  # to be raised where network or training changes

log = logging.getLogger(__name__)


class Network(nn.Cell):
    """Images (N, 1, side, side) in [-1, 1] to logits (N, 10), or features (N, 128)."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self.net = nn.SequentialCell(*_stage(1, 32), *_stage(32, 64))
        self.dense = nn.Dense(64 * (side // 4) ** 2, 128, weight_init="xavier_uniform")
        self.norm = nn.BatchNorm1d(128)
        self.last = nn.Dense(128, 10, weight_init="xavier_uniform")

    def construct(self, images: Tensor) -> tuple[Tensor, Tensor]:
        maps = self.net(images)
        features = ops.relu(self.norm(self.dense(maps.reshape(maps.shape[0], -1))))
        return self.last(features), features


class DigitClassifier:
    """A trained classifier.

    Attributes:
        accuracy: its share of right answers on digits that it hasn't seen.
    """

    def __init__(self, network: Network, accuracy: float) -> None:
        self._network = network
        self.accuracy = accuracy

    def __call__(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Tell what digits are.

        Args:
            pixels: uint8 (n, side, side, 1).

        Returns:
            Probabilities (n, 10) and features (n, 128), float32.
        """
        return _outputs(self._network, pixels.transpose(0, 3, 1, 2))


def digit_classifier(pixels: np.ndarray, labels: np.ndarray, cache: Path) -> DigitClassifier:
    """The classifier of a set of digits, from its file in the cache, or trained now.

    Args:
        pixels: uint8 (n, 1, side, side). Every sixth one is left out of training, to test it.
        labels: uint8 (n,), 0 to 9.
        cache: the folder for its checkpoint.
    """
    digest = hashlib.sha256(pixels.tobytes() + labels.tobytes() + f"{RULES}".encode())
    path = cache / f"classifier-{digest.hexdigest()[:16]}.ckpt"
    with initialised(0):
        network = Network(pixels.shape[-1])
    layers.prepare([network], "auto", ms.get_context("device_target"), True)
    parameters = dict(network.parameters_and_names())
    if path.is_file():
        try:
            values, meta = checkpoint.load(path, "classifier")
            checkpoint.restore(parameters, values, path)
            return DigitClassifier(network, meta["accuracy"])
        except GanError as error:
            log.warning("%s; training it again", error)
    tests = np.arange(len(pixels)) % ASIDE == 0
    _train(network, pixels[~tests], labels[~tests])
    probabilities, _ = _outputs(network, pixels[tests])
    accuracy = float((probabilities.argmax(1) == labels[tests]).mean())
    try:
        checkpoint.save(path, parameters, {"kind": "classifier", "accuracy": accuracy})
    except (OSError, GanError) as error:
        log.warning("%s: can't be written: %s", path, error)
    return DigitClassifier(network, accuracy)


def _train(network: Network, pixels: np.ndarray, labels: np.ndarray) -> None:
    schedule = nn.cosine_decay_lr(0.0, RATE, STEPS, STEPS, 1)
    optimizer = nn.Adam(network.trainable_params(), schedule)

    def loss(images: Tensor, answers: Tensor) -> Tensor:
        return ops.cross_entropy(network(images)[0], answers)

    gradient = ops.value_and_grad(loss, None, optimizer.parameters)

    @in_turns
    @ms.jit
    def train_step(images: Tensor, answers: Tensor) -> Tensor:
        value, gradients = gradient(images, answers)
        optimizer(gradients)
        return value

    network.set_train(True)
    rng = stream(0, "classifier")
    for _ in tqdm(range(STEPS), desc="training a classifier", leave=False, disable=None):
        chosen = rng.integers(len(pixels), size=BATCH)
        images = scaled(_shifted(pixels[chosen], rng))
        train_step(images, Tensor(labels[chosen].astype(np.int32)))


def _shifted(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Images moved by up to two pixels, each in its own direction."""
    side = pixels.shape[-1]
    padded = np.pad(pixels, ((0, 0), (0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT)))
    moved = np.empty_like(pixels)
    for image, source, (top, left) in zip(
        moved, padded, rng.integers(0, 2 * SHIFT + 1, (len(pixels), 2))
    ):
        image[:] = source[:, top : top + side, left : left + side]
    return moved


def _outputs(network: Network, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    logits, features = [], []
    network.set_train(False)
    for first in range(0, len(pixels), TOGETHER):
        both = network(scaled(pixels[first : first + TOGETHER]))
        logits.append(both[0].asnumpy().copy())
        features.append(both[1].asnumpy().copy())
    exponents = np.concatenate(logits)
    exponents = np.exp(exponents - exponents.max(1, keepdims=True))
    return exponents / exponents.sum(1, keepdims=True), np.concatenate(features)


def _stage(inputs: int, outputs: int) -> list[nn.Cell]:
    """Half the side."""
    conv = nn.Conv2d(inputs, outputs, 4, 2, pad_mode="pad", padding=1, weight_init="HeNormal")
    return [conv, nn.BatchNorm2d(outputs), nn.ReLU()]
