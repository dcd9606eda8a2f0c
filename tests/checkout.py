"""A copy of the repository's scripts with a stand-in for ms_gan.train, on a PATH that holds only
the tools they need and the Pythons a test puts there.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

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


def answer(result):
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)
