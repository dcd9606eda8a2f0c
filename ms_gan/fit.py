"""Training as a function: from a recipe's name and options to a run folder."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ms_gan import distribution, environment, runtime
from ms_gan.data.locate import SYNTHETIC
from ms_gan.distribution import World
from ms_gan.errors import UsageError
from ms_gan.options import typed
from ms_gan.recipes import RECIPES
from ms_gan.run import Run
from ms_gan.run_options import Plan
from ms_gan.training import record
from ms_gan.training.run_folder import RunFolder

if TYPE_CHECKING:
    from ms_gan.data.base import Dataset
    from ms_gan.training.callbacks import Callback
    from ms_gan.training.training import Training

LONG = 3600  # seconds of a training on a CPU, from which on a quicker recipe is named

log = logging.getLogger(__name__)


def fit(
    recipe: str, resume: str | os.PathLike | None = None, allow_change: bool = False, **options: Any
) -> Run:
    """Train a GAN, or go on with a run: what `python -m ms_gan.train` does.

    Ctrl-C ends it after the step in progress, with everything saved.

    Args:
        recipe: the name of one of `ms_gan.RECIPES`.
        resume: the folder of a run to go on with.
        allow_change: whether a resumed run may have other options that alter its maths.
        options: the recipe's and the run's, as `python -m ms_gan.train RECIPE --help` lists them,
          such as `data="faces.zip", steps=300, batch_size=64`.

    Returns:
        The run: its folder, log, samples and generator.

    Raises:
        UsageError: an option doesn't exist, or doesn't go with the others.
        GanError: the data, the run folder or MindSpore can't be used, or a loss isn't finite.
        OSError: a file can't be written.
    """
    given = {
        name: os.fspath(value) if isinstance(value, os.PathLike) else value
        for name, value in options.items()
    }
    plan = make_plan(recipe, given)
    if allow_change and resume is None:
        raise UsageError(
            "--allow-change: only a run that is resumed can be changed; leave it out, or add "
            "--resume RUN"
        )
    runtime.check()
    with contextlib.ExitStack() as stack:
        world = stack.enter_context(_joined(plan))
        folder = None
        if resume is not None:
            folder = stack.enter_context(RunFolder.reopen(resume, hold=world.rank == 0))
            plan = record.read(folder, Plan.of(RECIPES[recipe]), given, allow_change)
            plan = plan.changed(given, "fit")
        plan.check()
        _check_packages(plan)
        data = find_data(plan)
        told = plan.options
        device = world.device or runtime.start(told.device, told.device_id, told.cpu_math)
        auto = " (auto)" if told.device == "auto" else ""
        log.info("device: %s%s; data: %s", device, auto, data)
        if folder is not None:
            record.compare(folder, data)
        elif data.synthetic and device == "CPU":
            plan = _smaller(plan, given)
            plan.check()
            # The smaller recipe may want images of another size.
            data = plan.recipe.find_data(replace(told, data=data.describe()["path"]))
        batches = stack.enter_context(contextlib.closing(plan.recipe.batches(data, told)))
        batches.shard(world.rank, world.size)
        if folder is None:
            first = world.rank == 0
            folder = RunFolder.create(told.out, recipe) if first else RunFolder(told.out)
            stack.enter_context(folder)

        from ms_gan.training import assemble, loop  # they import MindSpore, hence so late
        from ms_gan.training.reporting import Reporting

        objective, used = assemble.make_objective(plan, batches.steps_per_epoch, device, world)
        training = assemble.make_training(plan, objective, batches, folder, world)
        total = told.steps or plan.recipe.epochs * batches.steps_per_epoch
        if resume is not None:
            training.resume()
            if training.step >= total:
                raise UsageError(
                    f"--resume {resume}: it has made {training.step} of {total} steps already; "
                    "give more --steps or --epochs to go on"
                )
        if world.rank == 0:
            where = {**environment.describe(device), "layers": used, "world_size": world.size}
            command = shlex.join([recipe, *typed(given)])
            record.write(folder, plan, data, {"command": command, "environment": where})
        if resume is None:
            training.start()
        log.info("run folder: %s", folder.path)
        seconds = _tell_time(training, total)
        if device == "CPU" and seconds > LONG and plan.recipe.quicker:
            log.info(
                f"that is long: {plan.recipe.quicker} learns the like in a part of the time "
                f"({world.command} {plan.recipe.quicker})"
            )
        more: list[Callback] = []
        if world.rank == 0:
            more.append(Reporting(folder))
            if told.score_every:
                more.append(assemble.make_scoring(plan, data, batches.steps_per_epoch, device))
            if told.log_to == "tensorboard":  # after the scores, which it passes on
                from ms_gan.training.tensorboard import TensorBoard

                more.append(TensorBoard(folder, {"recipe": recipe, **plan.values()}))
        with assemble.callbacks(plan, total, more) as callbacks:
            loop.train(training, total, callbacks)
        world.barrier()  # all is saved; a launcher ends all ranks when one ends with a status
        _tell_end(training, total, plan, data)
    return Run(folder.path, training.stopped if training.step < total else None)


def find_data(plan: Plan) -> Dataset:
    """Find, fetch or make the data of a plan, check and pack it, and say if it is synthetic.

    Raises:
        GanError: there is none that can be used.
        UsageError: an option doesn't suit it.
    """
    data = plan.recipe.find_data(plan.options)
    _tell_synthetic(data)
    return data


def make_plan(recipe: str, options: Mapping[str, Any]) -> Plan:
    """The plan of a new run.

    Args:
        recipe: the name of a recipe.
        options: values of its options and the run's, {name: value}.

    Raises:
        UsageError: there is no such recipe or option.
        GanError: an option doesn't take its value.
    """
    if recipe not in RECIPES:
        raise UsageError(f"{recipe!r} is no recipe; expected one of {', '.join(RECIPES)}")
    plan = Plan.of(RECIPES[recipe])
    for name in options:
        if name not in plan.known():
            raise UsageError(f"{recipe} has no option {name!r}; it has {', '.join(plan.known())}")
    return plan.changed(options, "fit")


def _check_packages(plan: Plan) -> None:
    """Raises UsageError where an option needs a package that isn't installed."""
    if plan.options.log_to == "tensorboard" and not importlib.util.find_spec("tensorboardX"):
        raise UsageError(
            "--log-to tensorboard: needs the package tensorboardX; pip install '.[tensorboard]' "
            "(or -r ms_gan/training/requirements.txt), or leave the option out"
        )


