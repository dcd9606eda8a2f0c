"""The commands and the Python of README.md and docs/, run as they are written, but small: on a
little data of the names that the pages use, with small numbers behind their own.
"""

import re

import pytest
from doc_kinds import BLOCKS, RUN
from PIL import Image

import ms_gan
from ms_gan.fit import make_plan


@pytest.mark.parametrize("piece", RUN, ids=str)
def test_it_is_run(piece, shell):
    if "--help" in piece.text:
        with pytest.raises(SystemExit, match="^0$"):
            shell.type(piece)
    else:
        shell.type(piece)


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_python_runs(block, shell, monkeypatch):
    if block.reason:
        pytest.skip(block.reason)
    score = ms_gan.score

    def trained(recipe, **options):
        """A run that has been trained already, once the options are found to be the recipe's."""
        make_plan(recipe, options)
        return ms_gan.Run(shell.trained(recipe))

    monkeypatch.setattr(ms_gan, "fit", trained)
    monkeypatch.setattr(ms_gan, "score", lambda *args, **more: score(*args, **{**more, "count": 4}))
    for word in re.findall(r'"([^"\n]+)"', block.text):
        shell.need(word)
    with Image.open(shell.folder / "face.jpg") as face:
        exec(block.text, {"photos": [face.convert("RGB")]})
