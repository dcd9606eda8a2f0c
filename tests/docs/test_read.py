"""The commands of README.md and docs/ that aren't run: their parsers take their options and values,
and what else they name exists. Those of benchmarks are read the same way.
"""

import argparse
import itertools
import re
import runpy
import sys

import pytest
from conftest import ROOT
from doc_commands import PAGES
from doc_kinds import FIRST, READ, is_whole, kind_of, main_of

from ms_gan import launch, train
from ms_gan.recipes import RECIPES


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_what_is_not_run_has_a_reason(page):
    """But for commands whose like is run, and for those within sentences."""
    like = [one for one in READ if is_whole(one) and kind_of(one) in FIRST]
    left = [one for one in READ if one.page == page and not one.inline and one not in like]
    assert [str(one) for one in left if one.reason is None] == []


class Read(Exception):
    """A command line has been read to its end."""


@pytest.mark.parametrize("piece", READ, ids=str)
def test_its_options_are_read(piece, monkeypatch):
    name, given = piece.command()
    if name in OTHERS:
        OTHERS[name](given, monkeypatch)
    elif is_whole(piece):
        read(main_of(name), given, monkeypatch)
    else:
        assert all(main_of(word) for word in name.split("|"))
    if piece.reason:
        pytest.skip(piece.reason)


def read(main, given, monkeypatch):
    """Let a command read its arguments by its own parser, and no more."""
    parse = argparse.ArgumentParser.parse_args

    def parse_args(parser, argv=None, namespace=None):
        parse(parser, argv, namespace)
        raise Read

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse_args)
    monkeypatch.setattr(launch, "msrun", lambda: "msrun")  # which MindSpore 2.0 lacks
    with pytest.raises(SystemExit if "--help" in given else Read):
        main(given)


def read_by_python(given, monkeypatch):
    """What is typed behind `python` exists: modules, tests, and options of benchmarks."""
    if given[0] == "-m":
        program, paths = ROOT / f"{given[1].replace('.', '/')}.py", given[2:]
        if given[1] == "pytest":
            paths = list(itertools.takewhile(lambda word: word[0] != "-", paths))
            assert paths and all((ROOT / path).exists() for path in paths)
            return
    else:
        program = ROOT / given[0]
    assert program.is_file()
    if program.parent.name == "benchmarks":
        monkeypatch.syspath_prepend(program.parent)
        monkeypatch.setattr(sys, "argv", given)
        read(lambda _: runpy.run_path(str(program), run_name="__main__"), given, monkeypatch)


def read_by_bash(given, monkeypatch):
    assert (ROOT / given[0]).is_file()


def read_by_pip(given, monkeypatch):
    """What is to be installed is there: an extra of the package, or a file of requirements."""
    assert given[0] == "install"
    for word in given[1:]:
        extra = re.fullmatch(r"\.(?:\[(\w+)\])?", word)
        if extra and extra[1]:
            settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
            assert f"\noptional-dependencies.{extra[1]} = " in settings
        elif not extra and word != "-r":
            assert (ROOT / word).is_file()


OTHERS = {"python": read_by_python, "bash": read_by_bash, "pip": read_by_pip}


def options_in_tables():
    """(where, recipe, options) of rows that begin with a recipe and have options with values."""
    for page in PAGES:
        for number, row in enumerate(page.read_text("utf-8").split("\n")):
            first = re.match(r"\| `([\w-]+)`", row)
            if first and first[1] in RECIPES:
                for typed in re.findall(r"`(--[\w-]+ [^`]+)`", row):
                    yield pytest.param(first[1], typed, id=f"{page.name}:{number + 1} {typed}")


@pytest.mark.parametrize("recipe, options", list(options_in_tables()))
def test_options_in_tables_are_read(recipe, options, monkeypatch):
    read(train.main, [recipe, *options.split()], monkeypatch)
