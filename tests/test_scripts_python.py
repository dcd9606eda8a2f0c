"""scripts/: which Python they choose, and when they install.

The scripts run in a `Checkout` with the Pythons a test puts there. Nothing is downloaded.
"""

import shlex
import shutil
import sys

import pytest
from checkout import answer


def test_venv_is_made_once_with_the_newest_suitable_python(checkout):
    checkout.add_python("python3.12", has_venv=False)
    checkout.add_python("python3.11", version="3.11.4")
    checkout.add_python("python3.10", version="3.10.9")
    checkout.add_python("python3", version="3.13.0", has_all=True)
    first = checkout.run("--list")
    assert answer(first)["python"] == str(checkout.venv.resolve() / "bin" / "python")
    assert len(first.stderr.splitlines()) == 1
    assert "making .venv with Python 3.11 and installing requirements.txt" in first.stderr
    assert len(checkout.installs) == 1

    second = checkout.run("--list")
    assert answer(second) == answer(first)
    assert second.stderr == ""
    assert len(checkout.installs) == 1


def test_changed_requirements_are_installed_into_the_same_venv(checkout):
    checkout.add_python("python3")
    answer(checkout.run())
    (checkout.venv / "kept").touch()
    checkout.write("requirements.txt", "pytest\ntqdm\n")
    assert "installing requirements.txt into .venv" in checkout.run().stderr
    assert len(checkout.installs) == 2
    assert (checkout.venv / "kept").exists()
    # the last line's beginning is another requirement
    checkout.write("requirements.txt", "pytest\ntqd\n")
    answer(checkout.run())
    assert len(checkout.installs) == 3


def test_requirements_of_the_tests_serve_training_too(checkout):
    checkout.add_python("python3")
    checkout.write("tests/test_it.py", "def test_good(): pass\n")
    assert checkout.run(script="scripts/run_tests.sh").returncode == 0
    assert checkout.run(script="scripts/run_tests.sh").returncode == 0
    answer(checkout.run())
    assert len(checkout.installs) == 1
    assert checkout.installs[0].endswith("tests/requirements.txt")


def test_failed_install_is_repeated(checkout):
    checkout.add_python("python3", pip_works=False)
    for attempt in (1, 2):
        result = checkout.run()
        assert result.returncode == 1
        assert result.stdout == ""
        assert "installing requirements.txt into .venv failed" in result.stderr.splitlines()[-1]
        assert len(checkout.installs) == attempt

    checkout.add_python(checkout.venv / "bin" / "python")
    answer(checkout.run())
    assert len(checkout.installs) == 3


def test_venv_whose_python_no_longer_runs_is_made_anew(checkout):
    checkout.add_python("python3")
    answer(checkout.run())
    checkout.write(".venv/bin/python", "no longer a program")
    assert "making .venv" in checkout.run().stderr
    assert len(checkout.installs) == 2


def test_venv_of_an_unsupported_python_is_left_alone(checkout):
    checkout.add_python("python3")
    checkout.add_python(checkout.venv / "bin" / "python", version="3.13.0")
    result = checkout.run()
    assert result.returncode == 1
    assert "has Python 3.13.0; remove it" in result.stderr
    assert checkout.installs == []


@pytest.mark.parametrize("variable", ["VIRTUAL_ENV", "CONDA_PREFIX"])
def test_active_environment_that_has_all_goes_before_venv(checkout, variable):
    checkout.add_python("python3")
    answer(checkout.run())
    active = checkout.add_python("python", has_all=True)
    assert answer(checkout.run(**{variable: "/active"}))["python"] == str(active)
    assert answer(checkout.run())["python"] != str(active)


@pytest.mark.parametrize("trait", [{"has_all": False}, {"has_all": True, "version": "3.13.0"}])
def test_active_environment_that_will_not_do_goes_behind_venv(checkout, trait):
    checkout.add_python("python3")
    active = checkout.add_python("python", **trait)
    assert answer(checkout.run(VIRTUAL_ENV="/active"))["python"] != str(active)
    assert len(checkout.installs) == 1


def test_named_python_makes_the_venv(checkout):
    checkout.add_python("python3", has_all=True)
    named = checkout.add_python("my pythons/python", version="3.9.18")
    assert "with Python 3.9 " in checkout.run(MS_GAN_PYTHON=str(named)).stderr
    assert (checkout.venv / "bin" / "python").exists()


@pytest.mark.parametrize(
    "traits, complaint",
    [
        ({"version": "3.13.0"}, "Python 3.13.0 at {python} is too new"),
        ({"version": "3.8.18"}, "Python 3.8.18 at {python} is too old"),
        ({"version": "2.7.18"}, "Python 2.7.18 at {python} is too old"),
        ({"version": "''"}, "{python} does not run"),
        ({"has_venv": False}, "Python 3.11.4 at {python} lacks venv"),
    ],
)
@pytest.mark.parametrize("named", [False, True])
def test_unsuitable_python_is_told_in_one_line(checkout, traits, complaint, named):
    python = checkout.add_python("python3", **traits)
    result = checkout.run(**({"MS_GAN_PYTHON": str(python)} if named else {}))
    assert result.returncode == 1
    assert result.stdout == ""
    [line] = result.stderr.splitlines()
    assert "Python 3.9 to 3.12 is needed" in line
    assert complaint.format(python=python) in line
    assert not checkout.venv.exists()


def test_no_python_at_all_is_told_in_one_line(checkout):
    result = checkout.run()
    assert result.returncode == 1
    [line] = result.stderr.splitlines()
    assert "Python 3.9 to 3.12 is needed" in line and "found none" in line


@pytest.mark.parametrize(
    "requirement, is_there", [("pytest", True), ("pytest>=7", True), ("pytest>=999", False)]
)
def test_real_pip_tells_whether_all_is_there(checkout, requirement, is_there):
    """Pip's own answer about the Python that runs this, whatever the user's settings for it say."""
    pytest.importorskip("pip")
    checkout.write("requirements.txt", requirement + "\n")
    python = checkout.bin / "python3"
    python.write_text(
        f"#!{shutil.which('bash')}\n"
        'if [ "$2" = venv ]; then exit 1; fi\n'  # only to get there is of interest
        f'exec {shlex.quote(sys.executable)} "$@"\n'
    )
    python.chmod(0o755)
    result = checkout.run(PIP_TARGET=str(checkout.root / "target"), PIP_REQUIRE_VIRTUALENV="1")
    assert result.returncode == (0 if is_there else 1)
    assert ("making .venv" in result.stderr) != is_there
