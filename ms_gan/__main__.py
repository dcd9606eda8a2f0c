"""All commands by one name: `ms-gan train faces`, or `python -m ms_gan train faces`."""

from __future__ import annotations

import importlib
import logging
import sys
from collections.abc import Sequence

from ms_gan.errors import UsageError, run_command

COMMANDS = {
    "train": "train a GAN, or go on with a run",
    "generate": "generate with a trained one",
    "evaluate": "score a trained one, or any images",
    "report": "write a run's report again, or compare runs",
    "explore": "see what a trained one has learnt",
    "play": "play with a trained one in the browser",
    "export": "write a trained one for other programs",
    "import-weights": "make a trained one of a PyTorch DCGAN's weights",
    "launch": "train on several devices",
}
USAGE = f"usage: ms-gan {'|'.join(COMMANDS)} ..."

log = logging.getLogger(__name__)


def run(argv: Sequence[str] | None = None) -> int:
    """Run the command that the first word names and return its exit status."""
    words = sys.argv[1:] if argv is None else argv
    if not words or words[0] not in COMMANDS:
        return run_command("ms_gan", _tell, words)
    # Only the command that is asked for is imported.
    module = f"ms_gan.{words[0].replace('-', '_')}"
    return run_command(module, lambda rest: importlib.import_module(module).main(rest), words[1:])


def _tell(words: Sequence[str] | None) -> None:
    """Tell what the commands are, where that is asked."""
    if not words or words[0] not in ("-h", "--help"):
        wrong = f"{words[0]!r} is no command" if words else "which command?"
        raise UsageError(f"{wrong} ({USAGE}; --help tells more)")
    width = max(map(len, COMMANDS))
    lines = [f"  {name:{width}}  {what}" for name, what in COMMANDS.items()]
    log.info("%s", "\n".join([USAGE, "", *lines, "", "COMMAND --help lists a command's options."]))


if __name__ == "__main__":
    sys.exit(run())
