"""--layers: runs on either vocabulary are the same runs."""

import pytest
from conftest import TINY
from run_files import arrays, log, options, steps


def test_a_run_can_go_on_with_the_other_layers_and_says_which_it_used(run, face_folder, tmp_path):
    batches = "--data", face_folder, *TINY, "--log-every", "1"
    assert run("train", "faces", *batches, "--layers", "mindspore", "--steps", "2").status == 0
    assert run("train", "faces", *batches, "--layers", "rows", "--steps", "2").status == 0
    plain, rows = tmp_path / "runs" / "0000-faces", tmp_path / "runs" / "0001-faces"
    assert options(plain)["environment"]["layers"] == "ms_gan.layers.plain"
    assert options(rows)["environment"]["layers"] == "ms_gan.layers.rows"
    for one, other in zip(log(plain), log(rows)):
        assert other == pytest.approx(one, rel=1e-4)
    assert arrays(plain).keys() == arrays(rows).keys()
    assert run("train", "faces", "--resume", plain, "--layers", "rows", "--steps", "3").status == 0
    assert steps(plain) == [1, 2, 3]
