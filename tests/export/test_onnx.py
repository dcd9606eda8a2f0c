"""ONNX files make what the generators make, in onnxruntime."""

import contextlib
import json

import exported
import lively
import numpy as np
import pytest
from mindspore import Tensor, nn, ops

from ms_gan.errors import GanError
from ms_gan.export.formats import Trained, write
from ms_gan.load import load

pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def made(path, given):
    """What a file makes of inputs."""
    opened = session(path)
    return opened.run(None, {opened.get_inputs()[0].name: given})[0]


@pytest.mark.parametrize("name", exported.SIZES)
def test_every_recipe_makes_the_same_in_onnxruntime(name, tmp_path):
    ckpt = lively.write(tmp_path / "generator.ckpt", name, exported.SIZES[name])
    write(ckpt, "onnx", tmp_path / "generator.onnx")
    given, expected = exported.example(ckpt, 5)
    found = made(tmp_path / "generator.onnx", given)
    scale = max(np.abs(expected).max(), 1)  # BEGAN's images are unbounded
    assert np.abs(found - expected).max() <= 1e-5 * scale
    assert np.ptp(expected, axis=0).max() > 0.01  # they aren't all the same
    alone = made(tmp_path / "generator.onnx", given[3:4])
    np.testing.assert_allclose(alone[0], found[3], atol=1e-5 * scale)


def test_pixels_are_those_of_generate(tmp_path):
    ckpt = lively.write(tmp_path / "digits.ckpt", "mnist-mlp", exported.SIZES["mnist-mlp"])
    write(ckpt, "onnx", tmp_path / "digits.onnx")
    generator = load(ckpt)
    pixels = generator.finish(made(tmp_path / "digits.onnx", generator.latents(range(6))))
    apart = np.abs(pixels.astype(int) - generator.generate(range(6)))
    assert apart.max() <= 1


def test_the_file_tells_what_it_takes_and_makes(tmp_path):
    ckpt = lively.write(tmp_path / "generator.ckpt", "faces", exported.FACES)
    write(ckpt, "onnx", tmp_path / "generator.onnx")
    opened = session(tmp_path / "generator.onnx")
    [taken], [given] = opened.get_inputs(), opened.get_outputs()
    assert (taken.name, taken.shape) == ("latents", ["batch", 8])
    assert (given.name, given.shape) == ("images", ["batch", 3, 32, 32])
    told = opened.get_modelmeta().custom_metadata_map
    assert (told["recipe"], told["drawn"], told["batch"]) == ("faces", "normal", "any")
    assert (told["data_range"], told["statistics"]) == ("1.0", "running")
    assert json.loads(told["options"])["image_size"] == 32


class Sine(nn.Cell):
    """Calls a function of MindSpore on what its layer makes."""

    def __init__(self):
        super().__init__()
        self.dense = nn.Dense(4, 4)

    def construct(self, x):
        return ops.sin(self.dense(x))


def test_what_has_no_node_is_refused_in_one_line(tmp_path):
    from ms_gan.export import onnx

    cases = [
        (nn.SequentialCell(nn.Dense(4, 4), nn.Softmax()), [4], "Softmax is no layer"),
        (nn.SequentialCell(nn.Conv2d(2, 2, 3, 2), nn.ReLU()), [2, 8, 8], 'pad_mode "same"'),
        (Sine(), [4], "Sine: can't be exported layer by layer"),
    ]
    facts = {"input": "latents", "output": "images", "recipe": "mine", "ms_gan": "1"}
    for network, shape, said in cases:
        trained = Trained(network, 1, {**facts, "input_shape": shape})
        with pytest.raises(GanError, match=said):
            onnx.write(trained, tmp_path / "mine.onnx")
    with contextlib.suppress(TypeError):  # MindSpore 2.0 tells of the sine by the next value asked
        (Tensor([1.0]) + 1).asnumpy()
    assert not list(tmp_path.iterdir())


def test_a_layer_that_would_make_another_shape_is_refused(tmp_path, monkeypatch):
    from ms_gan.export import onnx

    window = onnx._window
    monkeypatch.setattr(onnx, "_window", lambda cell: {**window(cell), "strides": [1, 1]})
    ckpt = lively.write(tmp_path / "generator.ckpt", "faces", exported.FACES)
    with pytest.raises(GanError, match="can't write a layer as it is set"):
        write(ckpt, "onnx", tmp_path / "generator.onnx")
    assert [file.name for file in tmp_path.iterdir()] == ["generator.ckpt"]
