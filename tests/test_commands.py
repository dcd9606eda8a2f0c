"""The commands by one name, from a checkout and as pip installs them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import report_runs
from conftest import ROOT

from ms_gan import __main__ as commands
from ms_gan.recipes import RECIPES

USAGE = "usage: ms-gan train|generate|evaluate|report|explore|play|export|import-weights|launch ..."
SOURCES = ("pyproject.toml", "requirements.txt", "README.md", "LICENSE", "ms_gan")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder that pip has installed the package to, from what it is built of alone."""
    pytest.importorskip("pip")
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    pip = [sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check"]
    done = subprocess.run(
        [*pip, "install", "--no-index", "--no-deps", "--no-build-isolation", "-t", target, source],
        env={**os.environ, "PIP_CONFIG_FILE": os.devnull},
        cwd=source,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return target


def answer_of(folder, *command):
    """What a program that sees the package in a folder prints on stdout."""
    done = subprocess.run(
        [str(word) for word in command],
        env={**os.environ, "PYTHONPATH": str(folder)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_launcher_is_installed_with_its_worker(installed):
    program = "from ms_gan import launch; print(launch.WORKER)"
    worker = Path(answer_of(installed, sys.executable, "-c", program).strip())
    assert worker == installed.resolve() / "ms_gan" / "worker.py"
    assert answer_of(installed, sys.executable, worker, "--list").count("\n") == len(RECIPES)


def test_the_command_is_installed(installed):
    listed = answer_of(installed, installed / "bin" / "ms-gan", "train", "--list")
    assert [line.split()[0] for line in listed.splitlines()] == list(RECIPES)


def test_a_report_is_written_with_what_is_installed(installed, tmp_path):
    run = report_runs.made(tmp_path / "run")
    told = answer_of(installed, installed / "bin" / "ms-gan", "report", run)
    assert told == f"{run / 'report.html'}\n"
    assert report_runs.facts_in(run / "report.html")["runs"]


def test_the_page_to_play_with_is_installed(installed):
    program = "from ms_gan.play.server import Server; print(*Server('127.0.0.1', 0).assets)"
    routes = answer_of(installed, sys.executable, "-c", program).split()
    assert routes == ["/", "/page.js", "/images.js", "/translations.js", "/page.css"]


def test_the_package_runs_as_the_command_does():
    listed = answer_of(ROOT, sys.executable, "-m", "ms_gan", "train", "--list")
    assert [line.split()[0] for line in listed.splitlines()] == list(RECIPES)


def test_a_fault_is_told_by_the_command_that_has_it(capsys):
    assert commands.run(["train"]) == 2
    assert capsys.readouterr().err.startswith("ms_gan.train: error: which recipe?")


@pytest.mark.parametrize("name", commands.COMMANDS)
def test_a_command_gets_what_follows_its_name_and_gives_the_status(name, monkeypatch):
    given = []
    module = SimpleNamespace(main=lambda argv: given.append(argv) or 7)
    monkeypatch.setitem(sys.modules, f"ms_gan.{name.replace('-', '_')}", module)
    assert commands.run([name, "faces", "--help"]) == 7
    monkeypatch.setattr(sys, "argv", ["ms-gan", name])
    assert commands.run() == 7
    assert given == [["faces", "--help"], []]


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_help_names_every_command(capsys, word):
    assert commands.run([word]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith(f"{USAGE}\n")
    assert [line.split()[0] for line in printed.out.splitlines()[2:11]] == list(commands.COMMANDS)
    assert printed.err == ""


@pytest.mark.parametrize(
    "arguments, wrong",
    [
        ([], "which command?"),
        (["faces"], "'faces' is no command"),
        (["--list"], "'--list' is no command"),
    ],
)
def test_what_is_no_command_is_told_in_one_line(capsys, arguments, wrong):
    assert commands.run(arguments) == 2
    printed = capsys.readouterr()
    assert printed.err == f"ms_gan: error: {wrong} ({USAGE}; --help tells more)\n"
    assert printed.out == ""
