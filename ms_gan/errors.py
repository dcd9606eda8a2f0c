"""What goes wrong on the user's side, and how a command says it: one line, an exit status, no traceback."""

import signal
import sys


class GanError(Exception):
    """Something on the user's side stands in the way; the message is one line that says what to do."""

    status = 1


class UsageError(GanError):
    """The command line itself is wrong."""

    status = 2


def os_reason(error):
    """The short reason inside an OSError, without Python's `[Errno 28]` and its second mention of the file."""
    return error.strerror or str(error)


def run_command(name, command, argv=None):
    """Run `command(argv)` and return the process's exit status.

    0 when it worked, 1 for a failure, 2 for wrong usage, 128 + the signal's number when it was stopped; what
    `command` returns, if it returns a number.
    """
    # Killing it politely ends it like Ctrl-C does: temporary files are removed.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
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
