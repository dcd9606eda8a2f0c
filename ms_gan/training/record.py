"""What `options.json` records of a run, and what a resumed run takes from it."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ms_gan.errors import GanError, UsageError
from ms_gan.options import flag_of
from ms_gan.run_options import MACHINE, Plan
from ms_gan.training.run_folder import RunFolder

if TYPE_CHECKING:
    from ms_gan.data.base import Dataset

log = logging.getLogger(__name__)


def read(run: RunFolder, fresh: Plan, given: Mapping[str, Any], allow_change: bool) -> Plan:
    """The plan of a run that is resumed.

    Args:
        run: its folder.
        fresh: the plan of a new run of the recipe, which has to be the run's.
        given: the options that are given now, {name: value}.
        allow_change: whether these may alter the run's maths.

    Raises:
        GanError: `options.json` is missing, damaged or another version's.
        UsageError: it is a run of another recipe, or its maths would be altered.
    """
    record = _record(run)
    stored, name = record["options"], record["recipe"]
    if name != fresh.recipe.name:
        raise UsageError(f"--resume {run.path}: a run of {name}, not of {fresh.recipe.name}")
    changes = []
    for key, what in fresh.known().items():
        anytime = what["anytime"] and not (key == "epochs" and stored.get("decay_epochs"))
        if key in given and not anytime and given[key] != stored.get(key):
            changes.append(f"{flag_of(key)} {given[key]} instead of {stored.get(key)}")
    if changes and not allow_change:
        raise UsageError(
            f"--resume {run.path}: this would alter the run midway: {', '.join(changes)}; leave it "
            "out, start a new run, or insist with --allow-change"
        )
    if changes:
        log.warning("from here on the run has %s", ", ".join(changes))
    inherited = {key: value for key, value in stored.items() if key not in MACHINE}
    if "data" in fresh.known():
        inherited["data"] = record["data"]["path"]
    return fresh.changed(inherited, run.options)


def compare(run: RunFolder, data: Dataset) -> None:
    """Warn where a run that is resumed had another number of examples."""
    images = _record(run)["data"]["images"]
    if images != data.count:
        log.warning("the run began with %s examples; from here on it sees %s", images, data)


def write(run: RunFolder, plan: Plan, data: Dataset, more: dict[str, Any]) -> None:
    """Record what a run is told, its data, and `more`: the command, versions, device, machine."""
    run.write_options(
        {
            "recipe": plan.recipe.name,
            "source": plan.recipe.source,
            "options": plan.values(),
            "data": data.describe(),
            **more,
        }
    )


def _record(run: RunFolder) -> dict[str, Any]:
    try:
        record = json.loads(run.options.read_text(encoding="utf-8"))
        record["options"] = dict(record["options"])
        record["recipe"], record["data"]["path"], int(record["data"]["images"])
    except (OSError, ValueError, KeyError, TypeError):
        raise GanError(
            f"{run.options}: missing or damaged; a run can't be resumed without it"
        ) from None
    return record
