"""What PyTorch finds when scores import it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ms_gan.scores import libraries

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("set_before, found", [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_waiting_threads_sleep_unless_the_user_wants_otherwise(
    tmp_path, monkeypatch, set_before, found
):
    monkeypatch.setenv("OMP_WAIT_POLICY", "")  # so that it is as before, afterwards
    monkeypatch.delenv("OMP_WAIT_POLICY")
    if set_before:
        monkeypatch.setenv("OMP_WAIT_POLICY", set_before)
    package = tmp_path / "torch_fidelity.py"
    package.write_text("import os\nSEEN = os.environ.get('OMP_WAIT_POLICY')\n")
    monkeypatch.delitem(sys.modules, "torch_fidelity", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    libraries.load_torch_fidelity()
    assert sys.modules["torch_fidelity"].SEEN == os.environ["OMP_WAIT_POLICY"] == found


# What `evaluate` has set by the time that MindSpore, which loads the same library, is imported.
AT_IMPORT = """
import os, sys

class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == "mindspore":
            print(os.environ.get("OMP_WAIT_POLICY"), flush=True)
            os._exit(0)

sys.meta_path.insert(0, Watch())
from ms_gan import evaluate
evaluate.main(["--ckpt", "faces-plus"])
"""


def test_evaluate_says_so_before_mindspore_is_imported(monkeypatch):
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    command = [sys.executable, "-c", AT_IMPORT]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.stdout == "PASSIVE\n", ended.stderr
