"""Which layers networks get, and the limit that MindSpore's own convolutions need on a CPU."""

import os
import subprocess
import sys

import pytest
from conftest import ROOT
from mindspore import nn

from ms_gan import layers, runtime
from ms_gan.layers import im2col
from ms_gan.recipes import RECIPES


def prepared(*arguments):
    """What `prepare` says, after checking that the network it was given is like that."""
    network = nn.CellList([nn.Conv2d(3, 3, 3, 1, "valid")])
    used = layers.prepare([network], *arguments)
    assert type(network[0]) is {"im2col": im2col.Conv2d, "mindspore": nn.Conv2d}[used]
    return used


@pytest.mark.parametrize(
    "choice, device, expected",
    [
        ("auto", "CPU", "im2col"),
        ("auto", "GPU", "mindspore"),
        ("auto", "Ascend", "mindspore"),
        ("im2col", "GPU", "im2col"),
        ("mindspore", "CPU", "mindspore"),
    ],
)
def test_auto_is_the_faster_for_the_device(choice, device, expected):
    assert prepared(choice, device, True) == expected


def test_a_recipe_whose_networks_run_faster_on_mindspores_own_layers_gets_them_unless_asked():
    assert prepared("auto", "CPU", RECIPES["pix2pix"].im2col_on_cpu) == "mindspore"
    assert prepared("auto", "CPU", RECIPES["faces"].im2col_on_cpu) == "im2col"
    assert prepared("im2col", "CPU", False) == "im2col"


@pytest.mark.parametrize(
    "mindspore, choice, expected",
    [
        ((2, 0), "mindspore", None),
        ((2, 8), "mindspore", None),
        ((2, 9), "mindspore", "AVX2"),
        ((2, 10), "mindspore", "AVX2"),
        ((2, 10), "im2col", None),
        ((2, 10), "auto", None),
    ],
)
def test_onednn_is_held_to_avx2_where_its_convolutions_need_it(
    monkeypatch, mindspore, choice, expected
):
    monkeypatch.setattr(runtime, "version", lambda package: mindspore)
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    prepared(choice, "CPU", True)
    assert os.environ.pop("ONEDNN_MAX_CPU_ISA", None) == expected


def test_what_the_user_has_set_stays(monkeypatch):
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX512_CORE")
    assert runtime.limit_isa()
    assert os.environ["ONEDNN_MAX_CPU_ISA"] == "AVX512_CORE"


@pytest.fixture
def too_late(monkeypatch):
    monkeypatch.setattr(runtime, "limit_isa", lambda: False)
    layers._warn_of_slow_convolutions.cache_clear()


def test_too_late_for_the_limit_auto_is_im2col_without_a_warning(too_late, caplog):
    assert prepared("auto", "CPU", False) == "im2col"
    assert prepared("auto", "GPU", False) == "mindspore"
    assert not caplog.records


def test_too_late_for_the_limit_mindspores_own_layers_are_warned_of_once(too_late, caplog):
    assert [prepared("mindspore", "CPU", True) for _ in range(2)] == ["mindspore"] * 2
    (record,) = caplog.records
    assert record.levelname == "WARNING" and "\n" not in record.getMessage()
    assert "ONEDNN_MAX_CPU_ISA=AVX2" in record.getMessage()
    assert "--layers im2col" in record.getMessage()


LIMITED = """
from ms_gan import runtime
runtime.start("CPU")
import mindspore as ms
import numpy as np
from ms_gan.recipes import RECIPES
if {early}:
    ones = ms.Tensor(np.ones((64, 64), np.float32))
    ms.ops.matmul(ones, ones).asnumpy()
RECIPES["cyclegan"].objective(5)
print(runtime.limit_isa(), runtime.limit_isa())
"""


def has_avx512():
    try:
        return " avx512f " in runtime.CPUINFO.read_text(encoding="utf-8")
    except OSError:
        return False


@pytest.mark.parametrize("early", [False, True])
def test_the_limit_is_in_time_after_building_networks_and_too_late_after_computing(early):
    limited = runtime.version("mindspore") >= (2, 9) and has_avx512()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ONEDNN")}
    done = subprocess.run(
        [sys.executable, "-c", LIMITED.format(early=early)],
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    in_time = not (early and limited)
    assert done.stdout.split() == [str(in_time)] * 2, done.stderr


def test_where_onednn_cannot_be_asked_it_counts_as_in_time(monkeypatch):
    def missing(path):
        raise OSError(path)

    monkeypatch.setattr(runtime.ctypes, "CDLL", missing)
    assert runtime.limit_isa()


def test_importing_the_layers_does_not_import_mindspore():
    text = "import sys, ms_gan.layers; assert 'mindspore' not in sys.modules"
    subprocess.run(
        [sys.executable, "-c", text], env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True
    )
