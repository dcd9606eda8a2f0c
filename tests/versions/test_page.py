"""docs/versions.md of what has been found in each version."""

import json
import subprocess
import sys

import pytest
from conftest import ROOT
from versions import attempts, page

FOLDER = ROOT / "tests" / "versions"


def result(name, loss=0.5, **abilities):
    """What probe.py writes of a version: everything works, but for what is given."""
    every = {ability: {"state": "works"} for ability in attempts.ABILITIES}
    every["train"]["losses"] = {"faces": {"loss_d": 0.25, "loss_g": loss}}
    packages = {"python": "3.11.7", "mindspore": name.partition("-")[0]}
    found = {"name": name, "date": "2026-11-28", "packages": packages, "skipped": None}
    return {**found, "abilities": {**every, **abilities}, "read": {}}


@pytest.fixture
def two():
    """Two versions that read what the other has made."""
    old, new = result("2.7.2-py3.11"), result("2.10.0-py3.12")
    for reader in (old, new):
        for writer in (old, new):
            reader["read"][writer["name"]] = {"generator": 0, "half": 1, "loss": 1.5}
    return [new, old]


def rows(text, head):
    """The cells of the table whose first cell is `head`, {first cell: the others}."""
    lines = text[text.index(f"| {head} |") :].split("\n\n")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines]
    return {first: rest for first, *rest in [cells[0], *cells[2:]]}


def test_versions_are_in_order_with_ticks(two):
    found = rows(page.page(two), "MindSpore")
    assert list(found) == ["MindSpore", "2.7.2", "2.10.0"]
    assert found["MindSpore"][2:] == [*attempts.ABILITIES, "reads the others"]
    assert found["2.7.2"][2:] == ["✓"] * (len(attempts.ABILITIES) + 1)
    assert page.broken(two) == []


def test_what_does_not_work_is_told_with_its_reason(two):
    two[1]["abilities"]["distributed"] = {"state": "absent", "reason": "no msrun"}
    two[0]["abilities"]["train"] = {"state": "failed", "reason": "ended by SIGSEGV"}
    text = page.page(two)
    found = rows(text, "MindSpore")
    assert found["2.7.2"][-2] == "– (1)" and found["2.10.0"][2] == "✗ (2)"
    assert "\n1. distributed: no msrun\n" in text
    assert "\n2. train: ended by SIGSEGV\n" in text
    assert page.broken(two) == [("2.10.0-py3.12", "train")]


def test_pictures_and_losses_that_differ_are_told(two):
    new, old = two
    new["read"]["2.7.2-py3.11"]["half"] = 3
    old["read"]["2.10.0-py3.12"]["loss"] = 1.6
    text = page.page(two)
    found = rows(text, "read by ↓, written by →")
    assert found["2.7.2-py3.11"] == ["0 / 1 ↻", "0 / 1 ✗ loss 1.6"]
    assert found["2.10.0-py3.12"][0] == "0 / 3 ✗ loss 1.5"
    assert rows(text, "MindSpore")["2.10.0"][-1] == "✗ (2)"
    assert "\n2. 2.10.0-py3.12 reads 2.7.2-py3.11 otherwise\n" in text
    assert len(page.broken(two)) == 2


def test_the_losses_of_all_are_side_by_side(two):
    two[0]["abilities"]["train"]["losses"]["faces"]["loss_g"] = 0.75
    found = rows(page.page(two), "losses with")
    assert found["losses with"] == ["faces"]
    assert found["2.7.2-py3.11"] == ["0.25, 0.5 ≠"]
    assert found["2.10.0-py3.12"] == ["0.25, 0.75"]


def test_versions_that_were_left_out_or_not_read_yet(two):
    two.append({"name": "2.0.0-py3.9", "skipped": "no Python 3.9 on PATH"})
    two.append(result("2.9.0-py3.11"))
    text = page.page(two)
    found = rows(text, "MindSpore")
    assert found["2.0.0"][1] == "left out: no Python 3.9 on PATH"
    assert rows(text, "read by ↓, written by →")["2.9.0-py3.11"] == ["not tried"] * 3
    assert rows(text, "MindSpore")["2.9.0"][-1] == "– (2)"
    assert "\n1. 2.7.2-py3.11 hasn't read 2.9.0-py3.11 yet\n" in text


