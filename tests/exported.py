"""Generators of every recipe at tiny sizes, and what they make before anything is converted."""

import mindspore as ms
import numpy as np
from mindspore import nn

from ms_gan.load import trained_generator
from ms_gan.networks.gaussian import Tanh

FACES = {"image_size": 32, "nz": 8, "ngf": 2}
SIZES = {
    "gaussian": {},
    "mnist-mlp": {"nz": 8, "ngf": 4},
    "mnist-dcgan": {"nz": 8, "ngf": 4},
    "faces": FACES,
    "faces-plus": FACES,
    "faces32": {"nz": 8, "ngf": 2},
    "faces-wgan-gp": {"nz": 8, "ngf": 2},
    "faces-began": {"image_size": 32, "nz": 4, "ngf": 2},
    "pix2pix": {"image_size": 32, "ngf": 2},
    "cyclegan": {"image_size": 32, "ngf": 2, "blocks": 1},
}


def example(path, count, tanh=Tanh):
    """Random inputs of a checkpoint's generator, and what it makes of them, layer by layer, as
    `generate` does: float32 (count, ...) each.

    Unless told otherwise, with an exact tanh: MindSpore's errs by up to 1e-4 on a CPU.
    """
    recipe, network = trained_generator(path, convert=False)
    shape = recipe.sampler().describe()["input_shape"]
    given = np.random.default_rng(0).uniform(-1, 1, (count, *shape)).astype(np.float32)
    for _, cell in network.cells_and_names():
        for name, child in list(cell._cells.items()):
            if type(child) is nn.Tanh:
                cell._cells[name] = tanh()
        if isinstance(cell, nn.SequentialCell):
            cell.cell_list = list(cell._cells.values())
    network.set_train(recipe.batch_statistics)
    if recipe.batch_statistics:  # one at a time
        made = [network(ms.Tensor(one[None])).asnumpy() for one in given]
        return given, np.concatenate(made)
    return given, network(ms.Tensor(given)).asnumpy()
