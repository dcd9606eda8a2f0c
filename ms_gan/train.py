"""Train a recipe: `python -m ms_gan.train faces`. See `--list`, and `faces --help`."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from typing import Any

from ms_gan.errors import UsageError, run_command
from ms_gan.fit import find_data, fit, make_plan
from ms_gan.options import Parser, add_options, path
from ms_gan.recipes import RECIPES
from ms_gan.run_options import Plan

log = logging.getLogger("ms_gan.train")  # as a command, this module's name is another


def main(argv: Sequence[str] | None = None) -> int:
    """Train as the command line says and return the exit status."""
    given = vars(_parser().parse_args(argv))
    if given.pop("list"):
        for recipe in RECIPES.values():
            log.info("%-12s %s; after %s", recipe.name, recipe.summary, recipe.source)
        return 0
    run = fit(_recipe(given), **given)
    return 128 + run.stopped if run.stopped else 0


def prepare(argv: Sequence[str]) -> list[str]:
    """A command line whose data has been found, fetched or made, and packed, and is named in it.

    For several ranks, which then have it at once and don't wait long for one another.
    """
    given = vars(_parser().parse_args(argv))
    name = _recipe(given)
    if "resume" not in given:
        options = {
            key: value for key, value in given.items() if key not in ("list", "allow_change")
        }
        plan = make_plan(name, options)
        if "data" in plan.known():
            return [*argv, "--data", find_data(plan).describe()["path"]]
    return list(argv)


def _recipe(given: dict[str, Any]) -> str:
    name = given.pop("recipe")
    if name is None:
        raise UsageError(f"which recipe? one of {', '.join(RECIPES)} (--list tells what they are)")
    return name


def _parser() -> Parser:
    parser = Parser(
        prog="python -m ms_gan.train", description="Train a GAN; `RECIPE --help` lists its options."
    )
    parser.add_argument(
        "--list", action="store_true", help="list the recipes and what each follows, then end"
    )
    recipes = parser.add_subparsers(dest="recipe", metavar="RECIPE")
    for recipe in RECIPES.values():
        sub = recipes.add_parser(recipe.name, help=recipe.summary, description=f"{recipe.summary}.")
        sub.add_argument(
            "--resume",
            type=path,
            metavar="RUN",
            default=argparse.SUPPRESS,
            help="go on with this run folder",
        )
        sub.add_argument(
            "--allow-change",
            action="store_true",
            default=argparse.SUPPRESS,
            help="let a resumed run have other options that alter its maths",
        )
        add_options(sub, recipe, "the recipe's options", without=recipe.unused)
        add_options(sub, Plan.of(recipe).options, "the run's options", without=recipe.unused)
    return parser


if __name__ == "__main__":
    sys.exit(run_command("ms_gan.train", main))
