"""Seconds per training step of a recipe with either layers: `python benchmarks/recipes.py cyclegan
[ITS OPTIONS]`.

Takes the recipe's own options, such as --batch-size 4, and its synthetic stand-in for data. Every
figure is the median of rounds taken in turns, each in a new process, whose first steps are left
out.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time

from common import run_json, table, versions
from steps import SETTLING, timed

from ms_gan.errors import run_command
from ms_gan.options import Parser, add_options, number, options_of, with_values
from ms_gan.recipes import RECIPES

WAYS = ("im2col", "mindspore")


def main(argv=None):
    parser = Parser(
        prog="benchmarks/recipes.py",
        description="Measure a recipe's step with either layers on a CPU.",
    )
    recipes = parser.add_subparsers(dest="recipe", metavar="RECIPE", required=True)
    for recipe in RECIPES.values():
        sub = recipes.add_parser(recipe.name, help=recipe.summary)
        sub.add_argument(
            "--rounds", type=number(int, 1), default=3, help="rounds, taken in turns (default 3)"
        )
        sub.add_argument(
            "--steps", type=number(int, 1), default=5, help="timed steps in a round (default 5)"
        )
        sub.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
        add_options(sub, recipe, "the recipe's options")
    given = sys.argv[1:] if argv is None else argv
    options = vars(parser.parse_args(given))
    if options["way"]:
        print(json.dumps(measured(options)))
        return
    print(f"{' '.join(given)}\n{versions()}\n", flush=True)
    found = timed(
        {
            way: lambda way=way: run_json([sys.executable, __file__, *given, "--way", way])
            for way in WAYS
        },
        options["rounds"],
    )
    table(
        [
            ("", "s a step", "rounds", "s to compile"),
            *(
                (
                    f"--layers {way}",
                    statistics.median(times),
                    f"{min(times):.3g} - {max(times):.3g}",
                    first,
                )
                for way, (times, first) in found.items()
            ),
        ]
    )


def measured(options):
    """The seconds of every step, the first with its compilation."""
    from ms_gan import layers, runtime
    from ms_gan.run_options import RunOptions

    fresh = RECIPES[options["recipe"]]
    recipe = with_values(
        fresh, {key: options[key] for key in options.keys() & options_of(fresh).keys()}, "options"
    )
    device = runtime.start("CPU")
    import numpy as np

    from ms_gan.pace import Pace
    from ms_gan.parameters import tensors

    rng, pace, seconds = np.random.default_rng(0), Pace(), []
    with tempfile.TemporaryDirectory(prefix="ms_gan-benchmark-") as scratch:
        run = RunOptions(datasets=scratch, data_url="none")
        batches = recipe.batches(recipe.find_data(run), run)
        objective = recipe.objective(batches.steps_per_epoch)
        layers.prepare(objective.networks.values(), options["way"], device, recipe.im2col_on_cpu)
        batch = next(batches.from_step(0))
        for step in range(SETTLING + options["steps"]):
            began = time.perf_counter()
            noise = objective.inputs(rng, batches.batch_size, step)
            pace.wait(objective.train_step(*batch, *tensors(noise)))
            seconds.append(time.perf_counter() - began)
        batches.close()
    return seconds


if __name__ == "__main__":
    sys.exit(run_command("benchmarks/recipes.py", main))
