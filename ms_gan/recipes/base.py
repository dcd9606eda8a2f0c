"""What every recipe has: a name, a source, numbers, and methods that name the pieces it is made of."""

from dataclasses import dataclass, field

from ms_gan.options import option


@dataclass(frozen=True)
class Recipe:
    """An experiment. A subclass is a kind of experiment, an instance one with its numbers.

    A subclass has these methods, each importing what it uses only then:

        find_data(options)            the data, see `data.batches` batches(data, options)
        `Batches` of it generator()                   the network that `generate` uses
        objective(steps_per_epoch)  networks, optimizers and the compiled step, see
        `ms_gan.objectives` product()                     what the generator makes, see
        `ms_gan.products`

    `options` are the run's. The fields made by `option` are options of the command line.
    """

    panels = None  # of the loss plot, where they aren't the objective's
    im2col_on_cpu = True  # whether its networks are faster by im2col there, see `ms_gan.layers`

    name: str
    summary: str
    source: str  # what it follows
    # What to use instead on a CPU with the drawn stand-in, so that a first try ends in about five
    # minutes.
    quick: dict = field(default_factory=dict)
    log_every: int = 50  # steps between lines of the log, unless the run says otherwise
    plot_means: bool = (
        False  # whether the loss plot shows the means of epochs instead of the log's lines
    )
    batch_statistics: bool = (
        False  # whether pictures are made with the statistics of their own batch
    )

    epochs: int = option(10, "passes over the data", low=1, high=10**6, anytime=True)
    batch_size: int = option(64, "examples in a step", low=1, high=2**16)
    sample_every: int = option(
        0, "steps between samples, 0 for after every epoch", low=0, anytime=True
    )
    plot_every: int = option(
        0, "steps between loss plots, 0 for with every checkpoint", low=0, anytime=True
    )


def rate(default, whose="both Adams"):
    """The option of a learning rate."""
    return option(default, f"learning rate of {whose}", low=1e-9, high=1.0)


def decay(default, which="first"):
    """The option of one of Adam's decay rates."""
    return option(default, f"Adam's {which} decay rate", low=1e-6, high=0.999999)


def width(default, whose):
    """The option of a network's width."""
    return option(default, f"width of the {whose}", low=1, high=512)


def latent_size(default):
    """The option of the latent vectors' size."""
    return option(default, "size of a latent vector", low=1, high=4096)
