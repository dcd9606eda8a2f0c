"""Seconds per training step of a recipe, or of all: `python benchmarks/recipes.py cyclegan [ITS
OPTIONS] [--torch-python PATH]`.

Compares both kinds of layers, first those of --layers auto, and PyTorch's eager mode in its usual
loop where an interpreter with torch is given. Takes the recipe's own options, such as --batch-size
4, and its synthetic stand-in for data. Every figure is the median of rounds taken in turns, each in
a new process, whose first steps are left out.
"""

import argparse
import functools
import json
import statistics
import sys
import tempfile
import time

from common import ROOT, add_torch_python, run_json, table, versions
from steps import SETTLING, timed

from ms_gan.errors import UsageError, run_command
from ms_gan.options import (
    Parser,
    add_options,
    flag_of,
    number,
    options_of,
    typed,
    values_of,
    with_values,
)
from ms_gan.recipes import RECIPES

WAYS = ("im2col", "mindspore")
TORCH = "PyTorch, usual loop"
REFERENCE = ROOT / "benchmarks" / "reference" / "torch_recipes.py"
SECONDS = 2.0  # a round lasts at least; the quickest recipes make hundreds of steps
# Options that make other steps, which tests/reference doesn't have.
OURS = {
    "loss",
    "critic_updates",
    "generator_updates",
    "identity",
    "pool",
    "d_norm",
    "r1",
    "diffaugment",
}
# The reference's order of updates, where it isn't the default.
ORDERS = {"faces-wgan-gp": {"critic_updates": 1, "generator_updates": 2}}


def main(argv=None):
    parser = Parser(prog="benchmarks/recipes.py", description="Measure recipes' steps on a CPU.")
    recipes = parser.add_subparsers(dest="recipe", metavar="RECIPE", required=True)
    add_measuring(recipes.add_parser("all", help="every recipe as it is by default"))
    for recipe in RECIPES.values():
        sub = recipes.add_parser(recipe.name, help=recipe.summary)
        add_measuring(sub)
        sub.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
        add_options(sub, recipe, "the recipe's options")
    given = sys.argv[1:] if argv is None else argv
    options = parser.parse_args(given)
    if options.recipe == "all":
        chosen = list(RECIPES.values())
    else:
        chosen = [with_options(RECIPES[options.recipe], vars(options), bool(options.torch_python))]
        if options.way:
            print(json.dumps(measured(chosen[0], options.way, options.steps)))
            return
    print(f"{' '.join(given)}\n{versions(options.torch_python)}\n", flush=True)
    head = ["recipe", "", "s a step", "rounds", "s to compile"]
    rows = [[*head, "times PyTorch"] if options.torch_python else head]
    for recipe in chosen:
        rows += compared(recipe, options)
    table(rows)


def add_measuring(parser):
    """Give a parser the options that every recipe has here."""
    parser.add_argument(
        "--rounds", type=number(int, 1), default=3, help="rounds, taken in turns (default 3)"
    )
    parser.add_argument(
        "--steps",
        type=number(int, 1),
        default=5,
        help=f"timed steps in a round, more if they take less than {SECONDS:.0f} s (default 5)",
    )
    add_torch_python(parser)


def with_options(recipe, options, with_torch):
    """The recipe with those of the options that are its own."""
    own = {key: options[key] for key in options.keys() & options_of(recipe).keys()}
    if with_torch and own.keys() & OURS:
        flags = ", ".join(sorted(map(flag_of, own.keys() & OURS)))
        raise UsageError(f"{flags}: PyTorch makes the default's steps only; leave out either")
    return with_values(recipe, own, "options")


def compared(recipe, options):
    """The table's rows of a recipe, the way of --layers auto first."""
    ways = WAYS if recipe.im2col_on_cpu else WAYS[::-1]
    if options.torch_python:
        recipe = with_values(recipe, ORDERS.get(recipe.name, {}), "options")
    values, count = values_of(recipe), SETTLING + options.steps
    usual = values_of(RECIPES[recipe.name])
    told = typed({name: value for name, value in values.items() if value != usual[name]})
    command = [sys.executable, __file__, recipe.name, *told, "--steps", options.steps]
    commands = {f"--layers {way}": [*command, "--way", way] for way in ways}
    if options.torch_python:
        words = recipe.name, json.dumps(values), count, SECONDS
        commands[TORCH] = [options.torch_python, REFERENCE, *words]
    found = timed(
        {title: functools.partial(run_json, words) for title, words in commands.items()},
        options.rounds,
    )
    step = {title: statistics.median(times) for title, (times, _) in found.items()}
    return [
        (
            recipe.name,
            title,
            step[title],
            f"{min(times):.3g} - {max(times):.3g}",
            None if title == TORCH else compiling,
            *([step[title] / step[TORCH]] if TORCH in step else []),
        )
        for title, (times, compiling) in found.items()
    ]


def measured(recipe, way, steps):
    """The seconds of every step, the first with its compilation."""
    from ms_gan import runtime
    from ms_gan.distribution import ALONE
    from ms_gan.run_options import Plan, RunOptions

    device = runtime.start("CPU")
    import numpy as np

    from ms_gan.parameters import tensors
    from ms_gan.training.assemble import make_objective

    rng, seconds = np.random.default_rng(0), []
    with tempfile.TemporaryDirectory(prefix="ms_gan-benchmark-") as scratch:
        run = RunOptions(datasets=scratch, data_url="none", layers=way)
        batches = recipe.batches(recipe.find_data(run), run)
        plan = Plan(recipe, run)
        objective, _ = make_objective(plan, batches.steps_per_epoch, device, ALONE)
        batch = next(batches.from_step(0))
        while len(seconds) < SETTLING + steps or sum(seconds[1:]) < SECONDS:
            began = time.perf_counter()
            noise = objective.inputs(rng, batches.batch_size, len(seconds))
            objective.train_step(*batch, *tensors(noise))[0].asnumpy()
            seconds.append(time.perf_counter() - began)
        batches.close()
    return seconds


if __name__ == "__main__":
    sys.exit(run_command("benchmarks/recipes.py", main))
