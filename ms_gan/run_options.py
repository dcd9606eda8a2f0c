"""What a run is told beside its recipe: where data and results are, how long to train, on what."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ms_gan import layers, runtime
from ms_gan.errors import UsageError
from ms_gan.options import option, options_of, values_of, with_values

if TYPE_CHECKING:
    from ms_gan.recipes.base import Recipe

MACHINE = ("device", "device_id", "distributed", "workers")  # a resumed run may be on another one


@dataclass(frozen=True)
class RunOptions:
    """The options that all recipes share, apart from those that a recipe has no use for."""

    data: str | None = option(
        None,
        "folder, zip or other file of what the recipe learns from (docs/data.md), or two as A,B "
        "(default: its own, found or fetched)",
        kind=str,
        anytime=True,
    )
    data_url: str | None = option(
        None,
        "where to fetch the recipe's own data (or set MS_GAN_FACES_URL or MS_GAN_MNIST_URL)",
        kind=str,
        anytime=True,
    )
    datasets: str = option(
        "datasets", "folder for data that is fetched, unpacked, packed or synthetic", anytime=True
    )
    cache: bool = option(
        True,
        "pack the images once in the datasets folder, instead of reading all files in every epoch",
        anytime=True,
    )
    stand_in: bool = option(
        True, "make synthetic data where none can be had, instead of failing", anytime=True
    )
    out: str = option("runs", "folder for the numbered run folders")
    steps: int | None = option(
        None,
        "end at this step in all, whatever --epochs says",
        kind=int,
        low=1,
        high=10**9,
        anytime=True,
    )
    holdout: int = option(
        0,
        "examples kept out of training, for scores and validation (0: none, but up to 8 for "
        "translations)",
        low=0,
        high=10**6,
    )
    seed: int = option(0, "seed of weights, noise and shuffling", low=0, high=2**32 - 1)
    device: str = option(
        "auto", "device to train on", choices=("auto", *runtime.DEVICES), anytime=True
    )
    amp: str = option(
        "O0",
        "mixed precision, for Ascend and GPU: float16 but for normalisation (O2), throughout (O3), "
        "or as MindSpore sees fit (auto)",
        choices=layers.MIXED,
    )
    layers: str = option(
        "auto",
        "MindSpore's own layers, or convolutions by im2col for CPUs (auto: the faster)",
        choices=layers.CHOICES,
        anytime=True,
    )
    cpu_math: str = option(
        "float32",
        "bf16: coarser and faster matrix products on CPUs with AMX",
        choices=runtime.CPU_MATH,
    )
    accumulate: int = option(
        1,
        "parts that a batch is computed in for want of memory; batch normalisation takes each by "
        "itself",
        low=1,
        high=2**16,
    )
    device_id: int = option(0, "which of several devices", low=0, high=4095, anytime=True)
    distributed: bool = option(
        False,
        "train as one of several ranks, started by msrun or mpirun (see "
        "scripts/run_distribute_train.sh)",
        anytime=True,
    )
    sync_bn: bool = option(
        False,
        "with --distributed: batch normalisation over all ranks' images instead of each one's own",
    )
    workers: int = option(
        min(4, runtime.cores()),
        "threads that read images",
        low=1,
        high=runtime.cores(),
        anytime=True,
    )
    log_to: str = option(
        "jsonl",
        "tensorboard: also write what TensorBoard shows, into the run folder; needs pip install "
        "'.[tensorboard]'",
        choices=("jsonl", "tensorboard"),
        anytime=True,
    )
    log_every: int = option(50, "steps between lines of the log", low=1, high=10**9, anytime=True)
    score_every: int = option(
        0,
        "epochs between scores, which keep the best generator (0: none); PyTorch's need "
        "pip install '.[scores]'",
        low=0,
        high=10**6,
        anytime=True,
    )
    score_count: int = option(2048, "images that are scored", low=4, high=10**5, anytime=True)
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


@dataclass(frozen=True)
class Plan:
    """All that a run is told."""

    recipe: Recipe
    options: RunOptions

    @classmethod
    def of(cls, recipe: Recipe) -> Plan:
        """A recipe with the values that its options have by default."""
        return cls(recipe, RunOptions(log_every=recipe.log_every))

    def known(self) -> dict[str, Mapping[str, Any]]:
        """The options that there are for this recipe, {name: what each is}."""
        found = {**options_of(self.recipe), **options_of(self.options)}
        return {name: what for name, what in found.items() if name not in self.recipe.unused}

    def values(self) -> dict[str, Any]:
        """The options' values, {name: value}."""
        values = {**values_of(self.recipe), **values_of(self.options)}
        return {name: values[name] for name in self.known()}

    def check(self) -> None:
        """See whether the options go together, as far as they alone tell.

        Raises:
            UsageError: they don't.
        """
        options, size = self.options, self.recipe.batch_size
        parts, level = options.accumulate, options.amp
        if size % parts:
            raise UsageError(
                f"--accumulate {parts}: --batch-size {size} doesn't make {parts} equal parts; "
                "choose a number that divides it"
            )
        if level == "O0":
            return
        if options.layers == "im2col":
            raise UsageError(
                f"--amp {level}: not with --layers im2col, which is for float32 on CPUs; leave one "
                "of them out"
            )
        if options.cpu_math != "float32":
            raise UsageError(
                f"--amp {level}: not with --cpu-math {options.cpu_math}, which rounds float32's "
                "products; leave one of them out"
            )
        if level == "auto" and runtime.version("mindspore") < (2, 4):
            raise UsageError(
                "--amp auto: MindSpore has it from 2.4 on; choose O2 or O3, or install a newer one"
            )

    def changed(self, values: Mapping[str, Any], where: object) -> Plan:
        """The plan with other values of options that it has.

        Raises:
            GanError: an option wouldn't take its value; the message says `where` it is from.
        """
        own = options_of(self.recipe)
        mine = {name: value for name, value in values.items() if name in own}
        rest = {name: value for name, value in values.items() if name not in own}
        plan = Plan(with_values(self.recipe, mine, where), with_values(self.options, rest, where))
        if "epochs" in mine and "steps" not in rest:  # an earlier --steps would go before it
            plan = dataclasses.replace(plan, options=dataclasses.replace(plan.options, steps=None))
        return plan
