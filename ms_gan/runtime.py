"""The machine under a run: which device, how many workers, and guards against MindSpore's known
traps.

`guard` has to run before MindSpore is imported (importing `ms_gan` does it); `start` imports
MindSpore and sets it up.
"""

import contextlib
import ctypes
import importlib.util
import logging
import os
import random
import tempfile
from importlib import metadata
from pathlib import Path

from ms_gan.errors import GanError, UsageError

DEVICES = ("Ascend", "GPU", "CPU")  # the order in which `auto` tries them
CPU_MATH = ("float32", "bf16")
CPUINFO = Path("/proc/cpuinfo")
_ISA = "ONEDNN_MAX_CPU_ISA"
_AVX512 = 0x20  # in oneDNN's number for what it uses
WHEELS = {
    "Ascend": "the mindspore wheel for Linux drives it where the Ascend driver and CANN are installed",
    "GPU": "the last mindspore wheel with a GPU back end is 2.0.0 (Python 3.7-3.9, CUDA 10.1, 11.1 or 11.6)",
    "CPU": "every mindspore wheel drives it",
}


def version(package):
    """The installed version of a package as a tuple of its first two numbers, or (0, 0) if it isn't
    installed.
    """
    try:
        return tuple(int(number) for number in metadata.version(package).split(".")[:2])
    except metadata.PackageNotFoundError:
        return (0, 0)


def guard():
    """Set the environment variables that MindSpore reads when it is imported.

    What the user has set stays.
    """
    # Notices of the C++ side (level 2) speak of MindSpore's own workings; errors (3) still show.
    os.environ.setdefault("GLOG_v", "3")
    # Otherwise a failed compilation leaves `rank_0/`, and Ascend's compiler `kernel_meta/`, in the
    # user's folder.
    scratch = os.path.join(
        tempfile.gettempdir(), f"ms_gan-{os.getuid() if hasattr(os, 'getuid') else 'user'}"
    )
    os.environ.setdefault("MS_OM_PATH", scratch)
    os.environ.setdefault("MS_COMPILER_CACHE_PATH", scratch)


def start(device="auto", device_id=0, seed=0, cpu_math="float32"):
    """Import MindSpore, put it on a device and seed everything; return the device's name.

    device: "auto" (Ascend, then GPU, then CPU) or one of `DEVICES`; cpu_math: one of `CPU_MATH`.
    Raises UsageError for a device that the installed MindSpore can't drive or for bf16 where
    nothing does it, GanError for a MindSpore that can't run.
    """
    if version("mindspore") == (0, 0):
        raise GanError("mindspore is not installed: pip install -r requirements.txt")
    if version("numpy") >= (2, 0):
        raise GanError(
            f"numpy {metadata.version('numpy')} found, but MindSpore needs numpy 1.x (it fails at its "
            "first operation with numpy 2): pip install 'numpy<2'"
        )
    if cpu_math == "bf16":
        _use_bf16()  # before MindSpore computes anything: that is when its library for CPUs reads it
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
    _set_device(ms, device, device_id)
    ms.set_context(mode=ms.PYNATIVE_MODE)
    random.seed(seed)
    ms.set_seed(seed)  # seeds numpy too, which the layers' initialisers use
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


def cores():
    """The number of processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def quiet():
    """Hold back what MindSpore's Python side logs, where its outcome is reported in the project's
    own words.
    """
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def _use_bf16():
    """Let the processor's AMX unit make the matrix products: bf16 factors, float32 sums."""
    if version("mindspore") < (2, 9):
        raise UsageError(
            f"--cpu-math bf16: needs MindSpore 2.9 or newer, found {metadata.version('mindspore')}; "
            "leave it out"
        )
    if not _has_amx():
        raise UsageError(
            "--cpu-math bf16: needs a processor with AMX (amx_bf16 among the flags in /proc/cpuinfo), "
            "which this one isn't; leave it out"
        )
    os.environ["ONEDNN_DEFAULT_FPMATH_MODE"] = "BF16"


def _has_amx():
    try:
        return " amx_bf16" in CPUINFO.read_text(encoding="utf-8")
    except OSError:
        return False


def _drives(ms, device):
    """Whether this MindSpore can use the device."""
    with quiet():
        if hasattr(ms, "hal"):
            return ms.hal.is_available(device)
        try:  # MindSpore 2.0 only tells by trying; the device that is used is set again afterwards
            ms.set_context(device_target=device)
        except (RuntimeError, ValueError):
            return False
        return True


def _set_device(ms, device, device_id):
    try:
        if hasattr(ms, "set_device"):
            ms.set_device(device, device_id)
        else:
            ms.set_context(device_target=device)
            if device != "CPU":
                ms.set_context(device_id=device_id)
    except (RuntimeError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise GanError(
            f"--device {device} --device-id {device_id}: MindSpore can't open it: {reason}"
        ) from None
