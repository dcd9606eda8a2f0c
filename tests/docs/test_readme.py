"""README.md names all pages, README_CN.md says the same, links lead somewhere, and the tables of
docs/training.md list the options as they are.
"""

import re

import pytest
from conftest import ROOT
from doc_commands import FENCED, PAGES, anchors, headings, links, pieces

import ms_gan
from ms_gan.__main__ import COMMANDS
from ms_gan.options import flag_of
from ms_gan.recipes import RECIPES
from ms_gan.run_options import Plan

README, CHINESE, TRAINING = (
    (ROOT / name).read_text(encoding="utf-8")
    for name in ("README.md", "README_CN.md", "docs/training.md")
)


def fenced(text):
    return [match[0] for match in re.finditer(FENCED, text, re.M | re.S)]


def code(text):
    """The code within sentences, sorted."""
    return sorted(re.findall(r"`[^`\n]+`", re.sub(FENCED, "", text, flags=re.M | re.S)))


def of_others(text):
    """Where the links lead to, but for those within the page and to the other language."""
    return [link for link in links(text) if link[0] != "#" and not link.startswith("README")]


def test_each_language_leads_to_the_other():
    assert "README_CN.md" in links(README)[:1] and "README.md" in links(CHINESE)[:1]


@pytest.mark.parametrize("part", [fenced, code, of_others])
def test_both_languages_have_the_same_code_and_links(part):
    assert part(CHINESE) == part(README)


def test_both_languages_have_the_same_headings():
    levels, chinese = ([level for level, _ in headings(text)] for text in (README, CHINESE))
    assert chinese == levels


def test_every_page_is_named():
    pages = {path.name for path in (ROOT / "docs").iterdir() if path.suffix in (".md", ".ipynb")}
    assert pages == set(re.findall(r"^\| \[(\S+)\]\(docs/\1\)", README, re.M))


def test_every_folder_is_named():
    tree = fenced(README)[-1]
    named = {line.split("/")[0].strip() for line in tree.split("\n") if line.startswith("  ")}
    package = (ROOT / "ms_gan").iterdir()
    assert named == {path.name for path in package if path.is_dir() and path.name[0] != "_"}


def test_every_command_is_named():
    named = [piece.command()[0] for piece in pieces(ROOT / "README.md") if "ms-gan" in piece.text]
    assert named == ["|".join(COMMANDS)]


def test_what_is_cited_is_this_version():
    cited = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {ms_gan.__version__}\n" in cited
    newest = headings((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))[1][1]
    date = re.search(r'\ndate-released: "(\S+)"\n', cited)[1]
    assert newest == f"{ms_gan.__version__} ({date})"


def rows():
    """(flag, default as it is written) of the table of options, in its order."""
    table = TRAINING.split("\n| option | default |")[1].split("\n\n")[0]
    for names, defaults in re.findall(r"^\| (`--.+?) \| (.*?) \|", table, re.M):
        flags = re.findall(r"`(--[\w-]+)", names)
        written = re.sub(r"`| \(.*?\)", "", defaults).split(", ")
        yield from zip(flags, written if len(written) == len(flags) else [""] * len(flags))


def known(recipe):
    """{flag: default} of a recipe's options, as the command line has them."""
    plan = Plan.of(RECIPES[recipe])
    values = {
        flag_of(f"no_{name}" if value is True else name): value
        for name, value in plan.values().items()
    }
    return {**values, "--resume": None, "--allow-change": False}


def test_the_options_of_faces_are_listed():
    listed = dict(rows())
    assert listed.keys() == known("faces").keys()
    for flag, written in listed.items():
        if re.fullmatch(r"[\d.]+", written):
            assert float(written) == known("faces")[flag]


def test_recipes_share_the_options_that_the_table_says():
    flags = [flag for flag, _ in rows()]
    first, last = flags.index("--lr"), flags.index("--flip")
    own, shared = set(flags[first : last + 1]), {*flags[:first], *flags[last + 1 :]}
    lacking = {
        recipe: set(re.findall(r"`(--[\w-]+)`", options))
        for recipes, options in re.findall(r"^\| (`[a-z].*?) \| (`--.*) \|$", TRAINING, re.M)
        for recipe in RECIPES
        if any(
            re.fullmatch(name.replace("…", ".*"), recipe) for name in re.findall("`(.+?)`", recipes)
        )
    }
    assert len(lacking) >= 5
    for recipe in RECIPES:
        assert shared - known(recipe).keys() == lacking.get(recipe, set()), recipe
    on = {"--even", "--flip"}  # by default, in faces-plus
    assert own - on | {"--no-even", "--no-flip"} <= known("faces-plus").keys()


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README_CN.md"], ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for link in links(page.read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        if not re.match(r"https?://", path):
            target = page.parent / path if path else page
            assert target.exists(), path
            assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), anchor
