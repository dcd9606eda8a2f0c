"""What the log and the samples of a run tell, passed on to TensorBoard."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image
from tensorboardX import SummaryWriter
from tensorboardX.summary import hparams

from ms_gan.training.callbacks import Callback, Feed

if TYPE_CHECKING:
    from ms_gan.training.run_folder import RunFolder
    from ms_gan.training.training import Training


class TensorBoard(Callback):
    """Writes the numbers of the log, the samples and the hyperparameters to `tensorboard/`.

    They are taken from the run folder. When a training begins or goes on they are written anew, so
    that no step is there twice, or belongs to what was dropped. Times are seconds of training after
    that moment.

    Args:
        run: the run's folder.
        options: the hyperparameters, {name: value}.
    """

    def __init__(self, run: RunFolder, options: Mapping[str, Any]) -> None:
        self._run = run
        self._options = dict(options)

    def batches(self, training: Training, batches: Feed) -> Feed:
        with training.pause():
            self._begin(training.clock.seconds)
        try:
            yield from batches
        finally:  # however it ends
            self._pass_on_lines()
            self._writer.close()

    def after_log(self, training: Training, line: dict[str, Any]) -> None:
        with training.pause():
            self._pass_on_lines()

    def after_sample(self, training: Training, std: float | None) -> None:
        with training.pause():
            self._pass_on_lines()  # scores have been logged meanwhile
            self._pass_on_samples()

    def _begin(self, seconds: float) -> None:
        """Start a file of events with all that the run has after these seconds of training."""
        for earlier in self._run.tensorboard.glob("events.out.tfevents.*"):
            earlier.unlink()
        self._began = time.time() - seconds
        self._read = 0  # bytes of the log
        self._samples = 0
        self._writer = SummaryWriter(str(self._run.tensorboard))
        # TensorBoard finds out by itself which numbers to show beside the hyperparameters.
        _, start, _ = hparams(self._options, {})
        self._writer.file_writer.add_summary(start)
        self._pass_on_lines()
        self._pass_on_samples()

    def _pass_on_lines(self) -> None:
        """Write what the log has gained."""
        if not self._run.log.exists():
            return
        with open(self._run.log, "rb") as log:
            log.seek(self._read)
            gained = log.read()
        self._read += len(gained)
        for line in map(json.loads, gained.splitlines()):
            for name, value in _scalars(line):
                at = self._began + line["seconds"]
                self._writer.add_scalar(name, value, line["step"], walltime=at)
        self._writer.flush()

    def _pass_on_samples(self) -> None:
        """Write the samples that have been made."""
        files = self._run.sample_files()
        for file in files[self._samples :]:
            with Image.open(file) as picture:
                pixels = np.asarray(picture.convert("RGB"))
            self._writer.add_image("samples", pixels, int(file.stem), dataformats="HWC")
        self._samples = len(files)
        self._writer.flush()


def _scalars(line: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """The numbers of a line of the log by their names; those of its scores as "scores/…"."""
    for name, value in line.items():
        if name == "scores":
            yield from ((f"scores/{score}", number) for score, number in value.items())
        elif name != "step" and isinstance(value, (int, float)):
            yield name, value