def test_tests_are_counted(two):
    counts = {"passed": 3, "failed": 1, "error": 1}
    two[0]["suite"] = {
        "arguments": ["tests/layers", "-x"],
        "date": "2026-11-28",
        "counts": counts,
        "failures": ["tests/layers/test_a.py::test_b"],
    }
    text = page.page(two)
    row = ["2026-11-28", "`tests/layers -x`", "3", "2", "0"]
    assert rows(text, "tests with")["2.10.0-py3.12"] == row
    assert "* 2.10.0-py3.12: `tests/layers/test_a.py::test_b`" in text
    assert page.broken(two) == [("2.10.0-py3.12", "tests")]


def program(name, *arguments):
    words = [sys.executable, FOLDER / f"{name}.py", *arguments]
    return subprocess.run([str(word) for word in words], capture_output=True, text=True)


def test_one_version_is_tried_again_and_the_page_written_anew(tmp_path, two):
    for each in two:
        (tmp_path / f"{each['name']}.json").write_text(json.dumps(each))
    program("probe", "skip", "2.0.0-py3.9", tmp_path / "2.0.0-py3.9.json", "no Python 3.9 on PATH")
    program("probe", "skip", "2.7.2-py3.11", tmp_path / "2.7.2-py3.11.json", "no Python 3.11")
    out = tmp_path / "versions.md"
    done = program("page", tmp_path, out)
    assert done.returncode == 0, done.stderr
    found = rows(out.read_text(), "MindSpore")
    assert list(found) == ["MindSpore", "2.0.0", "2.7.2", "2.10.0"]
    assert found["2.7.2"][2] == "✓"  # an earlier result stays where a version is left out now

    two[0]["abilities"]["export"] = {"state": "failed", "reason": "no"}
    (tmp_path / "2.10.0-py3.12.json").write_text(json.dumps(two[0]))
    done = program("page", tmp_path, out)
    assert done.returncode == 1
    assert done.stderr == "2.10.0-py3.12: export doesn't work\n"


@pytest.mark.parametrize(
    "status, said, expected",
    [
        (-11, "", "ended by SIGSEGV"),
        (1, "", "ended with status 1"),
        (1, "x\nms_gan.train: error: no\nworker ended\n", "ms_gan.train: error: no"),
        (1, "Traceback\n  line\nValueError: bad\n", "ValueError: bad"),
        (1, "one\ntwo\n", "two"),
    ],
)
def test_reasons_are_one_line(status, said, expected):
    assert attempts.reason(status, said) == expected


def test_a_crash_spoils_only_what_was_being_tried(tmp_path, monkeypatch):
    from versions import probe

    program = tmp_path / "attempts.py"
    program.write_text(
        "import json, os, sys\n"
        "for ability in sys.argv[2:]:\n"
        "    if ability == 'b': os.abort()\n"
        "    print(json.dumps({ability: {'state': 'works'}}), flush=True)\n"
    )
    monkeypatch.setattr(probe, "ATTEMPTS", program)
    monkeypatch.setattr(probe, "ABILITIES", dict.fromkeys("abc"))
    assert probe.tried("2.9.0", tmp_path) == {
        "a": {"state": "works"},
        "b": {"state": "failed", "reason": "ended by SIGABRT"},
        "c": {"state": "works"},
    }


def test_what_an_attempt_raises_is_its_outcome(monkeypatch):
    def failing(made):
        raise ValueError("two\nlines")

    def absent(made):
        raise attempts.Absent("no msrun")

    monkeypatch.setattr(attempts, "ABILITIES", {"a": failing, "b": absent, "c": lambda made: None})
    assert attempts.attempt("a", None) == {"state": "failed", "reason": "two"}
    assert attempts.attempt("b", None) == {"state": "absent", "reason": "no msrun"}
    assert attempts.attempt("c", None) == {"state": "works", "losses": {}}
