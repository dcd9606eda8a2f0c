"""docs/tutorial.ipynb, cell by cell at a tiny size, without Jupyter."""

import json
import re

import numpy as np
import pytest
from conftest import ROOT
from doc_commands import anchors
from PIL import Image

from ms_gan.scores import libraries

PATH = ROOT / "docs" / "tutorial.ipynb"
CELLS = json.loads(PATH.read_text(encoding="utf-8"))["cells"]
CODE = [cell for cell in CELLS if cell["cell_type"] == "code"]
TINY = {"IMAGE_SIZE": 32, "BATCH_SIZE": 4, "NZ": 8, "NGF": 2, "NDF": 2, "STEPS": 2}
TINY |= {"HOLDOUT": 4, "COUNT": 4, "FRAMES": 2, "LAYERS": "mindspore"}


def source(cell):
    return "".join(cell["source"])


def test_the_cells_run_in_their_order(face_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(libraries, "missing", lambda: ["torch"])  # its scores have own tests
    monkeypatch.setattr("matplotlib.pyplot.show", lambda: None)
    names = {}
    for cell in CODE:
        exec(compile(source(cell), cell["id"], "exec"), names)
        if cell["metadata"].get("tags") == ["parameters"]:
            assert names.keys() >= TINY.keys()  # these are what the other cells go by
            names.update(TINY, DATA=str(face_folder))
    assert [line["step"] for line in names["run"].log] == [1, 2]
    assert names["images"].shape == (24, 32, 32, 3)
    with Image.open(tmp_path / "walk.gif") as walk:
        assert walk.n_frames == 2
    values = [score.value for score in names["report"].scores.values()]
    assert values and np.isfinite(values).all()


def test_it_is_kept_without_what_it_printed():
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in CODE)


@pytest.mark.parametrize(
    "link", re.findall(r"\]\((?!http)([^)]+)\)", "".join(source(cell) for cell in CELLS))
)
def test_its_links_lead_somewhere(link):
    path, _, anchor = link.partition("#")
    target = PATH.parent / path
    assert target.exists()
    assert not anchor or anchor in anchors(target.read_text(encoding="utf-8"))
