"""python -m ms_gan.export: what it says, and that nothing is lost."""

import sys

import exported
import lively
import pytest

from ms_gan.export import formats
from ms_gan.recipes import RECIPES


@pytest.fixture
def ckpt(tmp_path):
    return lively.write(tmp_path / "generator.ckpt", "gaussian", {})


def test_what_was_written_is_told_and_what_stood_there_is_replaced(ckpt, tmp_path, run):
    pytest.importorskip("safetensors")
    (tmp_path / "g.safetensors").write_text("before")
    ended = run("export", "--ckpt", ckpt, "--format", "safetensors", "--out", "g.safetensors")
    written = (tmp_path / "g.safetensors").stat()
    size = written.st_size
    assert written.st_mode == ckpt.stat().st_mode  # others may read it, too
    assert (ended.status, ended.err) == (0, "")
    assert ended.out == f"g.safetensors: gaussian, {size:,} bytes\n"


def test_a_failure_leaves_what_stood_there(ckpt, tmp_path, run, monkeypatch):
    pytest.importorskip("safetensors")
    from ms_gan.export import safetensors

    def write(trained, path):
        path.write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(safetensors, "write", write)
    (tmp_path / "g.safetensors").write_text("before")
    ended = run("export", "--ckpt", ckpt, "--format", "safetensors", "--out", "g.safetensors")
    assert ended.status == 1
    assert ended.err == "ms_gan.export: error: g.safetensors: No space left on device\n"
    assert (tmp_path / "g.safetensors").read_text() == "before"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["g.safetensors", "generator.ckpt"]


@pytest.mark.parametrize(
    "arguments, status, said",
    [
        ("--format onnx", 2, "--out"),
        ("--out g.onnx", 2, "--format"),
        ("--format tflite --out g.tflite", 2, "invalid choice: 'tflite'"),
        ("--format onnx --out g.mindir", 2, "--out g.mindir: expected a name ending in .onnx"),
        ("--format pytorch --out g", 2, "expected a name ending in .pt or .pth"),
        ("--ckpt none.ckpt --format mindir --out g.mindir", 1, "none.ckpt: no such checkpoint"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(arguments, status, said, tmp_path, run):
    ended = run("export", *arguments.split())
    assert (ended.status, ended.out) == (status, "")
    assert said in ended.err and ended.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("package", ["onnx", "safetensors", "torch"])
def test_a_package_that_is_missing_is_named(package, ckpt, run, monkeypatch):
    format = {"torch": "pytorch"}.get(package, package)
    monkeypatch.delitem(sys.modules, f"ms_gan.export.{format}", raising=False)
    for name in (package, f"{package}.numpy"):
        monkeypatch.setitem(sys.modules, name, None)
    out = f"g{formats.FORMATS[format][0]}"
    ended = run("export", "--ckpt", ckpt, "--format", format, "--out", out)
    assert (ended.status, ended.out) == (1, "")
    assert f"{package} is not installed: pip install '.[export]'" in ended.err


def test_every_recipe_has_a_case():
    assert exported.SIZES.keys() == RECIPES.keys()
