"""A training put together from what a plan names."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from ms_gan import layers
from ms_gan.data.base import Batches, Dataset
from ms_gan.distribution import World
from ms_gan.objectives.average import PASSES, Average
from ms_gan.objectives.base import Objective
from ms_gan.options import options_of, values_of
from ms_gan.parameters import initialised
from ms_gan.run_options import Plan
from ms_gan.scores.base import ScoreOptions
from ms_gan.training.callbacks import Callback
from ms_gan.training.health import Health
from ms_gan.training.progress import ProgressBar
from ms_gan.training.recorder import Reader, Recorder
from ms_gan.training.roll_back import RollBack
from ms_gan.training.run_folder import RunFolder
from ms_gan.training.scoring import Scoring
from ms_gan.training.stop import StopOnSignal
from ms_gan.training.training import Settings, Training
from ms_gan.training.visualiser import LossPlot, Visualiser


def make_objective(
    plan: Plan, steps_per_epoch: int, device: str, world: World
) -> tuple[Objective, str]:
    """Make the networks and their step, converted for a device and joined with other ranks'.

    Returns:
        The objective, and what its networks use there, see `layers.prepare`.
    """
    recipe, options = plan.recipe, plan.options
    with initialised(options.seed):
        objective = recipe.objective(steps_per_epoch)
        averaged = {name: recipe.generator() for name in objective.generators if recipe.ema}
    networks = objective.networks.values()
    if options.sync_bn and world.size > 1:
        for network in networks:
            layers.synchronised(network, world.size)
    if averaged:
        objective.average = Average(objective.networks, averaged, recipe.ema)
    every = [*networks, *averaged.values()]
    choice = options.layers
    if options.amp != "O0":
        choice = "mindspore"  # im2col is float32
        objective.scale_losses()
    used = layers.prepare(every, choice, device, recipe.im2col_on_cpu)
    if options.amp != "O0":
        for network in networks:
            layers.mixed(network, options.amp)
    objective.parts = options.accumulate
    world.join(objective)
    return objective, used


def make_training(
    plan: Plan, objective: Objective, batches: Batches, folder: RunFolder, world: World
) -> Training:
    """Make the training of an objective on batches, whose first rank writes to a run folder."""
    recipe, options, sampler = plan.recipe, plan.options, plan.recipe.sampler()
    fixed = sampler.fixed(batches, options.seed)
    if objective.average is not None:
        objective.average.inputs = sampler.inputs(batches, options.seed, PASSES)
    losses = LossPlot(recipe.panels or objective.panels, recipe.plot_means)
    visualiser = Visualiser(folder, sampler, objective.results(), fixed, losses)
    split = {"seed": options.seed, "holdout": options.holdout}
    about = {"recipe": recipe.name, "options": values_of(recipe), "split": split}
    kind = Recorder if world.rank == 0 else Reader
    recorder = kind(folder, objective, visualiser, about, options.keep)
    settings = Settings(
        seed=options.seed,
        log=options.log_every,
        sample=recipe.sample_every or batches.steps_per_epoch,
        plot=recipe.plot_every,
        minutes=options.checkpoint_minutes,
    )
    return Training(objective, batches, recorder, settings, world)


def make_scoring(plan: Plan, data: Dataset, steps_per_epoch: int, device: str) -> Scoring:
    """Make what scores the generator in training, against the run's data."""
    recipe, options = plan.recipe, plan.options
    asked = ScoreOptions(count=options.score_count, datasets=options.datasets)
    with initialised(options.seed):
        network = recipe.generator()
    layers.prepare([network], options.layers, device, recipe.im2col_on_cpu)
    generator = recipe.sampler().generator(network, recipe.batch_statistics)
    steps = options.score_every * steps_per_epoch
    return Scoring(recipe.scorer(data, asked), network, generator, steps)


@contextlib.contextmanager
def callbacks(plan: Plan, total: int, more: Sequence[Callback] = ()) -> Iterator[list[Callback]]:
    """What hooks into a training of `total` steps; meanwhile signals are only noted."""
    with StopOnSignal() as stop:
        yield [
            stop,
            ProgressBar(total),
            *more,
            Health(options_of(plan.recipe)),
            RollBack(plan.options.on_nan == "rollback"),
        ]
