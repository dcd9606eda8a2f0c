"""`python -m ms_gan.export --format FORMAT --out FILE [--ckpt generator.ckpt]`. See `--help`."""

import sys

from ms_gan.errors import run_command
from ms_gan.export.command import main

if __name__ == "__main__":
    sys.exit(run_command("ms_gan.export", main))
