"""What a run leaves behind while it trains: log lines, samples, the loss plot, checkpoints."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ms_gan.errors import GanError
from ms_gan.training import checkpoint
from ms_gan.training.run_folder import RunFolder
from ms_gan.training.visualiser import Visualiser

if TYPE_CHECKING:
    from ms_gan.data.base import Batch
    from ms_gan.objectives.base import Objective

log = logging.getLogger(__name__)


class Recorder:
    """Writes a run's folder.

    Args:
        run: the folder.
        objective: what is trained.
        visualiser: makes samples and loss plots.
        about: what every checkpoint says of the run.
        keep: the number of training checkpoints to keep.

    Attributes:
        saved: the step that training.ckpt is of.
    """

    def __init__(
        self,
        run: RunFolder,
        objective: Objective,
        visualiser: Visualiser,
        about: Mapping[str, Any],
        keep: int,
    ) -> None:
        self.run = run
        self.saved: int | None = None
        self._objective = objective
        self._visualiser = visualiser
        self._about = about
        self._keep = keep

    def log(self, line: dict[str, Any]) -> None:
        """Add a line to the log."""
        self.run.append_log(line)

    def real(self, batch: Batch) -> None:
        """Make the picture of real data."""
        self._visualiser.real(batch)

    def sample(self, step: int) -> float | None:
        """Make the sample of a step; return its `Sampler.std`."""
        self._objective.settle()
        return self._visualiser.sample(step)

    def plot(self) -> None:
        """Plot the losses once there is a log."""
        lines = self.run.read_log()
        if lines:
            self._visualiser.plot(lines)

    def save(self, step: int, seconds: float, rollbacks: int) -> None:
        """Write the checkpoints, first the one that a resumed run needs, and the loss plot."""
        if self.saved is not None and self.saved != step:
            self.run.rotate(self.saved, self._keep - 1)
        self._objective.settle()
        meta = {"kind": "training", "step": step, "seconds": seconds, "rollbacks": rollbacks}
        parameters = self._objective.parameters()
        checkpoint.save(self.run.training, parameters, {**meta, **self._about})
        self.saved = step
        for name in self._objective.results():
            self._save_network(name)
        self.plot()

    def best(self) -> dict[str, Any] | None:
        """The "name" and "value" of the best generator's score, if there is one.

        A damaged checkpoint is warned of.
        """
        if not self.run.best.exists():
            return None
        try:
            return checkpoint.load(self.run.best, "generator")[1].get("best")
        except GanError as error:
            log.warning("%s; keeping the best from here on", error)
            return None

    def save_best(self, step: int, best: dict[str, Any]) -> None:
        """Keep the generator as it is, with the "name" and "value" of its score."""
        parameters = dict(self._objective.results()["generator"].parameters_and_names())
        meta = {"kind": "generator", "step": step, "best": best, **self._about}
        checkpoint.save(self.run.best, parameters, meta)

    def newest(self) -> tuple[dict[str, np.ndarray], dict[str, Any], Path]:
        """The values, meta and path of the newest whole checkpoint.

        Damaged ones are warned of. Raises GanError where none is whole.
        """
        troubles: list[GanError] = []
        for path in self.run.checkpoints():
            try:
                values, meta = checkpoint.load(path, "training")
            except GanError as trouble:
                troubles.append(trouble)
                continue
            for damaged in troubles:
                log.warning("%s; going back to %s", damaged, path.name)
            return values, meta, path
        raise troubles[0]

    def go_back(self, path: Path, step: int) -> None:
        """Make the checkpoint `path`, of this step, the newest, and drop what is of later steps."""
        self.saved = step
        if path != self.run.training:
            path.replace(self.run.training)
        self.run.forget_after(step)
        for name in self._objective.results():
            if _step_of(self.run.network(name), _kind_of(name)) != step:
                self._save_network(name)

    def _save_network(self, name: str) -> None:
        parameters = dict(self._objective.results()[name].parameters_and_names())
        meta = {"kind": _kind_of(name), "step": self.saved, **self._about}
        checkpoint.save(self.run.network(name), parameters, meta)


class Reader(Recorder):
    """The recorder of a rank other than the first: it reads checkpoints and writes nothing."""

    def log(self, line: dict[str, Any]) -> None:
        pass

    def real(self, batch: Batch) -> None:
        pass

    def sample(self, step: int) -> float | None:
        return None

    def plot(self) -> None:
        pass

    def save(self, step: int, seconds: float, rollbacks: int) -> None:
        self.saved = step

    def go_back(self, path: Path, step: int) -> None:
        self.saved = step


def _kind_of(name: str) -> str:
    """What a network is, by the name of its file: "generator" also of "raw-generator"."""
    return name.rpartition("-")[2]


def _step_of(path: Path, kind: str) -> int | None:
    """The step of a checkpoint, or None where there is no whole one of this kind."""
    try:
        return checkpoint.load(path, kind)[1]["step"]
    except GanError:
        return None
