"""Train a recipe: `python -m ms_gan.train faces`. See `--list`, and `faces --help` for the options."""

import argparse
import contextlib
import dataclasses
import json
import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from ms_gan import distribution, environment, layers, runtime
from ms_gan.data.folder import DRAWN
from ms_gan.errors import GanError, UsageError, run_command
from ms_gan.options import (
    Parser,
    add_options,
    flag_of,
    option,
    options_of,
    typed,
    values_of,
    with_values,
)
from ms_gan.recipes import RECIPES
from ms_gan.training.run_folder import RunFolder

# Options that a resumed run doesn't inherit: it may be on another machine.
MACHINE = ("device", "device_id", "distributed", "workers")


@dataclass(frozen=True)
class RunOptions:
    """What a run is told beside its recipe: where data and results are, how long to train, on what."""

    data: str = option(
        None,
        "folder or zip of what the recipe learns from, or two as A,B (default: its own, found or "
        "fetched)",
        kind=str,
        anytime=True,
    )
    data_url: str = option(
        None,
        "where to fetch the recipe's own data (or set MS_GAN_FACES_URL or MS_GAN_MNIST_URL)",
        kind=str,
        anytime=True,
    )
    datasets: str = option(
        "datasets", "folder for data that is fetched, unpacked or drawn", anytime=True
    )
    cache: bool = option(
        False,
        "decode the images once, pack them into the datasets folder and read them from there",
        anytime=True,
    )
    stand_in: bool = option(
        True, "fail where no data can be had, instead of drawing a stand-in", anytime=True
    )
    out: str = option("runs", "folder for the numbered run folders")
    steps: int = option(
        None,
        "end at this step in all, whatever --epochs says",
        kind=int,
        low=1,
        high=10**9,
        anytime=True,
    )
    seed: int = option(0, "seed of weights, noise and shuffling", low=0, high=2**32 - 1)
    device: str = option(
        "auto", "device to train on", choices=("auto", *runtime.DEVICES), anytime=True
    )
    layers: str = option(
        "auto",
        "MindSpore's own layers, or the ones made for CPUs (auto: the faster)",
        choices=layers.CHOICES,
        anytime=True,
    )
    cpu_math: str = option(
        "float32",
        "bf16: coarser and faster matrix products on CPUs with AMX",
        choices=runtime.CPU_MATH,
    )
    device_id: int = option(0, "which of several devices", low=0, high=4095, anytime=True)
    distributed: bool = option(
        False,
        "train as one of several workers, started by msrun or mpirun (see "
        "scripts/run_distribute_train.sh)",
        anytime=True,
    )
    sync_bn: bool = option(
        False,
        "with --distributed: batch normalisation over all workers' images instead of each "
        "one's own",
    )
    workers: int = option(
        min(4, runtime.cores()),
        "threads that read images",
        low=1,
        high=runtime.cores(),
        anytime=True,
    )
    log_every: int = option(50, "steps between lines of the log", low=1, high=10**9, anytime=True)
    checkpoint_minutes: float = option(
        10.0, "minutes between checkpoints within an epoch", low=0.0, high=10.0**6, anytime=True
    )
    keep: int = option(3, "newest checkpoints to keep", low=1, high=10**6, anytime=True)
    on_nan: str = option(
        "stop",
        "what to do when a loss or weight isn't finite: stop, or go back to the last "
        "checkpoint and on with other noise",
        choices=("stop", "rollback"),
        anytime=True,
    )


