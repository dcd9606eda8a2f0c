"""Train a recipe: `python -m ms_gan.train faces`. See `--list`, and `faces --help` for the options."""

import argparse
import contextlib
import dataclasses
import json
import shlex
import sys
from dataclasses import dataclass

from ms_gan import environment, layers, runtime
from ms_gan.errors import GanError, UsageError, run_command
from ms_gan.options import Parser, add_options, flag_of, option, options_of, typed, values_of, with_values
from ms_gan.recipes import RECIPES
from ms_gan.training.run_folder import RunFolder

MACHINE = ("device", "device_id", "workers")  # options that a resumed run doesn't inherit: it may be on another one


@dataclass(frozen=True)
class RunOptions:
    """What a run is told beside its recipe: where data and results are, how long to train, on what."""

    data: str = option(None, "folder or zip of images (default: the recipe's own, found or fetched)", kind=str,
                       anytime=True)
    data_url: str = option(None, "where to fetch the recipe's own data (or set MS_GAN_FACES_URL)", kind=str,
                           anytime=True)
    datasets: str = option("datasets", "folder for data that is fetched, unpacked or drawn", anytime=True)
    cache: bool = option(False, "decode the images once, pack them into the datasets folder and read them from there",
                         anytime=True)
    stand_in: bool = option(True, "fail where no data can be had, instead of drawing a stand-in", anytime=True)
    out: str = option("runs", "folder for the numbered run folders")
    steps: int = option(None, "end at this step in all, whatever --epochs says", kind=int, low=1, high=10**9,
                        anytime=True)
    seed: int = option(0, "seed of weights, noise and shuffling", low=0, high=2**32 - 1)
    device: str = option("auto", "device to train on", choices=("auto", *runtime.DEVICES), anytime=True)
    layers: str = option("auto", "MindSpore's own layers, or the ones made for CPUs (auto: the faster)",
                         choices=layers.CHOICES, anytime=True)
    cpu_math: str = option("float32", "bf16: coarser and faster matrix products on CPUs with AMX",
                           choices=runtime.CPU_MATH)
    device_id: int = option(0, "which of several devices", low=0, high=4095, anytime=True)
    workers: int = option(min(4, runtime.cores()), "threads that read images", low=1, high=runtime.cores(),
                          anytime=True)
    log_every: int = option(50, "steps between lines of the log", low=1, high=10**9, anytime=True)
    checkpoint_minutes: float = option(10.0, "minutes between checkpoints within an epoch", low=0.0, high=10.0**6,
                                       anytime=True)


def main(argv=None):
    """Train as the command line says and return the exit status."""
    given = vars(_parser().parse_args(argv))
    if given.pop("list"):
        for recipe in RECIPES.values():
            print(f"{recipe.name:12} {recipe.summary}; after {recipe.source}")
        return 0
    name, resumed = given.pop("recipe"), given.pop("resume", None)
    if name is None:
        raise UsageError(f"which recipe? one of {', '.join(RECIPES)} (--list tells what they are)")
    run = RunFolder.reopen(resumed) if resumed else None
    recipe, options, record = _earlier(run, name, given) if run else (RECIPES[name], RunOptions(), None)
    recipe, options = _changed(recipe, given), _changed(options, given)
    if "epochs" in given and "steps" not in given:  # the --steps of a run that is resumed would go before it
        options = dataclasses.replace(options, steps=None)

    images = recipe.find_data(options)
    if images.drawn:
        _say_drawn()
    if record and record["data"]["images"] != len(images.files):
        print(f"warning: the run began with {record['data']['images']} images; from here on it sees others",
              file=sys.stderr)
    device = runtime.start(options.device, options.device_id, options.seed, options.cpu_math)
    print(f"device: {device}{' (auto)' if options.device == 'auto' else ''}; "
          f"data: {len(images.files)} images in {images.folder}")
    if images.drawn and device == "CPU" and not run:
        recipe = _quick(recipe, given)
    with contextlib.closing(recipe.batches(images, options)) as batches:
        stopped = _train(recipe, options, images, batches, device, run, typed(argv))
    if images.drawn:
        _say_drawn()
    return 128 + stopped if stopped else 0


