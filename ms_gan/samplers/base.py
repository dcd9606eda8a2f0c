"""What a training shows of its generator, and what a trained generator does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import mindspore as ms
import numpy as np
from tqdm.auto import tqdm

from ms_gan.errors import UsageError
from ms_gan.inference import compiled
from ms_gan.runtime import quiet

if TYPE_CHECKING:
    from mindspore import Tensor, nn
    from PIL import Image

Key = TypeVar("Key")
Arrays = tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Request:
    """What the command that generates was asked for. What is None wasn't given."""

    seeds: Sequence[int] | None = None
    count: int | None = None  # the seeds from 0 on, instead of `seeds`
    input: str | None = None  # a folder of images to translate
    separate: str | None = None  # a folder for one file a seed
    interpolate: int | None = None  # frames of a walk through the seeds
    out: str | None = None

    def refuse(self, names: Sequence[str], reason: str) -> None:
        """Raise UsageError if one of the named fields was given."""
        for name in names:
            if getattr(self, name):
                raise UsageError(f"--{name}: {reason}")

    def chosen(self, default: int) -> Sequence[int]:
        """The seeds: those that are named, else the first `count`, else the first `default`."""
        return range(self.count or default) if self.seeds is None else self.seeds


class Sampler(ABC):
    """Shows in pictures what networks in training make.

    Attributes:
        std: the standard deviation over the images of the last picture, as a share of the pixels'
          range; None before the first one, and where the images needn't differ.
    """

    std: float | None = None

    @abstractmethod
    def real(self, batch: Arrays) -> Image.Image:
        """A picture of a batch of real data, as the training sees it."""

    @abstractmethod
    def fixed(self, batches: Any, seed: int) -> Arrays:
        """What all pictures of a run are made of.

        Args:
            batches: the run's, of the kind that the recipe makes.
            seed: the run's.
        """

    def inputs(self, batches: Any, seed: int, passes: int) -> dict[str, list[np.ndarray]]:
        """What averaged generators measure their running statistics on, see `objectives.average`.

        Args:
            batches: the run's.
            seed: the run's.
            passes: how many arrays are of use.

        Returns:
            {name of a generator: arrays (n, ...) that it takes, up to `passes` of them}, without
              generators that have no use for running statistics.
        """
        return {}

    @abstractmethod
    def picture(self, networks: Mapping[str, nn.Cell], fixed: Arrays) -> Image.Image:
        """A picture of what the networks make of the fixed inputs, in inference mode."""

    @abstractmethod
    def generator(self, network: nn.Cell, batch_statistics: bool) -> Generator:
        """The trained network as a generator to be used after the training.

        batch_statistics: whether batch normalisation uses the statistics of the batch at hand
        instead of the running ones.
        """

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """What the network takes and makes, for exported files: "input" and "output" (names),
        "input_shape" (of one example), and what there is to know of either. JSON can hold it.
        """


class Generator(ABC):
    """A trained generator, made by a `Sampler`. It is compiled when it is first used."""

    # Examples computed at a time, always: an image's last bits depend on the shape that it is
    # computed in.
    batch: ClassVar[int] = 32

    def __init__(self, network: nn.Cell, batch_statistics: bool, sampler: Any) -> None:
        self._network = network
        self._batch_statistics = batch_statistics
        self._sampler = sampler  # what its images or points look like

    def generate(self, seeds: Iterable[int]) -> np.ndarray:
        """Make one image or point of each seed, the same one alone and among others.

        Args:
            seeds: whole numbers of at least 0, such as `range(24)`.

        Returns:
            Images, uint8 (count, height, width, channels) with 3 channels or 1, or points, float32
              (count, 2).

        Raises:
            UsageError: the seeds are no such numbers, or this generator translates images.
        """
        raise UsageError("this generator translates images: give it some by translate(images)")

    def translate(self, images: Iterable[np.ndarray | Image.Image]) -> np.ndarray:
        """Translate images of any size, each fitted to the network's size as in training.

        Args:
            images: an array uint8 (count, height, width, 3), or several such images or Pillow
              images of any sizes.

        Returns:
            Images, uint8 (count, size, size, 3).

        Raises:
            UsageError: an image is of another shape or type, or this generator doesn't translate.
        """
        raise UsageError("this generator doesn't translate: make something by generate(seeds)")

    @abstractmethod
    def write(self, request: Request) -> None:
        """Write the files that the command asks for, and log what was written.

        Raises:
            UsageError: the request doesn't suit this generator.
            GanError: there is nothing to translate.
            OSError: a file can't be written.
        """

    @abstractmethod
    def finish(self, outputs: np.ndarray) -> np.ndarray:
        """What users see of a batch of the network's outputs, as an array of its own."""

    @cached_property
    def compute(self) -> Callable[[Tensor], tuple[Tensor, ...]]:
        """The compiled network."""
        return compiled(self._network, self._batch_statistics)

    def stream(
        self, examples: Iterable[tuple[Key, np.ndarray]], total: int
    ) -> Iterator[tuple[Key, np.ndarray]]:
        """Yield (key, result) for each (key, input), few at a time, however many there are.

        Args:
            examples: the network's inputs, float32 without the batch's axis, each with any key.
            total: how many there are, for the progress bar.
        """
        begun = self._begun(iter(examples))
        with tqdm(total=total, desc="generating", leave=False, disable=None) as bar:
            computing = next(begun, None)
            while computing:
                keys, outputs = computing
                results = self.finish(outputs[0].asnumpy())
                bar.update(len(keys))
                computing = next(begun, None)  # a card computes while the caller deals with these
                yield from zip(keys, results)

    def _begun(
        self, examples: Iterator[tuple[Key, np.ndarray]]
    ) -> Iterator[tuple[list[Key], tuple[Tensor, ...]]]:
        while batch := list(islice(examples, self.batch)):
            inputs = np.zeros((self.batch, *batch[0][1].shape), np.float32)
            inputs[: len(batch)] = [values for _, values in batch]
            with quiet():  # MindSpore warns where it has compiled another generator before
                outputs = self.compute(ms.Tensor(inputs))
            yield [key for key, _ in batch], outputs


def stacked(made: Iterator[tuple[Any, np.ndarray]]) -> np.ndarray:
    """The results of `Generator.stream` as one array."""
    return np.stack([result for _, result in made])
