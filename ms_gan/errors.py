"""What goes wrong on the user's side, and how a command says it: one line, a status, no traceback.

The package itself prints nothing. What it has to tell goes to loggers below "ms_gan": `info` is
what a command prints on stdout, `warning` on stderr. A notebook shows warnings only.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence

from tqdm.auto import tqdm


class GanError(Exception):
    """Something on the user's side stands in the way; the message says in one line what to do."""

    status = 1


class UsageError(GanError):
    """The command line itself is wrong."""

    status = 2


def os_reason(error: OSError) -> str:
    """The short reason inside an OSError, without its number and its second mention of the file."""
    return error.strerror or str(error)


def run_command(
    name: str,
    command: Callable[[Sequence[str] | None], int | None],
    argv: Sequence[str] | None = None,
) -> int:
    """Run a command as a process does: messages are printed, errors become one line and a status.

    Args:
        name: what messages call it, such as "ms_gan.train".
        command: takes the arguments, or None for those of the process; may return a status.
        argv: the arguments.

    Returns:
        The exit status: 0 when it worked, 1 for a failure, 2 for wrong usage, 128 + the signal's
        number when it was stopped; what `command` returns, if it returns a number.
    """
    # Notices of MindSpore's C++ side (level 2) speak of its own workings; errors (3) still show.
    os.environ.setdefault("GLOG_v", "3")
    # Killing it politely ends it like Ctrl-C does: temporary files are removed.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        with console():
            return command(argv) or 0
    except GanError as error:
        print(f"{name}: error: {' '.join(str(error).split())}", file=sys.stderr)
        return error.status
    except OSError as error:
        where = f"{error.filename}: " if error.filename is not None else ""
        print(f"{name}: error: {where}{os_reason(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{name}: stopped", file=sys.stderr)
        return 130


@contextlib.contextmanager
def console() -> Iterator[None]:
    """Print what the package logs: `info` on stdout, `warning` on stderr."""
    logger, handler = logging.getLogger("ms_gan"), _Console()
    before = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before[0])
        logger.propagate = before[1]


class _Console(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        text = self.format(record)
        if record.levelno >= logging.WARNING:
            tqdm.write(f"warning: {text}", file=sys.stderr)  # above a progress bar, not within it
        else:
            tqdm.write(text, file=sys.stdout)
            sys.stdout.flush()
