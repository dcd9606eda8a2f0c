"""The machine under a run: its device, its cores, and guards against MindSpore's known traps.

`guard` has to run before MindSpore is imported, which importing `ms_gan` sees to. `start` imports
MindSpore and sets it up.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import importlib.util
import logging
import os
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from types import ModuleType

from ms_gan.errors import GanError, UsageError

log = logging.getLogger(__name__)

TRIED = ((2, 0), (2, 7), (2, 8), (2, 9), (2, 10))  # versions of MindSpore, see docs/versions.md
DEVICES = ("Ascend", "GPU", "CPU")  # the order in which `auto` tries them
CPU_MATH = ("float32", "bf16")
CPUINFO = Path("/proc/cpuinfo")
_CACHE = "MS_COMPILER_CACHE_ENABLE"
_ISA = "ONEDNN_MAX_CPU_ISA"
_ONE_THREAD = "MS_DEV_HOST_BLOCKING_RUN"
COMPUTED = "has been initialized"  # MindSpore's words where it has computed before it was set up
_AVX512 = 0x20  # in oneDNN's number for what it uses
WHEELS = {
    "Ascend": "the mindspore wheel for Linux drives it where the Ascend driver and CANN are "
    "installed",
    "GPU": "the last mindspore wheel with a GPU back end is 2.0.0 (Python 3.7-3.9, CUDA 10.1, 11.1 "
    "or 11.6)",
    "CPU": "every mindspore wheel drives it",
}


def version(package: str) -> tuple[int, ...]:
    """The first two numbers of an installed package's version, (0, 0) if it isn't installed."""
    try:
        return tuple(int(number) for number in metadata.version(package).split(".")[:2])
    except metadata.PackageNotFoundError:
        return (0, 0)


def guard() -> None:
    """Keep MindSpore's scratch folders out of the user's.

    A failed compilation leaves `rank_0/`, and Ascend's compiler `kernel_meta/`, where these
    variables say when MindSpore is imported. What the user has set stays, but for a cache of
    compiled functions.
    """
    user = os.getuid() if hasattr(os, "getuid") else "user"
    scratch = os.path.join(tempfile.gettempdir(), f"ms_gan-{user}")
    os.environ.setdefault("MS_OM_PATH", scratch)
    os.environ.setdefault("MS_COMPILER_CACHE_PATH", scratch)
    if os.environ.get(_CACHE) == "1":
        # A step from the cache updates weights of its own; those that are saved stay as they are.
        os.environ[_CACHE] = "0"
        log.warning("%s=1 is left aside: a training step from that cache trains nothing", _CACHE)


def check() -> None:
    """See whether MindSpore can run, without the seconds of its import.

    Raises:
        GanError: MindSpore isn't installed, or NumPy is too new for it.
    """
    if version("mindspore") == (0, 0):
        raise GanError("mindspore is not installed: pip install -r requirements.txt")
    if version("numpy") >= (2, 0):
        raise GanError(
            f"numpy {metadata.version('numpy')} found, but MindSpore needs numpy 1.x (it fails at "
            "its first operation with numpy 2): pip install 'numpy<2'"
        )
    _tell_untried(version("mindspore"))


def start(device: str = "auto", device_id: int = 0, cpu_math: str = "float32") -> str:
    """Import MindSpore and put it on a device.

    Args:
        device: "auto" (Ascend, then GPU, then CPU) or one of `DEVICES`.
        device_id: the number of the card.
        cpu_math: one of `CPU_MATH`.

    Returns:
        The device's name, one of `DEVICES`.

    Raises:
        UsageError: the installed MindSpore can't drive the device, or nothing here does bf16.
        GanError: MindSpore can't run.
    """
    check()
    if cpu_math == "bf16":
        _use_bf16()  # its library for CPUs reads it when MindSpore computes for the first time
    import mindspore as ms

    supported = [name for name in DEVICES if _drives(ms, name)]
    if device == "auto":
        device = supported[0]
    elif device not in supported:
        raise UsageError(
            f"--device {device}: MindSpore {ms.__version__} drives {', '.join(supported)} on this "
            f"machine; for {device}, {WHEELS[device]}"
        )
    if cpu_math == "bf16" and device != "CPU":
        raise UsageError(f"--cpu-math bf16: for CPUs, but this is on {device}; leave it out")
    if device == "CPU":
        # Otherwise MindSpore (2.7 and later) hands operations from thread to thread, and who asks
        # for a value spins. It is read at the first operation; what the user has set stays.
        os.environ.setdefault(_ONE_THREAD, "1")
    _set_device(ms, device, device_id)
    ms.set_context(mode=ms.PYNATIVE_MODE)
    return device


def limit_isa() -> bool:
    """Keep MindSpore's convolutions on a CPU from a kernel that is about 100 times too slow.

    The oneDNN of MindSpore 2.9 and newer takes it on AVX-512 machines. It reads its limit from the
    environment when it computes for the first time.

    Returns:
        Whether that was in time. A limit that the user has set stays, and counts as in time.
    """
    if version("mindspore") < (2, 9) or os.environ.setdefault(_ISA, "AVX2") != "AVX2":
        return True
    found = importlib.util.find_spec("mindspore")
    folders = (found and found.submodule_search_locations) or [""]
    try:
        onednn = ctypes.CDLL(os.path.join(folders[0], "lib", "libdnnl.so.3"))
        return not onednn.dnnl_get_effective_cpu_isa() & _AVX512
    except (OSError, AttributeError):  # another build of MindSpore: nobody can tell
        return True


def cores() -> int:
    """The number of processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Hold back what MindSpore's Python side logs, where its outcome is reported otherwise."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


