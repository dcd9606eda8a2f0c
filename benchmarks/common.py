"""What the benchmarks share: alternating rounds, tables, and the interpreter that holds PyTorch.

A benchmark is a script, `python benchmarks/NAME.py`; this folder is on its path, so it says `from
common import ...`. Importing this makes the package of this checkout importable too, and sets its
guards before MindSpore is imported.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ms_gan.runtime import cores  # noqa: E402


def alternate(measures, rounds):
    """Take every measure in turn, `rounds` times over; return {name: [what it gave in each round]}.

    measures: {name: function without arguments that returns a number}. What else a machine does
    comes and goes; taken in turns, it strikes all of them alike.
    """
    taken = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            taken[name].append(measure())
    return taken


def medians(taken):
    """{name: median} of what `alternate` returned."""
    return {name: statistics.median(values) for name, values in taken.items()}


def table(rows):
    """Print rows (sequences of text or numbers), the first of them the head, as a Markdown table.

    Numbers go to the right and have three significant digits at least; a None is left empty.
    """
    texts = [[_text(cell) for cell in row] for row in rows]
    widths = [max(3, *map(len, column)) for column in zip(*texts)]
    right = [
        any(isinstance(row[column], (int, float)) for row in rows[1:])
        for column in range(len(widths))
    ]
    texts.insert(
        1, ["-" * (width - 1) + ":" if to else "-" * width for width, to in zip(widths, right)]
    )
    for row in texts:
        cells = (
            text.rjust(width) if to else text.ljust(width)
            for text, width, to in zip(row, widths, right)
        )
        print(f"| {' | '.join(cells)} |", flush=True)


def add_torch_python(parser):
    """Give an argparse parser the option --torch-python; its value is an interpreter's path, or
    None.
    """
    parser.add_argument(
        "--torch-python",
        metavar="PATH",
        type=_interpreter,
        help="a Python interpreter with torch and pillow, to be compared with",
    )


def run(command, **how):
    """Run a command (a list) on this checkout's package and return what it printed.

    how: for `subprocess.run`. Where it fails, its errors are shown and the benchmark ends.
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [str(word) for word in command], text=True, capture_output=True, env=environment, **how
    )
    if done.returncode:
        sys.exit(
            f"{done.stderr}\n{command[0]}: failed with status {done.returncode}; "
            "its errors are above"
        )
    return done.stdout


def run_json(command, **how):
    """The JSON value on the last line that a command prints; see `run`."""
    return json.loads(run(command, **how).splitlines()[-1])


def versions(torch_python=None):
    """One line that says what was measured on: the packages and the processor; PyTorch where it is
    used.
    """
    found = [f"Python {platform.python_version()}"]
    found += [f"{name} {metadata.version(name)}" for name in ("mindspore", "numpy", "pillow")]
    if torch_python:
        program = "import json, torch; print(json.dumps(torch.__version__))"
        found.append("torch " + run_json([torch_python, "-c", program]))
    return f"{', '.join(found)}; {cores()} cores, {_processor()}"


def _text(cell):
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:.3g}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def _interpreter(path):
    try:
        subprocess.run([path, "-c", "import torch, PIL"], check=True, capture_output=True)
    except OSError:
        raise argparse.ArgumentTypeError(
            f"{path} can't be run; expected a Python interpreter"
        ) from None
    except subprocess.CalledProcessError:
        raise argparse.ArgumentTypeError(
            f"{path} can't import torch and PIL; install torch and pillow there"
        ) from None
    return path


def _processor():
    """The processor's name as Linux tells it, or what Python knows."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(
            line.partition(":")[2].strip() for line in lines if line.startswith("model name")
        )
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
