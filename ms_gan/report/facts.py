"""What a page tells of a run: one dict that JSON can hold, made of its run folder alone."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ms_gan.errors import GanError
from ms_gan.report import frames
from ms_gan.training.run_folder import RunFolder

POINTS = 1500  # of a curve; a longer log's are means of as many lines each as it takes
DIGITS = 5  # of a curve's numbers
NOT_CURVES = ("step", "epoch", "seconds", "batch_size")  # numbers of the log
Facts = dict[str, Any]
Line = Mapping[str, Any]  # of the log


def read(path: str | Path, budget: int) -> Facts:
    """All that the page needs of a run.

    Args:
        path: its folder.
        budget: the characters that its samples may take.

    Raises:
        GanError: it is no run folder, or has no log yet.
        OSError: a file can't be read.
    """
    run = RunFolder(path)
    record, lines = _record(run), _lines(run)
    plain = [line for line in lines if "scores" not in line]
    scored = [line for line in lines if isinstance(line.get("scores"), dict)]
    newest = (plain or lines)[-1]
    samples = frames.frames(run.sample_files(), budget)
    steps = [int(file.stem) for file in samples]
    return {
        "name": run.path.resolve().name,
        "recipe": record["recipe"],
        "source": record.get("source"),
        "progress": {key: newest.get(key) for key in ("step", "epoch", "seconds")},
        "speed": newest.get("images_per_second"),
        "options": record["options"],
        "data": record["data"],
        "environment": record["environment"],
        "numbers": {
            "log": _curves(plain, plain),
            "scores": _curves(scored, [line["scores"] for line in scored]),
        },
        "samples": {
            "step": steps,
            "seconds": _seconds_at(steps, lines),
            "pictures": list(samples.values()),
        },
        "real": frames.picture(run.real),
        "best": _best(run, scored),
        "commands": _commands(run, record),
    }


def _record(run: RunFolder) -> Facts:
    """What `options.json` says."""
    if not run.path.is_dir():
        raise GanError(f"{run.path}: no such folder; expected a run folder like runs/0000-faces")
    if not run.options.is_file():
        raise GanError(
            f"{run.path}: holds no options.json; expected a run folder like runs/0000-faces"
        )
    try:
        record = json.loads(run.options.read_text(encoding="utf-8"))
        options, recipe = dict(record["options"]), str(record["recipe"])
        parts = {key: dict(record.get(key) or {}) for key in ("data", "environment")}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise GanError(f"{run.options}: damaged; expected what a training writes") from None
    return {"source": record.get("source"), "recipe": recipe, "options": options, **parts}


def _lines(run: RunFolder) -> list[Line]:
    """The log's lines in the order of their steps."""
    try:
        found = run.read_log()
    except (ValueError, RecursionError):
        raise GanError(f"{run.log}: damaged; expected a line of JSON for each step") from None
    lines = [
        line
        for line in found
        if isinstance(line, dict) and all(_is_number(line.get(key)) for key in ("step", "seconds"))
    ]
    if not lines:
        raise GanError(
            f"{run.path}: its log.jsonl is missing or empty; there is nothing to tell before the "
            "first step"
        )
    return sorted(lines, key=lambda line: line["step"])


def _is_number(value: Any) -> bool:
    """Whether it is a finite number that a float can hold."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300


def _curves(lines: Sequence[Line], values: Sequence[Line]) -> Facts:
    """Curves over the steps and seconds of lines: {"step": [], "seconds": [], "values": {key: []}}.

    A long log's points are plain means of equally many lines. A mean of what isn't finite, or isn't
    there, is None: a gap.
    """
    keys = dict.fromkeys(key for line in values for key in line if _is_number(line[key]))
    curves = {
        key: _thinned([line[key] if _is_number(line.get(key)) else math.nan for line in values])
        for key in keys
        if key not in NOT_CURVES
    }
    axes = {name: _thinned([line[name] for line in lines]) for name in ("step", "seconds")}
    return {**axes, "values": curves}


def _thinned(numbers: Sequence[float]) -> list[float | None]:
    """At most `POINTS` means of neighbours."""
    together = -(-len(numbers) // POINTS) or 1
    array = np.array(numbers, np.float64)
    firsts = np.arange(0, len(array), together)
    sums = np.add.reduceat(array, firsts) if len(array) else array
    means = sums / np.minimum(together, len(array) - firsts)
    return [_short(mean) if math.isfinite(mean) else None for mean in means.tolist()]


def _short(number: float) -> float:
    return int(number) if number == int(number) else float(f"{number:.{DIGITS}g}")


def _seconds_at(steps: Sequence[int], lines: Sequence[Line]) -> list[float]:
    """The seconds of training that steps were made after, by the lines before and after them."""
    known = [0, *(line["step"] for line in lines)], [0.0, *(line["seconds"] for line in lines)]
    return [round(seconds, 1) for seconds in np.interp(steps, *known).tolist()]


def _best(run: RunFolder, scored: Sequence[Line]) -> Facts | None:
    """The best score, and the sample nearest to its step beside the last sample.

    None where no best generator is kept, or the last sample is the one.
    """
    if not scored or not run.best.exists():
        return None
    name = scored[-1].get("main_score")
    known = [line for line in scored if _is_number(line["scores"].get(name))]
    files = run.sample_files()
    if not known or not files:
        return None
    best, last = min(known, key=lambda line: line["scores"][name]), known[-1]
    nearest = min(files, key=lambda file: abs(int(file.stem) - best["step"]))
    shown = [
        {
            "title": title,
            "score": line["scores"][name],
            "scored": line["step"],
            "step": int(file.stem),
            "picture": frames.picture(file),
        }
        for title, line, file in (("best", best, nearest), ("last", last, files[-1]))
    ]
    if nearest == files[-1] or any(each["picture"] is None for each in shown):
        return None
    return {"name": name, "shown": shown}


def _commands(run: RunFolder, record: Facts) -> list[dict[str, str]]:
    """What to type next, with what it does."""
    ckpt = str(run.network("generator"))
    data = record["options"].get("data")
    given = ["--data", str(data)] if data else []
    words = {
        "Go on where it stopped (one that has ended needs more --epochs or --steps)": (
            *("train", record["recipe"], "--resume", str(run.path)),
        ),
        "Score the generator": ("evaluate", "--ckpt", ckpt, *given),
        "Generate": ("generate", "--ckpt", ckpt),
        "Write this report again": ("report", str(run.path)),
    }
    return [
        {"title": title, "text": shlex.join(["python", "-m", f"ms_gan.{command[0]}", *command[1:]])}
        for title, command in words.items()
    ]
