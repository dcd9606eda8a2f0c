"""A generator in half the bytes makes the same pictures to the eye."""

import mindspore as ms
import numpy as np
import pytest

import ms_gan
from ms_gan import pretrained
from ms_gan.errors import run_command
from ms_gan.tools import halve
from ms_gan.training import checkpoint

FACES, SEEDS = pretrained.found(pretrained.DEFAULT), range(4)


def test_half_the_bytes_make_the_same_faces(tmp_path):
    small = tmp_path / "small.ckpt"
    halve.main([str(FACES), "--out", str(small)])
    values, _ = checkpoint.load(small, "generator")
    assert {value.dtype for value in values.values()} == {np.dtype(np.float16)}
    before, after = (ms_gan.load(path).generate(seeds=SEEDS).astype(int) for path in (FACES, small))
    assert np.abs(after - before).max() <= 2


def test_what_it_cant_do_is_one_line_and_leaves_nothing(tmp_path, capsys):
    small, missing = tmp_path / "small.ckpt", tmp_path / "none.ckpt"
    cases = [
        (2, [FACES, "--out", tmp_path / "small.npz"], "small.npz: MindSpore loads files"),
        (1, [missing, "--out", small], "none.ckpt: no such checkpoint file"),
    ]
    for status, arguments, message in cases:
        words = [str(argument) for argument in arguments]
        assert run_command("ms_gan.tools.halve", halve.main, words) == status
        assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_numbers_beyond_float16_are_refused(tmp_path):

    values, meta = checkpoint.load(FACES, "generator")
    key, value = next(iter(values.items()))
    big = {**values, key: np.full_like(value, 1e6)}
    parameters = {name: ms.Parameter(ms.Tensor(array), name=name) for name, array in big.items()}
    checkpoint.save(tmp_path / "big.ckpt", parameters, meta)
    with pytest.raises(ms_gan.GanError, match=f"{key} has numbers beyond float16's largest"):
        halve.halve(tmp_path / "big.ckpt", tmp_path / "small.ckpt")
    assert not (tmp_path / "small.ckpt").exists()
