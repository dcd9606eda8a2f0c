"""A run's folder: `runs/0000-faces`, numbered, never overwritten by another run."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

from ms_gan.errors import GanError, os_reason
from ms_gan.files import append_line, atomic_file, lock, remove_leftovers, write_json


class RunFolder:
    """Names of the files of a run, and its log."""

    def __init__(self, path: str | os.PathLike) -> None:
        self.path = Path(path)
        self.options = self.path / "options.json"
        self.log = self.path / "log.jsonl"
        self.losses = self.path / "losses.png"
        self.real = self.path / "real.png"
        self.samples = self.path / "samples"
        self.gif = self.path / "progress.gif"
        self.report = self.path / "report.html"
        self.tensorboard = self.path / "tensorboard"
        self.training = self.path / "training.ckpt"
        self.best = self.path / "best-generator.ckpt"
        self._held: int | None = None

    @classmethod
    def create(cls, parent: str | Path, name: str) -> RunFolder:
        """Make `parent/NNNN-name` with the next free number. Raises GanError where that fails."""
        parent = Path(parent)
        try:
            parent.mkdir(parents=True, exist_ok=True)
            while True:
                folder = parent / f"{max(_taken(parent), default=-1) + 1:04d}-{name}"
                try:
                    folder.mkdir()
                    break
                except FileExistsError:  # another run was quicker
                    continue
            (folder / "samples").mkdir()
        except OSError as error:
            raise GanError(
                f"--out {parent}: can't make a run folder there: {os_reason(error)}"
            ) from None
        return cls(folder).hold()

    @classmethod
    def reopen(cls, path: str | os.PathLike, hold: bool = True) -> RunFolder:
        """The folder of an earlier run, without what it left half-written if it was killed.

        Args:
            path: the folder.
            hold: whether to keep other processes from going on with it; of several ranks one does.

        Raises:
            GanError: it holds no training checkpoint, or another process trains in it.
        """
        run = cls(path)
        if not run.path.is_dir():
            raise GanError(
                f"--resume {path}: no such folder; expected a run folder like runs/0000-faces"
            )
        if not run.training.is_file():
            raise GanError(
                f"--resume {path}: holds no training.ckpt; expected a run folder like "
                "runs/0000-faces"
            )
        if hold:
            run.hold()
        if run._held is not None:  # otherwise they may be of a process that is writing them
            remove_leftovers(run.path)
            remove_leftovers(run.samples)
        return run

    def hold(self) -> RunFolder:
        """Keep other processes from going on with this run until this one ends, however it ends."""
        if self._held is None:
            try:
                self._held = lock(self.path)
            except BlockingIOError:
                raise GanError(
                    f"--resume {self.path}: another process is training in this run folder; wait "
                    "until it has ended, or stop it with Ctrl-C"
                ) from None
        return self

    def release(self) -> None:
        """Let other processes go on with this run."""
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def rotate(self, step: int, keep: int) -> None:
        """Make training.ckpt, of this step, an earlier one; keep the newest `keep` of these."""
        if keep and self.training.exists():
            earlier = self._earlier(step)
            earlier.unlink(missing_ok=True)
            try:
                os.link(self.training, earlier)
            except OSError:  # a file system without hard links
                with atomic_file(earlier) as temporary:
                    shutil.copyfile(self.training, temporary)
        for checkpoint in self.checkpoints()[keep + 1 :]:
            checkpoint.unlink()

    def checkpoints(self) -> list[Path]:
        """What a run can go on from, the newest first: training.ckpt, then the earlier ones."""
        return [self.training, *sorted(self.path.glob("training-[0-9]*.ckpt"), reverse=True)]

    def network(self, name: str) -> Path:
        """The checkpoint of one network, e.g. generator.ckpt."""
        return self.path / f"{name}.ckpt"

    def write_options(self, options: dict[str, Any]) -> None:
        """Write `options.json`: every setting and what the run was made on."""
        write_json(self.options, options)

    def append_log(self, line: dict[str, Any]) -> None:
        """Add one JSON line to the log."""
        append_line(self.log, json.dumps(line))

    def read_log(self) -> list[dict[str, Any]]:
        """The log's lines as dicts; a last line that was cut off by a crash is left out."""
        lines = self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []
        found = []
        for line in lines:
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
        return found

    def forget_after(self, step: int) -> None:
        """Drop lines, samples and checkpoints of later steps: a resumed run makes them anew."""
        kept = [line for line in self.read_log() if line["step"] <= step]
        with atomic_file(self.log) as temporary:
            text = "".join(json.dumps(line) + "\n" for line in kept)
            temporary.write_text(text, encoding="utf-8")
        for sample in self.sample_files():
            if int(sample.stem) > step:
                sample.unlink()
        for checkpoint in self.checkpoints()[1:]:
            if checkpoint.name > self._earlier(step).name:
                checkpoint.unlink()

    def sample(self, step: int) -> Path:
        """Where the sample grid of a step goes."""
        return self.samples / f"{step:07d}.png"

    def sample_files(self) -> list[Path]:
        """All sample grids so far, in order."""
        files = [file for file in self.samples.glob("*.png") if file.stem.isdecimal()]
        return sorted(files, key=lambda file: int(file.stem))

    def _earlier(self, step: int) -> Path:
        return self.path / f"training-{step:09d}.ckpt"


def _taken(parent: Path) -> list[int]:
    """The numbers of the run folders in `parent`."""
    matches = [re.match(r"(\d{4,})-", path.name) for path in parent.iterdir()]
    return [int(match[1]) for match in matches if match]
