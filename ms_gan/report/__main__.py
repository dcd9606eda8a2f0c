"""`python -m ms_gan.report RUN [RUN ...]`. See `--help`."""

import sys

from ms_gan.errors import run_command
from ms_gan.report.command import main

if __name__ == "__main__":
    sys.exit(run_command("ms_gan.report", main))
