"""The page: a template that holds style, script and facts, so that it needs no other file."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Any

from ms_gan import pages
from ms_gan.files import atomic_file
from ms_gan.report import comparison, facts

BUDGET = 5_000_000  # characters of all runs' samples; with the rest, a page stays below 8 MB
HERE = Path(__file__).parent
STYLES = pages.CSS, HERE / "page.css"
SCRIPTS = pages.JS, HERE / "plot.js", HERE / "page.js"


def write(runs: Sequence[str | os.PathLike], out: str | os.PathLike) -> None:
    """Write the report of a run, or one page that compares several.

    Args:
        runs: run folders.
        out: the file, which appears whole or stays as it was.

    Raises:
        GanError: one is no run folder, or has no log yet.
        OSError: a file can't be read or written.
    """
    found = [facts.read(Path(run), BUDGET // len(runs)) for run in runs]
    text = render(found, runs)
    with atomic_file(Path(out)) as temporary:
        temporary.write_text(text, encoding="utf-8")


def render(runs: Sequence[facts.Facts], paths: Sequence[object]) -> str:
    """The page of runs' facts.

    Args:
        runs: what `facts.read` has given.
        paths: their folders, which tell runs of the same name from each other.

    Returns:
        HTML. Whatever the facts hold, it is data there, and nothing of it is markup or script.
    """
    comparison.named(runs, paths)
    told = {
        "runs": runs,
        "panels": comparison.panels(runs),
        "stops": {unit: comparison.stops(runs, unit) for unit in ("step", "seconds")},
        "differences": comparison.differences(runs) if len(runs) > 1 else [],
    }
    data = json.dumps(_finite(told), allow_nan=False, separators=(",", ":"))
    return Template(pages.joined(HERE / "page.html")).substitute(
        css=pages.joined(*STYLES),
        js=pages.joined(*SCRIPTS),
        facts=data.replace("<", "\\u003c"),  # "</script>" and "<!--" would end or change the block
    )


def _finite(value: Any) -> Any:
    """The value with numbers that JSON doesn't have, such as NaN, as texts."""
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
