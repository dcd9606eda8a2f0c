"""One worker of a distributed training: the same as `python -m ms_gan.train`, as a file, which
msrun wants.
"""

import os
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])  # instead of scripts/

from ms_gan.errors import run_command  # noqa: E402
from ms_gan.launch import PIDS  # noqa: E402
from ms_gan.train import main  # noqa: E402

if (
    PIDS in os.environ and os.environ.get("MS_ROLE") == "MS_WORKER"
):  # msrun tells no one which process is which
    Path(os.environ[PIDS], os.environ["MS_NODE_ID"]).write_text(str(os.getpid()))
sys.exit(run_command("ms_gan.train", main))
