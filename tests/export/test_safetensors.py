"""Weights in safetensors files, and back."""

import json

import exported
import lively
import numpy as np
import pytest

from ms_gan.errors import GanError
from ms_gan.export.formats import write
from ms_gan.import_weights import convert
from ms_gan.training import checkpoint

pytest.importorskip("safetensors")
from safetensors import safe_open  # noqa: E402
from safetensors.numpy import save_file  # noqa: E402


@pytest.mark.parametrize("name", ["faces-plus", "pix2pix", "gaussian"])
def test_weights_come_back_to_the_bit(name, tmp_path):
    ckpt = lively.write(tmp_path / "generator.ckpt", name, exported.SIZES[name])
    write(ckpt, "safetensors", tmp_path / "generator.safetensors")
    before, meta = checkpoint.load(ckpt, "generator")
    with safe_open(tmp_path / "generator.safetensors", framework="np") as file:
        assert set(file.keys()) == before.keys()
        told = file.metadata()
    assert (told["recipe"], json.loads(told["options"])) == (name, meta["options"])
    convert(tmp_path / "generator.safetensors", tmp_path / "back.ckpt")
    after, meta_after = checkpoint.load(tmp_path / "back.ckpt", "generator")
    assert after.keys() == before.keys()
    for key, value in before.items():
        np.testing.assert_array_equal(after[key], value)
    assert (meta_after["recipe"], meta_after["options"]) == (name, meta["options"])


def test_what_is_no_such_file_is_refused(tmp_path):
    ckpt = lively.write(tmp_path / "generator.ckpt", "gaussian", {})
    write(ckpt, "safetensors", tmp_path / "whole.safetensors")
    whole = (tmp_path / "whole.safetensors").read_bytes()
    (tmp_path / "cut.safetensors").write_bytes(whole[:-3])
    weight = {"net.weight": np.zeros((3, 3), np.float32)}
    save_file(weight, tmp_path / "other.safetensors", {"recipe": "gaussian", "options": "{}"})
    save_file(weight, tmp_path / "bare.safetensors")
    save_file(weight, tmp_path / "strange.safetensors", {"recipe": "mine", "options": "{}"})
    cases = {
        "cut": "not a whole safetensors file",
        "other": r"1 values are missing: net.bias; 1 values are of another shape: net.weight",
        "bare": "holds no convolutions",
        "strange": "made by a recipe 'mine'",
    }
    for name, said in cases.items():
        with pytest.raises(GanError, match=said):
            convert(tmp_path / f"{name}.safetensors", tmp_path / "back.ckpt")
    assert not (tmp_path / "back.ckpt").exists()
