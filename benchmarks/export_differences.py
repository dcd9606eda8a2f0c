"""How far exported generators are from what `generate` computes: a table for docs/export.md.

    python benchmarks/export_differences.py   # every recipe, untrained
    python benchmarks/export_differences.py generator.ckpt   # trained

24 images of seeds 0 to 23, or 24 translations of random images, in each format: the largest
difference of the networks' outputs, and of pixels in levels of 255. pytorch is computed by
PyTorch's tutorial network, safetensors by what import_weights makes of the file. Needs
onnxruntime, and what `pip install '.[export]'` brings.
"""

import argparse
import tempfile
from pathlib import Path

import common
import mindspore as ms
import numpy as np
import onnxruntime
from mindspore import nn

import ms_gan
from ms_gan import export, import_weights
from ms_gan.errors import UsageError
from ms_gan.options import values_of
from ms_gan.parameters import initialised
from ms_gan.recipes import RECIPES
from ms_gan.training import checkpoint

COUNT = 24


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("ckpt", nargs="*", help="generator.ckpt of a run")
    given = parser.parse_args().ckpt
    rows = [("generator", "format", "largest difference", "levels")]
    with tempfile.TemporaryDirectory() as folder:
        for ckpt in given or map(untrained, RECIPES.values(), len(RECIPES) * [folder]):
            rows += differences(Path(ckpt), Path(folder))
    common.table(rows)


def untrained(recipe, folder):
    """A checkpoint of a recipe's first weights."""
    path = Path(folder, f"{recipe.name}.ckpt")
    with initialised(0):
        parameters = dict(recipe.generator().parameters_and_names())
    meta = {"kind": "generator", "recipe": recipe.name, "options": values_of(recipe)}
    checkpoint.save(path, parameters, meta)
    return path


def differences(ckpt, folder):
    """A row for each format that can hold the generator."""
    generator = ms_gan.load(ckpt)
    if hasattr(generator, "latents"):
        inputs = generator.latents(range(COUNT))
    else:
        shape = generator._sampler.describe()["input_shape"]
        inputs = np.random.default_rng(0).uniform(-1, 1, (COUNT, *shape)).astype(np.float32)
    expected = computed(generator, inputs)
    for format, compute in COMPUTED.items():
        path = folder / f"exported{export.FORMATS[format][0]}"
        try:
            export.write(ckpt, format, path)
        except UsageError:  # no DCGAN
            continue
        made = compute(path, inputs, generator)
        pixels = [generator.finish(images).astype(float) for images in (made, expected)]
        levels = "" if made.ndim == 2 else int(np.abs(pixels[0] - pixels[1]).max())
        yield ckpt.stem, format, f"{np.abs(made - expected).max():.1e}", levels


def computed(generator, inputs):
    """What `generate` computes of inputs, in batches of its size."""
    rest = -len(inputs) % generator.batch
    padded = np.concatenate([inputs, np.zeros((rest, *inputs.shape[1:]), np.float32)])
    batches = np.split(padded, len(padded) // generator.batch)
    made = [generator.compute(ms.Tensor(batch))[0].asnumpy().copy() for batch in batches]
    return np.concatenate(made)[: len(inputs)]


def by_graph_cell(path, inputs, generator):
    network = nn.GraphCell(ms.load(str(path)))
    size = min(generator.batch, len(inputs))
    batches = np.split(inputs, len(inputs) // size)
    return np.concatenate([network(ms.Tensor(batch)).asnumpy() for batch in batches])


def by_onnxruntime(path, inputs, generator):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: inputs})[0]


def by_import(path, inputs, generator):
    import_weights.convert(path, path.with_suffix(".back.ckpt"))
    return computed(ms_gan.load(path.with_suffix(".back.ckpt")), inputs)


def by_pytorch(path, inputs, generator):
    import torch
    from tutorial import Generator  # which imports torch

    state = torch.load(path, weights_only=True)
    nz, ngf = state["main.0.weight"].shape[0], list(state.values())[-1].shape[0]
    network = Generator(nz, ngf)
    network.load_state_dict(state)
    network.eval()
    with torch.no_grad():
        return network(torch.from_numpy(inputs)[:, :, None, None]).numpy()


COMPUTED = {
    "mindir": by_graph_cell,
    "onnx": by_onnxruntime,
    "safetensors": by_import,
    "pytorch": by_pytorch,
}

if __name__ == "__main__":
    import sys

    sys.path.append(str(common.ROOT / "tests" / "reference"))
    main()
