"""One rank of a distributed training: the same as `python -m ms_gan.train`, as a file, which msrun
wants.
"""

import os
import sys
from pathlib import Path

if __name__ == "__main__":
    # Instead of this file's folder, whose modules would hide others of the same names.
    sys.path[0] = str(Path(__file__).resolve().parents[1])

    from ms_gan.errors import run_command
    from ms_gan.launch import PIDS
    from ms_gan.train import main

    # msrun tells no one which process is which.
    if PIDS in os.environ and os.environ.get("MS_ROLE") == "MS_WORKER":
        Path(os.environ[PIDS], os.environ["MS_NODE_ID"]).write_text(str(os.getpid()))
    sys.exit(run_command("ms_gan.train", main))
