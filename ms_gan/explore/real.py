"""The real images of a run, for what is explored of its discriminator."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ms_gan.fit import find_data
from ms_gan.options import with_values
from ms_gan.run_options import Plan

if TYPE_CHECKING:
    from ms_gan.recipes.base import Recipe

log = logging.getLogger(__name__)


def real_images(recipe: Recipe, asked: Mapping[str, Any], split: Mapping[str, Any]) -> Any:
    """The images that a run has trained on, with those that it held out in `held_out`.

    Args:
        recipe: the run's.
        asked: has `data`, None for the recipe's own, and `datasets`.
        split: `holdout` and `seed` of the run, from its checkpoints.

    Raises:
        GanError: they can't be found or used.
    """
    told = {**split, "datasets": asked["datasets"], "data": asked["data"]}
    plan = Plan(recipe, with_values(Plan.of(recipe).options, told, "explore"))
    found = find_data(plan)
    log.info("data: %s", found)
    return found
