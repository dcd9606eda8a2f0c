"""Weights for PyTorch's DCGAN tutorial and from it."""

import sys

import exported
import lively
import numpy as np
import pytest
from conftest import ROOT

from ms_gan.errors import UsageError
from ms_gan.export.formats import write
from ms_gan.import_weights import convert
from ms_gan.training import checkpoint

torch = pytest.importorskip("torch")
sys.path.append(str(ROOT / "tests" / "reference"))
from tutorial import Generator  # noqa: E402

SIZES = {"nz": 7, "ngf": 3, "image_size": 64}
OTHERS = [name for name in exported.SIZES if name not in ("faces", "faces-plus")]


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    """A state dict of the tutorial's generator, with statistics of its own."""
    torch.manual_seed(0)
    network = Generator(**SIZES)
    for name, value in network.state_dict().items():
        if "running" in name:
            value.copy_(torch.rand(value.shape) + 0.5)
    return network.state_dict()


def images(state, noise, **sizes):
    network = Generator(**sizes)
    network.load_state_dict(state, strict=True)
    network.eval()
    with torch.no_grad():
        return network(torch.from_numpy(noise)[:, :, None, None]).numpy()


def test_the_tutorials_network_makes_the_same_of_exported_weights(tmp_path):
    sizes = {**exported.FACES, "image_size": 64}
    ckpt = lively.write(tmp_path / "generator.ckpt", "faces-plus", sizes)
    write(ckpt, "pytorch", tmp_path / "generator.pt")
    written = torch.load(tmp_path / "generator.pt", weights_only=True)
    noise, expected = exported.example(ckpt, 4)
    assert np.abs(images(written, noise, **sizes) - expected).max() <= 1e-5
    assert np.ptp(expected, axis=0).max() > 0.1


def test_exported_weights_come_back_to_the_bit(tmp_path):
    ckpt = lively.write(tmp_path / "generator.ckpt", "faces-plus", exported.FACES)
    write(ckpt, "pytorch", tmp_path / "generator.pth")
    convert(tmp_path / "generator.pth", tmp_path / "back.ckpt")
    values, meta = checkpoint.load(tmp_path / "back.ckpt", "generator")
    for key, value in checkpoint.load(ckpt, "generator")[0].items():
        np.testing.assert_array_equal(values[key], value)
    assert meta["recipe"] == "faces"
    assert {name: meta["options"][name] for name in exported.FACES} == exported.FACES


@pytest.mark.parametrize("prefix", ["", "module."])  # as it is, and from nn.DataParallel
def test_the_tutorials_weights_make_the_same_here(state, prefix, tmp_path, run):
    torch.save({prefix + key: value for key, value in state.items()}, tmp_path / "netG.pth")
    ended = run("import_weights", "netG.pth", "--out", "generator.ckpt")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out == "generator.ckpt: faces with nz 7, ngf 3, image_size 64\n"
    noise, expected = exported.example("generator.ckpt", 4)
    assert np.abs(images(state, noise, **SIZES) - expected).max() <= 1e-5


@pytest.mark.parametrize("name", OTHERS)
def test_other_networks_are_refused_by_what_they_are_made_of(name, tmp_path):
    ckpt = lively.write(tmp_path / "generator.ckpt", name, exported.SIZES[name])
    with pytest.raises(UsageError, match="for the DCGAN of PyTorch's tutorial, as faces and"):
        write(ckpt, "pytorch", tmp_path / "generator.pt")
    assert [file.name for file in tmp_path.iterdir()] == ["generator.ckpt"]


class Code:
    def __reduce__(self):
        return open, ("ran", "w")


WRONG = {
    "a value is missing": (
        lambda s: {key: s[key] for key in s if key != "main.1.bias"},
        "1 values are missing: main.1.bias",
    ),
    "a value is too many": (
        lambda s: {**s, "main.0.bias": torch.zeros(24)},
        "unexpected: main.0.b",
    ),
    "another shape": (lambda s: {**s, "main.1.bias": torch.zeros(5)}, "main.1.bias (5,) for (24,)"),
    "grey": (
        lambda s: Generator(nc=1, ngf=2).state_dict(),
        "images of 1 channels (nc), expected 3",
    ),
    "not finite": (lambda s: {**s, "main.1.bias": torch.full((24,), torch.nan)}, "aren't finite"),
    "too small": (lambda s: Generator(image_size=16).state_dict(), "image_size is 16"),
    "of other layers": (lambda s: torch.nn.Linear(2, 2).state_dict(), "holds no convolutions"),
    "within another": (lambda s: {"epoch": 3, "netG": s}, "'epoch' in it is a int; expected"),
    "a list": (lambda s: [1, 2], "holds a list; expected what torch.save"),
    "code": (lambda s: {"main.0.weight": Code()}, "no weights that PyTorch reads without running"),
}


@pytest.mark.parametrize("case", WRONG)
def test_other_weights_are_refused_in_one_line(case, state, tmp_path, run):
    change, said = WRONG[case]
    torch.save(change(dict(state)), tmp_path / "netG.pth")
    ended = run("import_weights", "netG.pth", "--out", "generator.ckpt")
    assert (ended.status, ended.out) == (1, "")
    assert said in ended.err
    assert ended.err.startswith("ms_gan.import_weights: error: netG.pth: ")
    assert ended.err.count("\n") == 1
    assert [file.name for file in tmp_path.iterdir()] == ["netG.pth"]


def test_what_is_no_file_of_weights_is_refused_in_one_line(tmp_path, run):
    (tmp_path / "netG.pth").write_bytes(b"garbage")
    cases = [
        (1, ["netG.pth", "--out", "generator.ckpt"], "netG.pth: no weights that PyTorch reads"),
        (1, ["none.pth", "--out", "generator.ckpt"], "none.pth: no such file"),
        (2, ["netG.pth", "--out", "generator.pt"], "generator.pt: MindSpore loads files named"),
        (2, ["netG.pth"], "--out"),
    ]
    for status, arguments, said in cases:
        ended = run("import_weights", *arguments)
        assert (ended.status, ended.out) == (status, "")
        assert said in ended.err and ended.err.count("\n") == 1
