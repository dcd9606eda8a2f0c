"""Several runs side by side: which options differ, which samples belong together, which plots."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from ms_gan.report.facts import Facts

LABELS = {
    "loss_g": "generator",
    "loss_d": "discriminator",
    "loss_d_real": "discriminator, real",
    "loss_d_fake": "discriminator, generated",
    "d_x": "D(x)",
    "d_g_z1": "D(G(z)) before the update",
    "d_g_z2": "D(G(z)) after the update",
    "score_real": "D(x)",
    "score_fake": "D(G(z)) before the update",
    "score_fake_after": "D(G(z)) after the update",
    "images_per_second": "images/s",
    "data_wait": "share of the time spent waiting",
}
GROUPS = (  # title, beginnings of the names of what it shows
    ("Losses", ("loss_",)),
    ("Verdicts of the discriminator", ("d_x", "d_g_z", "score_")),
)
LAST = {"images_per_second": "Speed", "data_wait": "Waiting for data"}


def panels(runs: Sequence[Facts]) -> list[Facts]:
    """The plots, one below the other: {"title", "table", "curves": {name of a number: label}}.

    Losses and verdicts have one each. Any other number has its own, since its scale is its own.
    """
    found = dict.fromkeys(name for run in runs for name in run["numbers"]["log"]["values"])
    scores = dict.fromkeys(name for run in runs for name in run["numbers"]["scores"]["values"])
    grouped = {title: [name for name in found if name.startswith(of)] for title, of in GROUPS}
    rest = [name for name in found if not any(name in names for names in grouped.values())]
    own = {name: [name] for name in rest if name not in LAST}
    last = {title: [name] for name, title in LAST.items() if name in found}
    shown = [(title, "log", names) for title, names in {**grouped, **own}.items()]
    shown += [(name, "scores", [name]) for name in scores]
    shown += [(title, "log", names) for title, names in last.items()]
    return [
        {"title": title, "table": table, "curves": {name: LABELS.get(name, name) for name in names}}
        for title, table, names in shown
        if names
    ]


def stops(runs: Sequence[Facts], unit: str) -> list[Facts]:
    """Where the slider stops, {"at", "frames"}: each run's newest sample by then.

    Args:
        runs: facts of runs.
        unit: "step" or "seconds", by which samples are put beside each other.

    Returns:
        A stop for each sample of any run. A run without samples has the frame -1.
    """
    every = sorted({at for run in runs for at in run["samples"][unit]})
    return [
        {"at": at, "frames": [_newest(run["samples"][unit], at) for run in runs]} for at in every
    ]


def differences(runs: Sequence[Facts]) -> list[Facts]:
    """The options that aren't the same in all runs, {"name", "values"}, the recipe first.

    A run that doesn't have an option has None.
    """
    tables = [{"recipe": run["recipe"], **run["options"]} for run in runs]
    names = dict.fromkeys(name for table in tables for name in table)
    rows: list[dict[str, Any]] = []
    for name in names:
        values = [table.get(name) for table in tables]
        if any(value != values[0] for value in values):
            rows.append({"name": name, "values": values})
    return rows


def named(runs: Sequence[Facts], paths: Sequence[object]) -> None:
    """Give runs whose folders have the same name their paths as names."""
    names = [run["name"] for run in runs]
    for run, path in zip(runs, paths):
        if names.count(run["name"]) > 1:
            run["name"] = str(path)


def _newest(samples: Sequence[float], at: float) -> int:
    """The number of the newest sample at some step or second; the first where there is none yet."""
    return min(max(bisect_right(samples, at) - 1, 0), len(samples) - 1)
