"""`python -m ms_gan.play [--ckpt generator.ckpt]`. See `--help`."""

import sys

from ms_gan.errors import run_command
from ms_gan.play.command import main

if __name__ == "__main__":
    sys.exit(run_command("ms_gan.play", main))
