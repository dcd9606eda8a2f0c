"""scripts/, .ci/: what they pass on, and what the linters and CI find.

The scripts run in a `Checkout` with the Pythons a test puts there. Nothing is downloaded.
"""

import json

import pytest
from checkout import answer


@pytest.fixture
def elsewhere(tmp_path):
    folder = tmp_path / "else where"
    folder.mkdir()
    return folder


def test_options_folder_and_status_are_passed_on(checkout, elsewhere):
    checkout.add_python("python3", has_all=True)
    result = checkout.run("faces", "--data", "my faces", "", "*", "--status", "7", cwd=elsewhere)
    assert result.returncode == 7
    assert result.stderr == ""
    said = json.loads(result.stdout)
    assert said["argv"] == ["faces", "--data", "my faces", "", "*", "--status", "7"]
    assert said["cwd"] == str(elsewhere.resolve())


def test_called_through_a_symlink_beside_a_folder_of_the_same_name(checkout, tmp_path):
    checkout.add_python("python3", has_all=True)
    link = tmp_path / "train"
    link.symlink_to(checkout.root / "scripts" / "run_train.sh")
    (tmp_path / "ms_gan").mkdir()  # as a checkout in a folder of this name would be
    assert answer(checkout.run("--list", script=link, cwd=tmp_path))["argv"] == ["--list"]


def test_tests_run_from_anywhere_with_pytests_options_and_status(checkout, elsewhere):
    checkout.add_python("python3", has_all=True)
    checkout.write("tests/test_it.py", "def test_good(): pass\ndef test_bad(): assert False\n")
    good = checkout.run("-k", "good", script="scripts/run_tests.sh", cwd=elsewhere)
    assert good.returncode == 0, good.stdout + good.stderr
    assert "1 passed, 1 deselected" in good.stdout
    assert checkout.run(script="scripts/run_tests.sh", cwd=elsewhere).returncode == 1


@pytest.fixture
def linted(checkout):
    """A checkout in which there is nothing for the linters to find."""
    checkout.add_python("python3", has_all=True)
    checkout.write("pyproject.toml", '[tool.mypy]\nfiles = ["ms_gan"]\n')
    checkout.write("ms_gan/train.py", "steps: int = 1\n")
    checkout.write("tests/test_it.py", "def test_good():\n    pass\n")
    return checkout


@pytest.mark.parametrize(
    "text, complaint",
    [
        ("import os\n", "`os` imported but unused"),
        ("steps = [1,2]\n", "1 file would be reformatted"),
        ('steps: int = "1"\n', "Incompatible types in assignment"),
    ],
)
def test_linters_tell_faults_of_style_format_and_types(linted, elsewhere, text, complaint):
    linted.write("ms_gan/train.py", text)
    result = linted.run(script="scripts/run_linters.sh", cwd=elsewhere)
    assert result.returncode == 1
    assert complaint in result.stdout + result.stderr


def test_ci_runs_the_linters_then_the_tests(linted, elsewhere):
    good = linted.run(script=".ci/run", cwd=elsewhere)
    assert good.returncode == 0, good.stdout + good.stderr
    assert good.stdout.index("Success: no issues found") < good.stdout.index("1 passed")
    linted.write("ms_gan/train.py", "import os\n")
    bad = linted.run(script=".ci/run", cwd=elsewhere)
    assert bad.returncode == 1
    assert "passed" not in bad.stdout
