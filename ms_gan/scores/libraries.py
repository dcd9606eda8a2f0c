"""The optional packages that scores are made with: are they there, do they work, which are they."""

from __future__ import annotations

import ctypes
import importlib.util
import os
from importlib.metadata import version
from typing import Any

INSTALL = "pip install '.[scores]' (or -r ms_gan/scores/requirements.txt)"
PACKAGES = ("torch", "torch_fidelity", "efficientnet_lite_pytorch")
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # as in glibc's malloc.h

_registered: list[Any] = []  # a library's operators are forgotten with it


def missing() -> list[str]:
    """Those of `PACKAGES` that aren't installed."""
    return [name for name in PACKAGES if importlib.util.find_spec(name) is None]


def wait_asleep() -> None:
    """Let PyTorch's threads sleep where they wait for each other, unless the user has chosen.

    By default they spin: beside a training they can take twice as long. Their library reads this
    when it is loaded, by MindSpore already where both use the system's: call it before.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def load_torch_fidelity() -> None:
    """Import torch-fidelity, also where its torchvision is built for CUDA and PyTorch for CPUs.

    Such a torchvision can't load its operators, and fails as it describes two of them. None is used
    here: they are declared, so that it can go on.
    """
    wait_asleep()
    try:
        import torch_fidelity  # noqa: F401
    except RuntimeError as error:
        if "operator torchvision::" not in str(error) or _registered:
            raise
        import torch

        library = torch.library.Library("torchvision", "DEF")
        library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _registered.append(library)
        import torch_fidelity  # noqa: F401


def keep_freed_memory() -> None:
    """Let this process keep up to 1 GiB of memory that is freed, for what is needed next.

    Otherwise glibc gives a network's larger tensors back to the system each time, and half of the
    time goes into getting them again. A C library without the function is left as it is.
    """
    c_library = ctypes.CDLL(None)
    if hasattr(c_library, "mallopt"):
        c_library.mallopt(MMAP_THRESHOLD, 2**25)  # the largest that it takes
        c_library.mallopt(TRIM_THRESHOLD, 2**30)


def versions() -> str:
    """The versions that scores depend on."""
    return ", ".join(f"{name} {version(name)}" for name in ("numpy", "torch", "torch-fidelity"))
