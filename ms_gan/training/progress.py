"""The progress bar of a training."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from tqdm.auto import tqdm

from ms_gan.training.callbacks import Callback, Feed
from ms_gan.training.training import Training

if TYPE_CHECKING:
    from mindspore import Tensor

BAR = "{desc}|{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}{postfix}]"
LIVE, WRITTEN = 0.2, 30  # seconds between the bar's updates on a screen, in a file
REFRESH = 1.0  # seconds between looks at the losses, each of which waits for the device


class ProgressBar(Callback):
    """Shows epoch, steps, speed and losses; of several ranks, the first one's shows all ranks'.

    Args:
        total: the steps to make in all.
    """

    def __init__(self, total: int) -> None:
        self._total = total

    def batches(self, training: Training, batches: Feed) -> Feed:
        self._epochs = -(-self._total // training.batches.steps_per_epoch)
        self._shown = time.perf_counter()
        live = sys.stderr.isatty() or "ipykernel" in sys.modules  # a terminal or a notebook
        with tqdm(
            initial=training.step,
            total=self._total,
            bar_format=BAR,
            mininterval=LIVE if live else WRITTEN,
            disable=training.world.rank > 0,
        ) as self._bar:
            yield from batches

    def after_step(self, training: Training, outputs: tuple[Tensor, ...]) -> None:
        self._bar.set_description_str(f"epoch {training.epoch}/{self._epochs} ", refresh=False)
        self._bar.update()
        if time.perf_counter() - self._shown >= REFRESH:
            images = training.clock.speed(training.step)[0] * training.batch_size
            self._show(images, training.objective.losses(outputs))

    def after_log(self, training: Training, line: dict[str, Any]) -> None:
        self._show(line["images_per_second"], line)

    def _show(self, images: float, losses: dict[str, float]) -> None:
        text = f"{images:.1f} images/s, G {losses['loss_g']:.3f}, D {losses['loss_d']:.3f}"
        self._bar.set_postfix_str(text, refresh=False)
        self._shown = time.perf_counter()