def main(argv=None):
    """Train as the command line says and return the exit status."""
    given = vars(_parser().parse_args(argv))
    if given.pop("list"):
        for recipe in RECIPES.values():
            print(f"{recipe.name:12} {recipe.summary}; after {recipe.source}")
        return 0
    name, resumed, allowed = (
        given.pop("recipe"),
        given.pop("resume", None),
        given.pop("allow_change", False),
    )
    _check_recipe(name)
    if allowed and not resumed:
        raise UsageError(
            "--allow-change: only a run that is resumed can be changed; leave it out, or add --resume RUN"
        )
    with contextlib.ExitStack() as stack:
        workers = _join(name, given, stack)
        run = stack.enter_context(RunFolder.reopen(resumed, workers.rank == 0)) if resumed else None
        recipe, options, record = (
            _earlier(run, name, given, allowed)
            if run
            else (RECIPES[name], RunOptions(log_every=RECIPES[name].log_every), None)
        )
        recipe, options = _changed(recipe, given), _changed(options, given)
        if (
            "epochs" in given and "steps" not in given
        ):  # the --steps of a run that is resumed would go before it
            options = dataclasses.replace(options, steps=None)
        data = recipe.find_data(options)
        if data.drawn:
            _say_drawn(data)
        if record and record["data"]["images"] != data.count:
            print(
                f"warning: the run began with {record['data']['images']} examples; from here on it sees {data}",
                file=sys.stderr,
            )
        device = workers.device or runtime.start(
            options.device, options.device_id, options.seed, options.cpu_math
        )
        print(f"device: {device}{' (auto)' if options.device == 'auto' else ''}; data: {data}")
        if data.drawn and device == "CPU" and not run:
            recipe = _quick(recipe, given)
        batches = stack.enter_context(contextlib.closing(recipe.batches(data, options)))
        batches.shard(workers.rank, workers.size)
        if not run:
            run = (
                stack.enter_context(RunFolder.create(options.out, recipe.name))
                if workers.rank == 0
                else RunFolder(options.out)
            )
        stopped = _train(
            recipe, options, data, batches, device, run, record is not None, workers, typed(argv)
        )
        workers.barrier()  # all is saved; where one ends with a status other than 0, the launcher ends the others
        if data.drawn:
            _say_drawn(data)
    return 128 + stopped if stopped else 0


def prepare(argv):
    """A command line whose data has been found, fetched or drawn, and checked, and is named in it.

    For workers, which then have it at once: they don't wait long for one another.
    """
    given = vars(_parser().parse_args(argv))
    _check_recipe(given["recipe"])
    if "resume" in given:
        return argv
    data = RECIPES[given["recipe"]].find_data(_changed(RunOptions(), given))
    path = data.describe()["path"]
    return argv if path is None else [*argv, "--data", path]


def _check_recipe(name):
    if name is None:
        raise UsageError(f"which recipe? one of {', '.join(RECIPES)} (--list tells what they are)")


def _join(name, given, stack):
    """Join the other workers of a distributed run; all but the first one are silent from here on."""
    if not given.get("distributed"):
        if given.get("sync_bn"):
            raise UsageError(
                "--sync-bn: a single worker has nobody to share statistics with; leave it out, or start "
                "several by scripts/run_distribute_train.sh"
            )
        return distribution.ALONE
    if given.get("sync_bn") and RECIPES[name].batch_statistics:
        raise UsageError(
            f"--sync-bn: {name} normalises each batch by itself, in its pictures too; leave it out"
        )
    if given.get("on_nan") == "rollback":
        raise UsageError(
            "--on-nan rollback: not with --distributed, as all workers would have to go back at once"
        )
    if not distribution.expected():
        raise UsageError(
            "--distributed: this process wasn't started by msrun or mpirun; use "
            "scripts/run_distribute_train.sh, or leave the option out to train on one device"
        )
    options = _changed(RunOptions(), given)
    device = runtime.start(
        options.device, distribution.local_rank(), options.seed, options.cpu_math
    )
    workers = distribution.start(device)
    if workers.rank > 0:
        stack.enter_context(contextlib.redirect_stdout(stack.enter_context(open(os.devnull, "w"))))
    return workers


