"""What the tests of several workers share: where they can run, and free ports."""

import socket
import sys
from pathlib import Path

import pytest

LIMIT = 300  # seconds after which a launch is taken to hang
launched = pytest.mark.skipif(
    sys.platform != "linux" or not Path(sys.executable).with_name("msrun").exists(),
    reason="needs Linux and MindSpore's msrun, which isn't beside this interpreter",
)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
