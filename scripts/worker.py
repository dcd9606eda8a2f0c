"""One worker of a distributed training: the same as `python -m ms_gan.train`, as a file, which msrun wants."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])  # instead of scripts/

from ms_gan.errors import run_command  # noqa: E402
from ms_gan.train import main  # noqa: E402

sys.exit(run_command("ms_gan.train", main))
