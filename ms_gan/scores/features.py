"""Feature networks: what they see in images, kept in files so that real ones are seen once.

PyTorch is imported when a network is made, and by `ms_gan.scores` alone.
"""

from __future__ import annotations

import hashlib
import logging
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from ms_gan.errors import GanError, UsageError, os_reason
from ms_gan.files import atomic_file
from ms_gan.scores import libraries

CHOICES = ("auto", "inception", "efficientnet-lite0")
LABELS = {"inception": "Inception", "efficientnet-lite0": "EfficientNet-Lite0"}
RESIZE = {
    "inception": "TensorFlow 1's bilinear to 299x299",
    "efficientnet-lite0": "bicubic to 224x224",
}
TOGETHER = (
    4  # images; more leave the processor's cache and `keep_freed_memory`, and take longer each
)

log = logging.getLogger(__name__)


class FeatureNetwork:
    """A network that turns images into features, one vector each.

    Args:
        name: "inception", torch-fidelity's own, or "efficientnet-lite0".
        weights: Inception's file of weights. None: torch-fidelity's, which it fetches once.
        cache: the folder for features of real images.

    Attributes:
        label: the name to be told with every score, such as "EfficientNet-Lite0".
        resize: how images are brought to the network's size.

    Raises:
        GanError: the weights can't be read or fetched.
    """

    def __init__(self, name: str, weights: str | None, cache: Path) -> None:
        self.label, self.resize = LABELS[name], RESIZE[name]
        self._cache = cache
        self._network = _network(name, weights)
        about = f"{name} {hash_of(Path(weights)) if weights else ''} {libraries.versions()}"
        self._about = about.encode()

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """The features of images.

        Args:
            images: uint8 (n, height, width, channels) with 3 channels or 1.

        Returns:
            float32 (n, features).
        """
        import torch

        found = []
        with (
            torch.inference_mode(),
            tqdm(total=len(images), desc="features", leave=False, disable=None) as bar,
        ):
            for first in range(0, len(images), TOGETHER):
                part = images[first : first + TOGETHER]
                part = np.broadcast_to(part, (*part.shape[:3], 3)).transpose(0, 3, 1, 2)
                (features,) = self._network(torch.from_numpy(np.array(part)))
                found.append(features.numpy())
                bar.update(len(part))
        return np.concatenate(found)

    def kept(self, images: np.ndarray) -> np.ndarray:
        """The features of images that are asked for again, from a file in the cache if it is there.

        The file is named by the images' content, the network and the libraries, so it can't be of
        anything else. A damaged one is made again.
        """
        digest = hashlib.sha256(images.tobytes())
        digest.update(f"{images.shape}".encode() + self._about)
        path = self._cache / f"features-{digest.hexdigest()[:16]}.npz"
        try:
            return np.load(path)["features"]  # a .npz holds a checksum
        except FileNotFoundError:
            pass
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            log.warning("%s: damaged; making it again", path)
        features = self(images)
        try:
            with atomic_file(path) as temporary, open(temporary, "wb") as file:
                np.savez(file, features=features)
        except OSError as error:
            log.warning("%s: can't be written: %s", path, os_reason(error))
        return features


def feature_network(choice: str, weights: str | None, cache: Path) -> FeatureNetwork | None:
    """The feature network that is asked for.

    Args:
        choice: one of `CHOICES`; "auto" is Inception where its weights are given or have been
          fetched before, otherwise EfficientNet-Lite0.
        weights: Inception's file of weights, if one is given.
        cache: the folder for features of real images.

    Returns:
        None where "auto" is asked for and the packages aren't installed, which is logged.

    Raises:
        GanError: the packages aren't installed, or weights can't be read.
        UsageError: weights are given for the other network.
    """
    if weights and choice == "efficientnet-lite0":
        raise UsageError("--weights: for Inception; EfficientNet-Lite0 brings its own")
    lacking = libraries.missing()
    if lacking:
        packages = ", ".join(lacking)
        needed = f"FID, KID, precision and recall need {packages}: {libraries.INSTALL}"
        if choice != "auto" or weights:
            raise GanError(needed)
        log.warning(needed)
        return None
    libraries.load_torch_fidelity()
    libraries.keep_freed_memory()
    if choice == "auto":
        choice = "inception" if weights or _fetched() else "efficientnet-lite0"
    return FeatureNetwork(choice, weights, cache)


def hash_of(path: Path) -> str:
    """A hash of a file's content. Raises GanError where it can't be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise GanError(f"--weights {path}: {os_reason(error)}") from None


def _network(name: str, weights: str | None) -> Callable[[Any], tuple[Any, ...]]:
    import torch
    from torch_fidelity.utils import create_feature_extractor

    if name == "efficientnet-lite0":
        from ms_gan.scores import efficientnet

        return create_feature_extractor(
            efficientnet.NAME, [efficientnet.LAYER], cuda=False, verbose=False
        )
    if weights:
        _check_weights(torch, weights)
    try:
        return create_feature_extractor(
            "inception-v3-compat",
            ["2048"],
            cuda=False,
            verbose=False,
            feature_extractor_weights_path=weights,
        )
    except (OSError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        if weights:
            raise GanError(
                f"--weights {weights}: not the weights of torch-fidelity's Inception: {reason}"
            ) from None
        raise GanError(
            f"Inception's weights can't be fetched: {reason}; give their file by --weights, or "
            "choose --features efficientnet-lite0"
        ) from None


def _check_weights(torch: Any, weights: str) -> None:
    """Refuse a file that holds anything but tensors: torch-fidelity would execute it."""
    try:
        torch.load(weights, weights_only=True)
    except OSError as error:
        raise GanError(f"--weights {weights}: {os_reason(error)}") from None
    except Exception:  # unpickling raises anything
        raise GanError(f"--weights {weights}: not a file of PyTorch tensors") from None


def _fetched() -> bool:
    """Whether torch-fidelity has fetched Inception's weights before."""
    import torch
    from torch_fidelity.feature_extractor_inceptionv3 import URL_INCEPTION_V3

    return Path(torch.hub.get_dir(), "checkpoints", os.path.basename(URL_INCEPTION_V3)).is_file()
