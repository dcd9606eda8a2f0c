"""docs/api.md lists the library's public names, and the package's public functions have types."""

import ast
import inspect
import re

import pytest
from conftest import ROOT

import ms_gan
from ms_gan.data.base import Batches, Dataset
from ms_gan.objectives.base import Objective
from ms_gan.recipes.base import Recipe
from ms_gan.samplers.base import Generator, Sampler
from ms_gan.samplers.images import ImageGenerator
from ms_gan.samplers.points import PointGenerator
from ms_gan.samplers.translations import Translator
from ms_gan.training.callbacks import Callback

TEXT = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
KINDS = ImageGenerator, PointGenerator, Translator


def public(kind):
    """The names that a class itself or a base of the package defines for others."""
    names = set()
    for base in inspect.getmro(kind):
        if base.__module__.startswith("ms_gan"):
            names |= vars(base).keys() | getattr(base, "__annotations__", {}).keys()
    return {name for name in names if not name.startswith("_")}


def listed(title):
    """The names in the first column of a section's table."""
    part = re.split(rf"^#+ {title}\n", TEXT, flags=re.M)[1].split("\n#")[0]
    cells = re.findall(r"^\| (`.*?) \|", part, re.M)
    return {name for cell in cells for name in re.findall(r"`(\w+)[(`]", cell)}


def test_the_library_is_listed():
    assert listed("ms_gan") == set(ms_gan.__all__)


def test_what_a_run_has_is_listed():
    own = {name for name in vars(ms_gan.Run("x")) if not name.startswith("_")}
    assert listed("Run") == public(ms_gan.Run) | own


def test_what_generators_do_is_listed():
    internal = {"finish", "compute", "stream", "batch", "size"}
    assert listed("Generator") == set().union(*map(public, KINDS)) - internal


@pytest.mark.parametrize(
    "base", [Recipe, Dataset, Batches, Objective, Sampler, Generator, Callback]
)
def test_what_is_to_be_implemented_is_listed_and_exists(base):
    row = re.search(rf"^\| `{base.__name__}` \|[^|]*\|(.*)$", TEXT, re.M)[1]
    names = set(re.findall(r"`(\w+)[(`]", row))
    needed = getattr(base, "__abstractmethods__", set())
    if base in (Dataset, Callback):
        needed = public(base)
    instance = {"batch_size", "steps_per_epoch"} if base is Batches else set()
    assert needed <= names <= public(base) | instance


@pytest.mark.parametrize(
    "path", sorted((ROOT / "ms_gan").rglob("*.py")), ids=lambda path: path.stem
)
def test_public_functions_tell_their_types(path):
    without = []
    tree = ast.parse(path.read_text(encoding="utf-8"))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    for parent in [tree, *(node for node in classes if not node.name.startswith("_"))]:
        for node in parent.body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            arguments = [*node.args.args, *node.args.kwonlyargs]
            untyped = {one.arg for one in arguments if one.annotation is None} - {"self", "cls"}
            if node.returns is None or untyped:
                without.append(node.name)
    assert without == []


@pytest.mark.parametrize("folder", ["layers", "networks", "objectives"])
def test_functions_that_may_be_compiled_have_no_annotated_variables(folder):
    """MindSpore 2.0 refuses them."""
    found = []
    for path in (ROOT / "ms_gan" / folder).glob("*.py"):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef) and function.name != "__init__":
                variables = [node for node in ast.walk(function) if isinstance(node, ast.AnnAssign)]
                found += [f"{path.name}:{node.lineno}" for node in variables]
    assert found == []
