"""What every recipe has: a name, a source, numbers, and methods that name what it is made of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from ms_gan.errors import UsageError
from ms_gan.options import option

if TYPE_CHECKING:
    from mindspore import nn
    from mindspore.nn.learning_rate_schedule import LearningRateSchedule

    from ms_gan.data.base import Batches, DataOptions
    from ms_gan.objectives.base import Objective
    from ms_gan.samplers.base import Sampler
    from ms_gan.scores.base import ScoreOptions, Scorer


@dataclass(frozen=True)
class Recipe(ABC):
    """An experiment. A subclass is a kind of experiment, an instance one with its numbers.

    Its methods import what they use only when they are called: listing the recipes shouldn't take
    the seconds of MindSpore's import. The fields made by `option` are options of the command line.

    Attributes:
        name: by which it is asked for.
        summary: what it is, in a few words.
        source: what it follows.
        quick: values of options to use instead on a CPU with synthetic data, so that a first try
          ends in about five minutes.
        log_every: steps between lines of the log, unless the run says otherwise.
        plot_means: whether the loss plot shows the means of epochs instead of the log's lines.
        batch_statistics: whether pictures are made with the statistics of their own batch.
        panels: the loss plot's, where they aren't the objective's.
        im2col_on_cpu: whether its networks are faster by im2col there, see `ms_gan.layers`.
        quicker: the recipe to name where this one would take hours on a CPU.
        unused: the options that it has no use for.
    """

    panels: ClassVar[tuple[tuple[str, dict[str, str]], ...] | None] = None
    im2col_on_cpu: ClassVar[bool] = True
    unused: ClassVar[tuple[str, ...]] = ()

    name: str
    summary: str
    source: str
    quick: Mapping[str, Any] = field(default_factory=dict)
    log_every: int = 50
    plot_means: bool = False
    batch_statistics: bool = False
    quicker: str | None = None

    epochs: int = option(10, "passes over the data", low=1, high=10**6, anytime=True)
    batch_size: int = option(64, "examples in a step", low=1, high=2**16)
    sample_every: int = option(
        0, "steps between samples, 0 for after every epoch", low=0, anytime=True
    )
    plot_every: int = option(
        0, "steps between loss plots, 0 for with every checkpoint", low=0, anytime=True
    )
    ema: float = option(
        0.0,
        "decay of the averages of the generator's weights, which samples and scores then use "
        "(0: none)",
        low=0.0,
        high=0.999999,
    )

    @abstractmethod
    def find_data(self, options: DataOptions) -> Any:
        """The data, a `Dataset`: what the run's options name, or the recipe's own."""

    @abstractmethod
    def batches(self, data: Any, options: DataOptions) -> Batches:
        """Batches of what `find_data` has found."""

    @abstractmethod
    def generator(self) -> nn.Cell:
        """The network that `load` and `python -m ms_gan.generate` use, untrained."""

    @abstractmethod
    def objective(self, steps_per_epoch: int) -> Objective:
        """Networks, optimizers and the compiled step."""

    @abstractmethod
    def scorer(self, data: Any, options: ScoreOptions) -> Scorer:
        """What scores its generators against what `find_data` has found."""

    def seen_by(self, network: str, data: Any) -> Any:
        """What `find_data` has found, as the generator of this name sees it: for those that
        translate back, the other way round.
        """
        return data

    @abstractmethod
    def sampler(self) -> Sampler:
        """What shows the generator's work in training, and makes it usable afterwards."""


def rate(default: float | None, whose: str = "both Adams") -> Any:
    """The option of a learning rate."""
    return option(default, f"learning rate of {whose}", kind=float, low=1e-9, high=1.0)


def decay(default: float, which: str = "first") -> Any:
    """The option of one of Adam's decay rates."""
    low = 0.0 if which == "first" else 1e-6
    return option(default, f"Adam's {which} decay rate", low=low, high=0.999999)


def last_epochs(default: int = 0, low: int = 0) -> Any:
    """The option of how many epochs the learning rate falls in."""
    never = " (0: it stays)" if low == 0 else ""
    return option(
        default, f"last epochs, in which the learning rate falls to 0{never}", low=low, high=10**6
    )


def falling(recipe: Any, updates: int, lr: float) -> float | LearningRateSchedule:
    """A learning rate of a recipe with the options `epochs` and `decay_epochs`.

    Args:
        recipe: with these options.
        updates: of the weights in an epoch.
        lr: what it begins with.

    Raises:
        UsageError: there are fewer epochs.
    """
    from ms_gan.objectives.schedules import falling_at_last

    if recipe.decay_epochs > recipe.epochs:
        raise UsageError(
            f"--decay-epochs {recipe.decay_epochs}: there are only {recipe.epochs} epochs; choose "
            "no more, or give more --epochs"
        )
    return falling_at_last(lr, recipe.epochs, recipe.decay_epochs, updates)


def width(default: int, whose: str) -> Any:
    """The option of a network's width."""
    return option(default, f"width of the {whose}", low=1, high=512)


def latent_size(default: int) -> Any:
    """The option of the latent vectors' size."""
    return option(default, "size of a latent vector", low=1, high=4096)


def adversarial_loss(default: str = "non-saturating") -> Any:
    """The option of what a GAN's players minimise, a key of `objectives.losses.ADVERSARIAL`."""
    losses = ("non-saturating", "hinge", "least-squares")
    return option(default, "what is minimised: the original GAN's loss or another", choices=losses)
