"""What PyTorch finds when scores import it."""

import os
import subprocess
import sys

import pytest
from conftest import ROOT

from ms_gan.scores import libraries


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


def test_evaluate_says_so_before_mindspore_is_imported(tmp_path, monkeypatch):
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    stub = "import os\nraise SystemExit(f\"found {os.environ.get('OMP_WAIT_POLICY')}\")\n"
    (tmp_path / "mindspore.py").write_text(stub)
    ended = subprocess.run(
        [sys.executable, "-m", "ms_gan.evaluate", "--ckpt", "faces-plus"],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stderr.endswith("found PASSIVE\n"), ended.stderr