def _train(recipe, options, data, batches, device, run, resumed, workers, command):
    """Put the pieces together and train in the folder `run`, from its checkpoint if it is
    `resumed`.

    Return the signal that ended it before its time, or None.
    """
    from ms_gan import pictures  # these import MindSpore, which has to wait for `runtime.start`
    from ms_gan.layers.synchronised import synchronised
    from ms_gan.training.loop import Training
    from ms_gan.training.samples import LossPlot, Samples

    vocabulary = layers.choose(options.layers, device, recipe.cpu_layers)
    if options.sync_bn and workers.size > 1:
        vocabulary = synchronised(vocabulary, workers.size)
    objective, product = recipe.objective(vocabulary, batches.steps_per_epoch), recipe.product()
    workers.join(objective)
    samples = Samples(product, objective.networks, product.fixed(batches, options.seed), run)
    plot = LossPlot(recipe.panels or objective.panels, recipe.plot_means)
    training = Training(
        objective,
        batches,
        samples,
        plot,
        run,
        {"recipe": recipe.name, "options": values_of(recipe)},
        recipe,
        options,
        workers,
    )
    total = options.steps or recipe.epochs * batches.steps_per_epoch
    if resumed:
        training.resume()
        if training.step >= total:
            raise UsageError(
                f"--resume {run.path}: it has made {training.step} of {total} steps already; "
                "give more --steps or --epochs to go on"
            )
    if workers.rank == 0:
        run.write_options(
            {
                "recipe": recipe.name,
                "source": recipe.source,
                "command": command,
                "options": {**values_of(recipe), **values_of(options)},
                "data": data.describe(),
                "environment": {
                    **environment.describe(device),
                    "layers": vocabulary.__name__,
                    "workers": workers.size,
                },
            }
        )
    if not resumed and workers.rank == 0:
        real = product.real(tuple(part.asnumpy() for part in next(batches.from_step(0))))
        pictures.save(real, run.real)
    if not resumed:
        training.start()
    print(f"run folder: {run.path}")
    compiling, step = training.rehearse()
    each = f" ({workers.size} workers, {batches.batch_size} each)" if workers.size > 1 else ""
    print(
        f"{total - training.step} steps of {batches.batch_size * workers.size} examples{each} "
        f"({batches.steps_per_epoch} an epoch) will take "
        f"about {_duration((total - training.step) * step)}: {step:.2f} s a step, compiled in {compiling:.1f} s",
        flush=True,
    )
    stopped = training.to_step(total)
    if stopped:
        print(
            f"stopped at step {training.step}, everything is saved; go on with:\n"
            f"  {workers.command} {recipe.name} --resume {shlex.quote(str(run.path))}"
        )
    else:
        print(
            f"done: {training.step} steps in {_duration(training.seconds)}; samples and {run.gif.name} are in "
            f"{run.path}; generate with:\n"
            f"  python -m ms_gan.generate --ckpt {shlex.quote(str(run.network('generator')))}"
        )
    return stopped


def _parser():
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
            "--resume", metavar="RUN", default=argparse.SUPPRESS, help="go on with this run folder"
        )
        sub.add_argument(
            "--allow-change",
            action="store_true",
            default=argparse.SUPPRESS,
            help="let a resumed run have other options that alter its maths",
        )
        add_options(sub, recipe, "the recipe's options")
        add_options(sub, RunOptions(log_every=recipe.log_every), "the run's options")
    return parser


def _earlier(run, name, given, allowed):
    """The recipe, options and record of the run that is resumed.

    Raises UsageError where `given` would alter its maths, unless that is `allowed`.
    """
    try:
        record = json.loads(run.options.read_text(encoding="utf-8"))
        stored, found, path = dict(record["options"]), record["recipe"], record["data"]["path"]
        int(record["data"]["images"])
    except (OSError, ValueError, KeyError, TypeError):
        raise GanError(
            f"{run.options}: missing or damaged; a run can't be resumed without it"
        ) from None
    if found != name:
        raise UsageError(f"--resume {run.path}: a run of {found}, not of {name}")
    records, changes = [], []
    for fresh in (RECIPES[name], RunOptions()):
        mine = {
            key: value
            for key, value in stored.items()
            if key in options_of(fresh) and key not in MACHINE
        }
        records.append(with_values(fresh, mine, run.options))
        for key, what in options_of(fresh).items():
            if key in given and not what["anytime"] and given[key] != stored.get(key):
                changes.append(f"{flag_of(key)} {given[key]} instead of {stored.get(key)}")
    if changes and not allowed:
        raise UsageError(
            f"--resume {run.path}: this would alter the run midway: {', '.join(changes)}; leave it out, "
            "start a new run, or insist with --allow-change"
        )
    if changes:
        print(f"warning: from here on the run has {', '.join(changes)}", file=sys.stderr)
    recipe, options = records
    return recipe, dataclasses.replace(options, data=path), record


def _changed(record, given):
    return dataclasses.replace(
        record, **{key: value for key, value in given.items() if key in options_of(record)}
    )


def _quick(recipe, given):
    """The recipe's smaller sizes for a first try, apart from what the user has chosen."""
    quick = {key: value for key, value in recipe.quick.items() if key not in given}
    print(
        "a drawn stand-in on a CPU is trained smaller than by default: "
        + " ".join(f"{flag_of(key)} {value}" for key, value in quick.items())
    )
    return dataclasses.replace(recipe, **quick)


def _duration(seconds):
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _say_drawn(data):
    note = (Path(data.describe()["path"]) / DRAWN).read_text(encoding="utf-8").strip()
    print(f"\n*** {note} ***\n", flush=True)


if __name__ == "__main__":
    sys.exit(run_command("ms_gan.train", main))
