"""docs/api.md names all that is public, as it is called, and nothing else; what is public tells its
types; docstrings keep to Google's sections.
"""

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
from ms_gan.scores.base import Scorer
from ms_gan.training.callbacks import Callback

TEXT = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
BASES = [Recipe, Dataset, Batches, Objective, Sampler, Generator, Scorer, Callback]
KINDS = {
    "Run": [ms_gan.Run],
    "Generator": [ImageGenerator, PointGenerator, Translator],
    "The base of generators": [Generator],
    **{base.__name__: [base] for base in BASES if base is not Generator},
}
FOR_SUBCLASSES = {"finish(outputs)", "stream(examples, total)", "compute", "batch"}
SECTIONS = {"Args", "Attributes", "Raises", "Returns", "Yields"}
TREES = {
    path.relative_to(ROOT): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "ms_gan").rglob("*.py"))
}


def shown(name, thing):
    """How the docs write a name: a function with its arguments, anything else alone."""
    if not inspect.isfunction(thing) and thing is not ms_gan.Run:
        return name
    given = inspect.signature(thing).parameters.values()
    arguments = [str(one.replace(annotation=one.empty)) for one in given if one.name != "self"]
    return f"{name}({', '.join(arguments)})".replace("'", '"')


def members(kind):
    """What a class and its bases in the package define, and set on an instance, for others."""
    names = set()
    for base in inspect.getmro(kind):
        if base.__module__.startswith("ms_gan"):
            names |= vars(base).keys() | vars(base).get("__annotations__", {}).keys()
            names |= set(re.findall(r"self\.(\w+)(?:: .+?)? = ", inspect.getsource(base)))
    public = {name for name in names if not name.startswith("_")}
    return {shown(name, getattr(kind, name, None)) for name in public}


def listed(title):
    """What the first columns of a section's tables name."""
    part = re.split(rf"^#+ {title}\n", TEXT, maxsplit=1, flags=re.M)[1].split("\n#")[0]
    cells = re.findall(r"^\| (`.*?) \|", part, re.M)
    return {name for cell in cells for name in re.findall("`(.*?)`", cell)}


def test_the_library_is_listed():
    assert listed("ms_gan") == {shown(name, getattr(ms_gan, name)) for name in ms_gan.__all__}


@pytest.mark.parametrize("title", KINDS)
def test_members_are_listed(title):
    found = set().union(*map(members, KINDS[title]))
    assert listed(title) == found - (FOR_SUBCLASSES if title == "Generator" else set())


@pytest.mark.parametrize("path", TREES, ids=str)
def test_public_functions_tell_their_types(path):
    tree, untyped = TREES[path], []
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    for parent in [tree, *(node for node in classes if not node.name.startswith("_"))]:
        for node in parent.body:
            if isinstance(node, ast.FunctionDef) and not re.match("_(?!_init__)", node.name):
                given = node.args
                every = [*given.posonlyargs, *given.args, *given.kwonlyargs]
                every += filter(None, [given.vararg, given.kwarg])
                without = {one.arg for one in every if one.annotation is None} - {"self", "cls"}
                if without or (node.returns is None and node.name != "__init__"):
                    untyped.append(f"line {node.lineno}: {node.name} {without or 'result'}")
    assert untyped == []


@pytest.mark.parametrize("path", TREES, ids=str)
def test_docstrings_have_sections_by_their_names(path):
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    nodes = [node for node in ast.walk(TREES[path]) if isinstance(node, kinds)]
    texts = [inspect.cleandoc(ast.get_docstring(node) or "") for node in nodes]
    titles = {title for text in texts for title in re.findall(r"^(\w+):\n +\w", text, re.M)}
    assert titles <= SECTIONS


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