@contextlib.contextmanager
def _joined(plan: Plan) -> Iterator[World]:
    """Join the other ranks of a distributed run, of which only the first one tells anything."""
    options, recipe = plan.options, plan.recipe
    if not options.distributed:
        if options.sync_bn:
            raise UsageError(
                "--sync-bn: a single process has nobody to share statistics with; leave it out, or "
                "start several by scripts/run_distribute_train.sh"
            )
        yield distribution.ALONE
        return
    if options.sync_bn and recipe.batch_statistics:
        raise UsageError(
            f"--sync-bn: {recipe.name} normalises each batch by itself, in its pictures too; leave "
            "it out"
        )
    if options.on_nan == "rollback":
        raise UsageError(
            "--on-nan rollback: not with --distributed, as all ranks would have to go back at once"
        )
    if not distribution.expected():
        raise UsageError(
            "--distributed: this process wasn't started by msrun or mpirun; use "
            "scripts/run_distribute_train.sh, or leave the option out to train on one device"
        )
    device = runtime.start(options.device, distribution.local_rank(), options.cpu_math)
    world = distribution.start(device)
    logger = logging.getLogger("ms_gan")
    before = logger.level
    if world.rank > 0:
        logger.setLevel(logging.WARNING)
    try:
        yield world
    finally:
        logger.setLevel(before)


def _smaller(plan: Plan, given: Mapping[str, Any]) -> Plan:
    """The plan of a first try: the recipe's smaller sizes, apart from what the user has chosen."""
    quick = {name: value for name, value in plan.recipe.quick.items() if name not in given}
    log.info(
        "synthetic data on a CPU is trained on by smaller and quicker values than the recipe's: %s",
        " ".join(typed(quick)),
    )
    return replace(plan, recipe=replace(plan.recipe, **quick))


def _tell_time(training: Training, total: int) -> float:
    """Say how long the training will take; return the seconds."""
    from ms_gan.training.warm_up import warm_up

    compiling, seconds = warm_up(training)
    batches, size = training.batches, training.world.size
    each = f" ({size} ranks, {batches.batch_size} each)" if size > 1 else ""
    left = total - training.step
    log.info(
        f"{left} steps of {training.batch_size} examples{each} ({batches.steps_per_epoch} an epoch)"
        f" will take about {_duration(left * seconds)}: {seconds:.2f} s a step, compiled in "
        f"{compiling:.1f} s"
    )
    return left * seconds


def _tell_end(training: Training, total: int, plan: Plan, data: Dataset) -> None:
    """Say how the training has ended, and what to type next."""
    run = training.recorder.run
    if training.step < total:
        log.info(
            f"stopped at step {training.step}, everything is saved; go on with:\n"
            f"  {training.world.command} {plan.recipe.name} --resume {shlex.quote(str(run.path))}"
        )
    else:
        log.info(
            f"done: {training.step} steps in {_duration(training.clock.seconds)}; samples, "
            f"{run.gif.name} and {run.report.name} are in {run.path}; generate with:\n"
            f"  python -m ms_gan.generate --ckpt {shlex.quote(str(run.network('generator')))}"
        )
    from ms_gan.training.scoring import summary

    scores = summary(run.read_log())
    if scores:
        log.info(scores)
    _tell_synthetic(data)


def _tell_synthetic(data: Dataset) -> None:
    if data.synthetic:
        note = (Path(data.describe()["path"]) / SYNTHETIC).read_text(encoding="utf-8").strip()
        log.info("\n*** %s ***\n", note)


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
