"""What README.md and the pages of docs/ say to type: commands and blocks of Python, each with its
place and, where the page says why it isn't run, with that reason.

A comment in the page gives the reason. It is of the next block alone, or of all commands below it
that hold a text:

    <!-- not run: it trains for two hours -->
    <!-- not run, run_tests.sh: it would run this test again -->
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from conftest import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
SCRIPTS = {"run_train.sh": "train", "run_distribute_train.sh": "launch"}
# What stands for anything in the pages, and something that it may stand for.
PLACEHOLDERS = {
    "RECIPE": "faces",
    "NAME": "gaussian",
    "KIND": "walk",
    "N": "3",
    "A": "127.0.0.1",
    "P": "8118",
    "BATCH,NGF,NDF,SIDE": "16,32,16,64",
    "--torch-python PATH": "--torch-python true",  # a program that doesn't complain
    "[--batch-size 16 64 128 256]": "--batch-size 16 64 128 256",
    "[--image-size 32 64 128]": "--image-size 32 64 128",
}
PROGRAM = r"(?:time )?(?:python|bash|pip|ms-gan) "
FENCED = r"^ *```(?P<language>\w*)\n(?P<fenced>.*?)^ *```$"
INDENTED = rf"(?<=\n\n)(?P<indented>(?:    {PROGRAM}[^\n]*\n?)+)"
INLINE = rf"(?<!`)`(?P<inline>{PROGRAM}[^`]+)`(?!`)"
COMMENT = r"^ *<!-- not run(?:, (?P<part>[^:]+))?: (?P<reason>.+?) -->$"
FOUND = re.compile("|".join([FENCED, INDENTED, INLINE, COMMENT]), re.M | re.S)


@dataclass(frozen=True)
class Piece:
    """A command, or a block of Python.

    reason: why it isn't run, or None. inline: whether it stands within a sentence.
    """

    page: Path
    line: int
    language: str
    text: str
    reason: str | None
    inline: bool = False

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line} {' '.join(self.text.split())[:80]}"

    def command(self) -> tuple[str, list[str]]:
        """A command's name and arguments: ("train", ["faces"]) for the package's own, ("pip",
        ["install", "."]) for others.
        """
        text = self.text.replace("[NAME ...]", "NAME").replace("…/", "")
        for short, some in PLACEHOLDERS.items():
            text = re.sub(rf"(?<![\w-]){re.escape(short)}(?![\w.-])", some, text)
        words = [word for word in shlex.split(text, comments=True) if word != "…"]
        if words[0] == "time":
            words = words[1:]
        script = Path(words[1]).name
        if words[:2] == ["python", "-m"] and words[2].startswith("ms_gan."):
            return words[2][len("ms_gan.") :], words[3:]
        if words[0] == "ms-gan":
            return words[1], words[2:]
        if words[0] == "bash" and script in SCRIPTS:
            return SCRIPTS[script], words[2:]
        return words[0], words[1:]


def pieces(page: Path) -> list[Piece]:
    """What a page says to type, in its order."""
    text, found = page.read_text(encoding="utf-8"), []
    of_block, of_parts = None, {}
    for match in FOUND.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        if match["reason"] and match["part"]:
            of_parts[match["part"]] = match["reason"]
        elif match["reason"]:
            of_block = match["reason"]
        elif match["inline"]:
            typed = match["inline"].replace("\n", " ")
            found += _commands(page, line, typed, None, of_parts, inline=True)
        else:
            body, language = match["indented"] or match["fenced"], match["language"] or ""
            first = line if match["indented"] else line + 1
            if match["indented"] or language in ("bash", "sh"):
                found += _commands(page, first, body, of_block, of_parts)
            else:
                found.append(Piece(page, first, language, body, of_block))
            of_block = None
    return found


def _commands(page, first, body, reason, parts, inline=False):
    """The commands of some lines. Lines that end in a backslash go on in the next."""
    found = []
    for at, line in enumerate(re.sub(r"\\\n\s*", " ", body).split("\n")):
        why = reason or next((parts[part] for part in parts if part in line), None)
        if line.split("#")[0].strip():
            found.append(Piece(page, first + at, "bash", line.strip(), why, inline))
    return found


def links(text: str) -> list[str]:
    """Where the links and pictures of a page lead to, in its order, without those in code."""
    prose = re.sub(r"^ *```.*?^ *```$|`[^`\n]*`", "`", text, flags=re.M | re.S)
    return re.findall(r"""(?:\]\(|src=")([^)\s"]+)""", prose)


def anchors(text: str) -> set[str]:
    """The names that a page's headings are linked by."""
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for _, title in headings(text)}


def headings(text: str) -> list[tuple[str, str]]:
    """A page's headings in its order, each with the signs of its level."""
    prose = re.sub(r"^ *```.*?^ *```$", "", text, flags=re.M | re.S)
    return re.findall(r"^(#+) (.+)$", prose, re.M)
