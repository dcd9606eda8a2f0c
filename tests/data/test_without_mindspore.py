"""Finding data doesn't need MindSpore: a command where it is missing gets as far as saying so."""

import subprocess
import sys

from conftest import ROOT
from mnist_files import TRAIN, place

FIND = """
import sys
from types import SimpleNamespace
sys.modules["mindspore"] = None  # importing it fails
from ms_gan.recipes import RECIPES
options = SimpleNamespace(data=sys.argv[2], data_url=None, datasets="datasets",
    stand_in=False, seed=1, holdout=0)
data = RECIPES[sys.argv[1]].find_data(options)
print(data.count, data.synthetic, data.describe(), data)
"""


def found(recipe, data="none"):
    command = [sys.executable, "-c", FIND, recipe, str(data)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_data_is_found_without_mindspore(tmp_path):
    assert found("gaussian").startswith("1000 False {'path': None, ")
    folder = place(tmp_path / "mine", TRAIN, 7, packed=True)
    for recipe in ("mnist-mlp", "mnist-dcgan"):
        assert found(recipe, folder).startswith(f"7 False {{'path': '{folder}', ")
