"""Which of the commands in README.md and docs/ are run, and which are only read.

Of commands that do the same with the same recipe the first is run. The options and values of the
others are read by their command's parser.
"""

import importlib.util
import re

from conftest import ROOT
from doc_commands import PAGES, pieces

from ms_gan.recipes import RECIPES

ADDING = ROOT / "docs" / "adding-a-recipe.md"
ADDED = "mnist-lsgan"  # the recipe of that page
FOUND = [piece for page in PAGES for piece in pieces(page)]
TYPED = [piece for piece in FOUND if piece.language == "bash"]
BLOCKS = [piece for piece in FOUND if piece.language == "python" and piece.page != ADDING]


def kind_of(piece):
    """What a command does; commands of one kind are run once."""
    name, given = piece.command()
    if name == "train":
        recipe = [word for word in given[:1] if word in (*RECIPES, ADDED)]
        return name, *recipe, *sorted({"--list", "--help", "--resume"}.intersection(given))
    if name == "generate":
        return name, *re.findall(r"runs/\d+-([^/]+)", " ".join(given))
    if name == "evaluate":
        return name, "--images" in given
    return (name,)


def main_of(name):
    """The function of a command of the package, or None where there is no such command."""
    module = f"ms_gan.{name.replace('-', '_')}"  # "ms-gan import-weights"
    found = importlib.util.find_spec(module)
    return importlib.import_module(module).main if found else None


def is_whole(piece):
    """Whether it is a command of the package with what it needs, rather than its mere name."""
    name, given = piece.command()
    return main_of(name) is not None and not (piece.inline and not given)


FIRST = {}  # {kind: the first command of it}
for one in TYPED:
    if is_whole(one) and one.reason is None:
        FIRST.setdefault(kind_of(one), one)
RUN = list(FIRST.values())
READ = [one for one in TYPED if one not in RUN]
