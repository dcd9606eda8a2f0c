"""scripts/test_versions.sh: which versions it tries, with which Python, and what it asks of them.

It runs in a checkout with stand-ins for Python, as those of tests/test_scripts.py; nothing is
downloaded. What the stand-ins are asked to do is noted.
"""

import json

import pytest
from checkout import Checkout

SCRIPT = "scripts/test_versions.sh"
PROGRAM = """
import json, os, pathlib, sys
with open({log!r}, "a") as log:
    log.write(json.dumps([os.environ["STAND_IN"], *sys.argv[1:]]) + "\\n")
if sys.argv[1] == "make":
    pathlib.Path(sys.argv[3]).mkdir(exist_ok=True)
sys.exit({status})
"""


@pytest.fixture
def checkout(tmp_path):
    made = Checkout(tmp_path)
    made.asked = tmp_path / "asked.jsonl"
    for name in ("probe", "page"):
        text = PROGRAM.format(log=str(made.asked), status=0)
        made.write(f"tests/versions/{name}.py", text)
    made.environments = made.root / ".versions"
    made.results = made.root / "docs" / "versions"
    made.add_python("python3.9", version="3.9.18")
    made.add_python("python3.11", version="3.11.7")
    return made


def asked(checkout):
    return [json.loads(line) for line in checkout.asked.read_text().splitlines()]


def test_each_version_has_an_environment_and_reads_the_others(checkout, tmp_path):
    done = checkout.run("2.0.0", "2.9.0", script=SCRIPT, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    old, new = (checkout.environments / name for name in ("2.0.0-py3.9", "2.9.0-py3.11"))
    assert len(checkout.installs) == 2
    assert all(line.endswith("tests/requirements.txt") for line in checkout.installs)
    assert (
        checkout.environments / "2.0.0-py3.9.txt"
    ).read_text() == "mindspore==2.0.0\npillow<10\n"
    assert (checkout.environments / "2.9.0-py3.11.txt").read_text() == "mindspore==2.9.0\n"
    made = [f"{old}/made", f"{new}/made"]
    results = [f"{checkout.results}/{name}.json" for name in (old.name, new.name)]
    page = [str(checkout.results), f"{checkout.root}/docs/versions.md"]
    assert [words[1:] for words in asked(checkout)] == [
        ["make", old.name, made[0], results[0]],
        ["make", new.name, made[1], results[1]],
        ["read", results[0], *made],
        ["read", results[1], *made],
        page,
    ]
    assert [words[0] for words in asked(checkout)][:2] == [f"{old}/bin/python", f"{new}/bin/python"]

    again = checkout.run("2.9.0", script=SCRIPT)
    assert again.returncode == 0 and len(checkout.installs) == 2  # they are there already
    assert ["read", results[0], *made] in [words[1:] for words in asked(checkout)[5:]]


def test_a_version_whose_python_is_missing_is_left_out(checkout):
    done = checkout.run("2.10.0", script=SCRIPT)
    assert done.returncode == 0
    assert "leaving out 2.10.0-py3.12: no Python 3.12 on PATH" in done.stderr.splitlines()[-1]
    found = [words[1:3] for words in asked(checkout)]
    assert found[:2] == [["make", "2.10.0-py3.11"], ["skip", "2.10.0-py3.12"]]
    assert asked(checkout)[1][-1] == "no Python 3.12 on PATH"


def test_a_named_python_serves_its_version(checkout):
    named = checkout.add_python("elsewhere/python", version="3.12.1")
    done = checkout.run("2.10.0-py3.12", script=SCRIPT, MS_GAN_PYTHON=str(named))
    assert done.returncode == 0, done.stderr
    assert asked(checkout)[0][1:3] == ["make", "2.10.0-py3.12"]


def test_a_failing_install_leaves_the_version_out(checkout):
    checkout.add_python("python3.11", version="3.11.7", pip_works=False)
    checkout.run("2.9.0", script=SCRIPT)
    assert asked(checkout)[0][1:] == [
        "skip",
        "2.9.0-py3.11",
        f"{checkout.results}/2.9.0-py3.11.json",
        "pip could not install it",
    ]


@pytest.mark.parametrize(
    "words, given",
    [(["--suite", "2.9.0"], ["tests"]), (["2.9.0", "--", "tests/layers", "-x"], None)],
)
def test_the_tests_run_where_asked(checkout, words, given):
    checkout.run(*words, script=SCRIPT, MS_GAN_VERSIONS=str(checkout.root / "other place"))
    made = checkout.root / "other place" / "2.9.0-py3.11" / "made"
    assert made.is_dir()
    result = f"{checkout.results}/2.9.0-py3.11.json"
    assert asked(checkout)[1][1:] == ["suite", result, *(given or ["tests/layers", "-x"])]


@pytest.mark.parametrize("word", ["2.6.0", "--all", "new"])
def test_what_it_does_not_know_is_one_line(checkout, word):
    done = checkout.run(word, script=SCRIPT)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert word in line and "VERSION" in line
    assert not checkout.asked.exists()


def test_its_status_tells_that_something_does_not_work(checkout):
    checkout.write("tests/versions/page.py", PROGRAM.format(log=str(checkout.asked), status=1))
    assert checkout.run("2.9.0", script=SCRIPT).returncode == 1