def _train(recipe, options, images, batches, device, run, command):
    """Put the pieces together and train, in the folder of the earlier `run` where there is one.

    Return the signal that ended it before its time, or None.
    """
    from ms_gan import pictures  # these import MindSpore, which has to wait for `runtime.start`
    from ms_gan.training.loop import Training
    from ms_gan.training.samples import Samples

    vocabulary = layers.choose(options.layers, device)
    objective = recipe.objective(vocabulary)
    resumed, run = run is not None, run or RunFolder.create(options.out, recipe.name)
    samples = Samples(objective.networks["generator"], recipe.nz, recipe.samples, recipe.columns, options.seed, run)
    training = Training(objective, batches, samples, run, {"recipe": recipe.name, "options": values_of(recipe)},
                        options.seed, options.log_every, recipe.sample_every, options.checkpoint_minutes)
    total = options.steps or recipe.epochs * batches.steps_per_epoch
    if resumed:
        training.resume()
        if training.step >= total:
            raise UsageError(f"--resume {run.path}: it has made {training.step} of {total} steps already; "
                             "give more --steps or --epochs to go on")
    run.write_options({"recipe": recipe.name, "source": recipe.source, "command": command,
                       "options": {**values_of(recipe), **values_of(options)}, "data": images.describe(),
                       "environment": {**environment.describe(device), "layers": vocabulary.__name__}})
    if not resumed:
        real = next(batches.from_step(0))[0].asnumpy()[:recipe.samples]
        pictures.save(pictures.grid(pictures.to_pixels(real), recipe.columns), run.real)
        training.start()
    print(f"run folder: {run.path}")
    compiling, step = training.rehearse()
    print(f"{total - training.step} steps of {recipe.batch_size} images ({batches.steps_per_epoch} an epoch) will take "
          f"about {_duration((total - training.step) * step)}: {step:.2f} s a step, compiled in {compiling:.1f} s",
          flush=True)
    stopped = training.to_step(total)
    if stopped:
        print(f"stopped at step {training.step}, everything is saved; go on with:\n"
              f"  python -m ms_gan.train {recipe.name} --resume {shlex.quote(str(run.path))}")
    else:
        print(f"done: {training.step} steps in {_duration(training.seconds)}; samples and {run.gif.name} are in "
              f"{run.path}; generate with:\n"
              f"  python -m ms_gan.generate --ckpt {shlex.quote(str(run.network('generator')))}")
    return stopped


def _parser():
    parser = Parser(prog="python -m ms_gan.train", description="Train a GAN; `RECIPE --help` lists its options.")
    parser.add_argument("--list", action="store_true", help="list the recipes and what each follows, then end")
    recipes = parser.add_subparsers(dest="recipe", metavar="RECIPE")
    for recipe in RECIPES.values():
        sub = recipes.add_parser(recipe.name, help=recipe.summary, description=f"{recipe.summary}.")
        sub.add_argument("--resume", metavar="RUN", default=argparse.SUPPRESS, help="go on with this run folder")
        add_options(sub, recipe, "the recipe's options")
        add_options(sub, RunOptions(), "the run's options")
    return parser


def _earlier(run, name, given):
    """The recipe, options and record of the run that is resumed. Raises where `given` would alter its maths."""
    try:
        record = json.loads(run.options.read_text(encoding="utf-8"))
        stored, found, path = dict(record["options"]), record["recipe"], str(record["data"]["path"])
        int(record["data"]["images"])
    except (OSError, ValueError, KeyError, TypeError):
        raise GanError(f"{run.options}: missing or damaged; a run can't be resumed without it") from None
    if found != name:
        raise UsageError(f"--resume {run.path}: a run of {found}, not of {name}")
    records = []
    for fresh in (RECIPES[name], RunOptions()):
        mine = {key: value for key, value in stored.items() if key in options_of(fresh) and key not in MACHINE}
        records.append(with_values(fresh, mine, run.options))
        for key, what in options_of(fresh).items():
            if key in given and not what["anytime"] and given[key] != stored.get(key):
                raise UsageError(f"--resume {run.path}: {flag_of(key)} was {stored.get(key)} and can't "
                                 f"become {given[key]} midway; leave it out, or start a new run")
    recipe, options = records
    return recipe, dataclasses.replace(options, data=path), record


def _changed(record, given):
    return dataclasses.replace(record, **{key: value for key, value in given.items() if key in options_of(record)})


def _quick(recipe, given):
    """The recipe's smaller sizes for a first try, apart from what the user has chosen."""
    quick = {key: value for key, value in recipe.quick.items() if key not in given}
    print("a drawn stand-in on a CPU is trained smaller than the tutorial's: "
          + " ".join(f"{flag_of(key)} {value}" for key, value in quick.items()))
    return dataclasses.replace(recipe, **quick)


def _duration(seconds):
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _say_drawn():
    from ms_gan.data.faces import STAND_IN_NOTE

    print(f"\n*** {STAND_IN_NOTE} ***\n", flush=True)


if __name__ == "__main__":
    sys.exit(run_command("ms_gan.train", main))
