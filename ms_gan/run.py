"""A run as notebooks see it: its folder, and what is in it."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ms_gan.load import load
from ms_gan.training.run_folder import RunFolder

if TYPE_CHECKING:
    from ms_gan.samplers.base import Generator


class Run:
    """A run that has ended or was stopped. In a notebook it shows its newest sample.

    Args:
        path: its folder, such as "runs/0000-faces".
        stopped: the number of the signal that ended it early, if one did.
    """

    def __init__(self, path: str | Path, stopped: int | None = None) -> None:
        self.path = Path(path)
        self.stopped = stopped
        self._folder = RunFolder(path)

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    def _repr_png_(self) -> bytes | None:
        return self.samples[-1].read_bytes() if self.samples else None

    @property
    def log(self) -> list[dict[str, Any]]:
        """The log's lines: step, epoch, losses, speed; or scores."""
        return self._folder.read_log()

    @property
    def samples(self) -> list[Path]:
        """The samples' pictures, in the order of their steps."""
        return self._folder.sample_files()

    @property
    def checkpoint(self) -> Path:
        """The generator's checkpoint, which `load` and `python -m ms_gan.generate` take."""
        return self._folder.network("generator")

    @property
    def best(self) -> Path | None:
        """The checkpoint of the generator with the best score, if the run made scores."""
        return self._folder.best if self._folder.best.exists() else None

    @property
    def gif(self) -> Path:
        """The animation of all samples."""
        return self._folder.gif

    @property
    def report(self) -> Path:
        """The page that tells all of the run, for a browser."""
        return self._folder.report

    @cached_property
    def generator(self) -> Generator:
        """The trained generator, loaded when it is first asked for, see `load`."""
        return load(self.checkpoint)
