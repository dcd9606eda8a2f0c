import os

import pytest

from ms_gan import layers
from ms_gan.layers import plain, rows
from ms_gan.recipes import RECIPES


@pytest.mark.parametrize(
    "name, device, expected",
    [
        ("auto", "CPU", rows),
        ("auto", "GPU", plain),
        ("auto", "Ascend", plain),
        ("rows", "GPU", rows),
        ("mindspore", "CPU", plain),
    ],
)
def test_auto_is_the_faster_vocabulary_for_the_device(name, device, expected):
    assert layers.choose(name, device) is expected


def test_a_recipe_whose_networks_run_faster_on_mindspores_own_layers_gets_them_unless_asked():
    assert layers.choose("auto", "CPU", RECIPES["cyclegan"].cpu_layers) is plain
    assert layers.choose("auto", "CPU", RECIPES["faces"].cpu_layers) is rows
    assert layers.choose("rows", "CPU", "mindspore") is rows


@pytest.mark.parametrize(
    "mindspore, name, expected",
    [
        ((2, 0), "mindspore", None),
        ((2, 8), "mindspore", None),
        ((2, 9), "mindspore", "AVX2"),
        ((2, 10), "mindspore", "AVX2"),
        ((2, 10), "rows", None),
        ((2, 10), "auto", None),
    ],
)
def test_onednn_is_held_to_avx2_where_its_convolutions_need_it(
    monkeypatch, mindspore, name, expected
):
    monkeypatch.setattr(layers, "version", lambda package: mindspore)
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    layers.choose(name, "CPU")
    assert os.environ.pop("ONEDNN_MAX_CPU_ISA", None) == expected


def test_what_the_user_has_set_stays(monkeypatch):
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX512_CORE")
    layers.choose("mindspore", "CPU")
    assert os.environ["ONEDNN_MAX_CPU_ISA"] == "AVX512_CORE"
