"""What the tests of README.md and docs/ share: a folder in which commands find what they name, and
the commands at tiny sizes.
"""

import importlib.util
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from doc_commands import pieces
from doc_kinds import ADDED, ADDING, FIRST, main_of

from ms_gan.errors import run_command
from ms_gan.options import options_of, typed
from ms_gan.recipes import RECIPES, mnist
from ms_gan.scores import libraries
from ms_gan.stand_ins.digits import draw_digits
from ms_gan.stand_ins.faces import draw_faces
from ms_gan.stand_ins.pairs import draw_pairs, draw_unpaired

SIZES = {"image_size": 32, "nz": 8, "ngf": 8, "ndf": 2, "batch_size": 2}
SIZES |= {"blocks": 1, "critic_updates": 1}
CHECKPOINTS = {"generator.ckpt": "faces", "points.ckpt": "gaussian", "pix2pix.ckpt": "pix2pix"}


@pytest.fixture(scope="module", autouse=True)
def added(tmp_path_factory):
    """The recipe of docs/adding-a-recipe.md, as its blocks say."""
    folder, blocks = tmp_path_factory.mktemp("added"), pieces(ADDING)
    network, objective, entry = [block.text for block in blocks if block.language == "python"]
    files = re.findall(r"^## \d\. .*`ms_gan/(\S+)\.py`$", ADDING.read_text("utf-8"), re.M)
    assert files[2] == "recipes/mnist"
    with pytest.MonkeyPatch.context() as patch:
        for file, text in zip(files, (network, objective)):
            path, name = folder / f"{file.replace('/', '-')}.py", f"ms_gan.{file}".replace("/", ".")
            path.write_text(text, encoding="utf-8")  # a compiled step needs its source
            spec = importlib.util.spec_from_file_location(name, path)
            module = importlib.util.module_from_spec(spec)
            patch.setitem(sys.modules, name, module)
            spec.loader.exec_module(module)
        namespace = dict(vars(mnist))
        future = "from __future__ import annotations\n"  # as the file has it
        exec(future + entry, namespace)
        patch.setitem(RECIPES, ADDED, namespace["RECIPES"][-1])
        yield


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A working folder with a little data of the names that the pages use."""
    folder = tmp_path_factory.mktemp("place")
    for name, draw, count in (
        ("faces", draw_faces, 12),
        ("facades", draw_pairs, 4),
        ("MNIST", draw_digits, 20),
        ("two-folders", draw_unpaired, 4),
    ):
        (folder / name).mkdir()
        draw(folder / name, count)
    for name in ("faces", "facades"):
        shutil.make_archive(str(folder / name), "zip", folder / name)
    (folder / "datasets").mkdir()
    for name, target in (
        ("datasets/faces", "faces"),
        ("datasets/mnist", "MNIST"),
        ("PATH", "faces"),
        ("PHOTOS", "faces"),
        ("FOLDER", "faces"),
        ("SOURCE", "faces"),
        ("face.jpg", "faces/0.jpg"),
    ):
        (folder / name).symlink_to(folder / target)
    return folder


@pytest.fixture(scope="module")
def runs():
    """What has been trained, {command: run folder}."""
    return {}


@pytest.fixture
def shell(place, runs, monkeypatch):
    monkeypatch.chdir(place)
    monkeypatch.setattr(libraries, "missing", lambda: ["torch"])  # its scores have own tests
    return Shell(place, runs)


@dataclass
class Shell:
    """Runs commands in a folder as they are written, but small, and what they need beforehand."""

    folder: Path
    runs: dict

    def type(self, piece):
        if piece in self.runs:  # another command has needed it
            return
        name, given = piece.command()
        for word in given:
            self.need(word)
        words = [str(word) for word in (*given, *small(name, given))]
        assert run_command(f"ms_gan.{name}", main_of(name), words) == 0
        if name == "train" and "--out" in words:
            self.runs[piece] = max((self.folder / "trained").iterdir(), key=lambda run: run.name)

    def need(self, word):
        """Make the run or checkpoint that a word names."""
        run = re.match(r"runs/\d+-([^/]+)", word)
        if run and not (self.folder / run[0]).exists():
            (self.folder / "runs").mkdir(exist_ok=True)
            (self.folder / run[0]).symlink_to(self.trained(run[1]))
        if word in CHECKPOINTS and not (self.folder / word).exists():
            (self.folder / word).symlink_to(self.trained(CHECKPOINTS[word]) / "generator.ckpt")

    def trained(self, recipe):
        """The run folder of a recipe, whose first command is run if it hasn't been."""
        self.type(FIRST["train", recipe])
        return self.runs[FIRST["train", recipe]]


def small(name, given):
    """Arguments that make a command's work little."""
    if name == "evaluate":
        return ["--count", 4]
    if name != "train" or "--list" in given or "--help" in given:
        return []
    if "--resume" in given:
        return ["--steps", 3]
    sizes = {name: SIZES[name] for name in SIZES.keys() & options_of(RECIPES[given[0]]).keys()}
    if "--holdout" in given:
        sizes["holdout"] = 4
    return typed({**sizes, "steps": 2, "out": "trained", "layers": "mindspore"})