@functools.cache  # once a process
def _tell_untried(found: tuple[int, ...]) -> None:
    if found not in TRIED:
        tried = ", ".join(".".join(map(str, each)) for each in TRIED)
        log.warning(
            "MindSpore %s found, but ms_gan has been tried with %s only; if something goes wrong, "
            "install one of these",
            ".".join(map(str, found)),
            tried,
        )


def _use_bf16() -> None:
    """Let the processor's AMX unit make the matrix products: bf16 factors, float32 sums."""
    if version("mindspore") < (2, 9):
        raise UsageError(
            "--cpu-math bf16: needs MindSpore 2.9 or newer, found "
            f"{metadata.version('mindspore')}; leave it out"
        )
    if not _has_amx():
        raise UsageError(
            "--cpu-math bf16: needs a processor with AMX (amx_bf16 among the flags in "
            "/proc/cpuinfo), which this one isn't; leave it out"
        )
    os.environ["ONEDNN_DEFAULT_FPMATH_MODE"] = "BF16"


def _has_amx() -> bool:
    try:
        return " amx_bf16" in CPUINFO.read_text(encoding="utf-8")
    except OSError:
        return False


def _drives(ms: ModuleType, device: str) -> bool:
    """Whether this MindSpore can use the device."""
    with quiet():
        if hasattr(ms, "hal"):
            return ms.hal.is_available(device)
        try:  # MindSpore 2.0 only tells by trying; the device that is used is set again afterwards
            ms.set_context(device_target=device)
        except (RuntimeError, ValueError):
            return False
        return True


def _set_device(ms: ModuleType, device: str, device_id: int) -> None:
    in_use = ms.get_context("device_target"), ms.get_context("device_id")
    try:
        if hasattr(ms, "set_device"):
            ms.set_device(device, device_id)
        else:
            ms.set_context(device_target=device)
            if device != "CPU":
                ms.set_context(device_id=device_id)
    except (RuntimeError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0]
        if COMPUTED in reason and in_use == (device, device_id):
            return  # on the device that is asked for
        raise GanError(
            f"--device {device} --device-id {device_id}: MindSpore can't open it: {reason}"
        ) from None
