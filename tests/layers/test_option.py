"""--layers: runs with either layers are the same runs."""

import pytest
from conftest import SIZES
from run_files import arrays, log, options, steps


def test_a_run_can_go_on_with_the_other_layers_and_says_which_it_used(run, face_folder, tmp_path):
    batches = "--data", face_folder, *SIZES, "--log-every", "1"
    assert run("train", "faces", *batches, "--layers", "mindspore", "--steps", "2").status == 0
    assert run("train", "faces", *batches, "--layers", "im2col", "--steps", "2").status == 0
    own, im2col = tmp_path / "runs" / "0000-faces", tmp_path / "runs" / "0001-faces"
    assert options(own)["environment"]["layers"] == "mindspore"
    assert options(im2col)["environment"]["layers"] == "im2col"
    for one, other in zip(log(own), log(im2col)):
        assert other == pytest.approx(one, rel=1e-4)
    assert arrays(own).keys() == arrays(im2col).keys()
    assert run("train", "faces", "--resume", own, "--layers", "im2col", "--steps", "3").status == 0
    assert steps(own) == [1, 2, 3]
