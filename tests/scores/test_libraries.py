"""What PyTorch finds when scores import it."""

import os
import sys

import pytest

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
