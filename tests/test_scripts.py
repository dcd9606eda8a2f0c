"""scripts/, .ci/: which Python they choose, when they install, and what they pass on.

The scripts run in a copy of the repository with a stand-in for ms_gan.train, on a PATH that holds
only the tools they need and the Pythons a test puts there. Nothing is downloaded.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ["bash", "cat", "cp", "dirname", "mkdir", "readlink", "flock"]

# Prints what it was given and ends with the status that --status asks for.
TRAIN = """
import json, os, sys
print(json.dumps({"argv": sys.argv[1:], "cwd": os.getcwd(), "python": os.environ.get("STAND_IN")}))
if "--status" in sys.argv:
    sys.exit(int(sys.argv[sys.argv.index("--status") + 1]))
"""

# A Python that knows its version, has all requirements or not, and notes each `pip install` in
# pip.log.
STAND_IN = """#!{bash}
export STAND_IN=$0
case "$*" in
    *version_info*) echo {version} ;;
    *"import venv, ensurepip"*) exit {no_venv} ;;
    "-m venv"*) mkdir -p "$4/bin" && cp "$0" "$4/bin/python" ;;
    "-m pip --isolated"*) exit {lacks} ;;
    "-m pip install"*) echo "$*" >>{log}; exit {pip_fails} ;;
    "-m pip --version") exit 0 ;;
    *) exec {python} "$@" ;;
esac
"""


class Checkout:
    """A copy of the scripts, and the PATH they see."""

    def __init__(self, folder):
        self.root = folder / "a checkout"
        self.bin = folder / "bin"
        self.log = folder / "pip.log"
        for name in ("scripts", ".ci"):
            shutil.copytree(ROOT / name, self.root / name)
        for name, text in {
            "requirements.txt": "pytest\n",
            "tests/requirements.txt": "-r ../requirements.txt\npytest\n",
            "pyproject.toml": "[tool.pytest.ini_options]\n",
            "ms_gan/__init__.py": "",
            "ms_gan/train.py": TRAIN,
        }.items():
            self.write(name, text)
        self.bin.mkdir()
        self.log.touch()
        for tool in TOOLS:
            found = shutil.which(tool)
            if found:  # flock is not everywhere
                (self.bin / tool).symlink_to(found)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def add_python(self, name, version="3.11.4", has_all=False, has_venv=True, pip_works=True):
        path = self.bin / name
        path.parent.mkdir(parents=True, exist_ok=True)
        script = STAND_IN.format(
            bash=shutil.which("bash"),
            version=version,
            no_venv=int(not has_venv),
            lacks=int(not has_all),
            pip_fails=int(not pip_works),
            log=shlex.quote(str(self.log)),
            python=shlex.quote(sys.executable),
        )
        path.write_text(script)
        path.chmod(0o755)
        return path

    def run(self, *args, script="scripts/run_train.sh", cwd=None, **variables):
        unwanted = ("VIRTUAL_ENV", "CONDA_PREFIX", "MS_GAN_PYTHON", "MS_GAN_VERSIONS", "PYTHONPATH")
        environment = {name: value for name, value in os.environ.items() if name not in unwanted}
        return subprocess.run(
            ["bash", str(self.root / script), *args],
            cwd=cwd or self.root,
            env={**environment, "PATH": str(self.bin), **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    @property
    def installs(self):
        return self.log.read_text().splitlines()

    @property
    def venv(self):
        return self.root / ".venv"


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path)


@pytest.fixture
def elsewhere(tmp_path):
    folder = tmp_path / "else where"
    folder.mkdir()
    return folder


def answer(result):
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


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
