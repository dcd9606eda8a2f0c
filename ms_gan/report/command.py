"""The command: write a run's report again, or compare runs in one page."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from ms_gan.errors import UsageError
from ms_gan.options import Parser, path
from ms_gan.report.page import write
from ms_gan.training.run_folder import RunFolder

COMPARISON = "comparison.html"

log = logging.getLogger("ms_gan.report")


def main(argv: Sequence[str] | None = None) -> int:
    """Write the page that the command line asks for and return the exit status."""
    asked = _parser().parse_args(argv)
    runs, out = [Path(run) for run in asked.runs], _out(asked.runs, asked.out)
    seen: set[Path] = set()
    for run in runs:
        if run.resolve() in seen:
            raise UsageError(f"{run}: given twice; give each run once")
        seen.add(run.resolve())
    write(runs, out)
    log.info("%s", out)
    return 0


def _out(runs: Sequence[str], out: str | None) -> Path:
    """Where the page goes."""
    if out is None:
        return RunFolder(runs[0]).report if len(runs) == 1 else Path(COMPARISON)
    if Path(out).suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"--out {out}: expected a name ending in .html")
    return Path(out)


def _parser() -> Parser:
    parser = Parser(
        prog="python -m ms_gan.report",
        description="Write the report of a run again, or compare several runs in one page.",
    )
    parser.add_argument(
        "runs", type=path, nargs="+", metavar="RUN", help="run folders, such as runs/0000-faces"
    )
    parser.add_argument(
        "--out",
        type=path,
        metavar="FILE",
        help=f"where to write (default: report.html of the run; {COMPARISON} for several)",
    )
    return parser
