"""--layers: runs with either layers are the same runs."""

from pathlib import Path

import pytest
from conftest import SIZES
from run_files import arrays, log, options, steps


def test_a_run_can_go_on_with_the_other_layers_and_says_which_it_used(run, face_folder, trained):
    batches = "--data", face_folder, *SIZES, "--log-every", "2"
    assert run("train", "faces", *batches, "--layers", "im2col", "--steps", "2").status == 0
    im2col = Path("runs/0000-faces")
    assert options(trained)["environment"]["layers"] == "mindspore"
    assert options(im2col)["environment"]["layers"] == "im2col"
    for one, other in zip(log(trained), log(im2col)):
        assert other == pytest.approx(one, rel=1e-4)
    assert arrays(trained).keys() == arrays(im2col).keys()
    go_on = "train", "faces", "--resume", im2col, "--layers", "mindspore", "--steps", "4"
    assert run(*go_on).status == 0
    assert steps(im2col) == steps(trained) == [1, 2, 4]
    assert log(im2col)[-1] == pytest.approx(log(trained)[-1], rel=1e-3)
