"""See whether ms_gan works on this machine's device: `python -m ms_gan.tools.check_device`.

Trains, resumes and generates with a small `faces` on a few drawn faces, without a network, and
writes a report of it, to be attached where something is asked or told to be broken.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ms_gan import environment, layers, pictures, runtime
from ms_gan.distribution import ALONE
from ms_gan.errors import GanError, run_command
from ms_gan.files import atomic_file
from ms_gan.fit import find_data, fit, make_plan
from ms_gan.load import DEVICES, load
from ms_gan.options import Parser, add_options, option, path, values_of
from ms_gan.run import Run
from ms_gan.stand_ins.faces import draw_faces
from ms_gan.training.run_folder import RunFolder

TOOLS = (("npu-smi", "info"), ("nvidia-smi",))  # what tells of cards and their drivers
PATIENCE = 600  # seconds for a process of its own
SEEDS = range(8)
LEVELS = 2  # of 255: what pictures of two devices may differ by

log = logging.getLogger("ms_gan.tools.check_device")  # as a command, its __name__ is "__main__"


@dataclass(frozen=True)
class Trial:
    """What is trained, and on what."""

    device: str = option("auto", "device to try", choices=DEVICES)
    device_id: int = option(0, "which of several devices", low=0, high=4095)
    layers: str = option("auto", "as in training", choices=layers.CHOICES)
    steps: int = option(20, "steps to train, with a stop in the middle", low=2, high=10**6)
    batch_size: int = option(16, "images in a step", low=2, high=2**10)
    image_size: int = option(64, "side of the images in pixels", choices=(32, 64, 128))
    ngf: int = option(32, "width of the generator", low=1, high=512)
    ndf: int = option(32, "width of the discriminator", low=1, high=512)


def main(argv: Sequence[str] | None = None) -> int:
    """Check as the command line says, write the report, and return 1 if something failed."""
    parser = Parser(
        prog="python -m ms_gan.tools.check_device",
        description="See whether ms_gan works on this machine's device, and write a report.",
    )
    parser.add_argument("--out", type=path, default="device-report.txt", metavar="FILE")
    add_options(parser, Trial(), "what is tried")
    given = vars(parser.parse_args(argv))
    out = Path(given.pop("out"))
    with tempfile.TemporaryDirectory(prefix="ms_gan-") as folder:
        text, failed = check(Trial(**given), Path(folder))
    with atomic_file(out) as temporary:
        temporary.write_text(text, encoding="utf-8")
    log.info("the report is in %s", out)
    return 1 if failed else 0


def check(trial: Trial, folder: Path) -> tuple[str, int]:
    """Try everything.

    Args:
        trial: what is trained, and on what.
        folder: an empty one for data and runs.

    Returns:
        The report, and how many checks have failed.
    """
    checks, lines, details = Checks(trial, folder), [time.strftime("%Y-%m-%d %H:%M:%S %z")], []
    for name, attempt in CHECKS.items():
        try:
            lines.append(f"ok      {name}: {attempt(checks)}")
        except Exception as error:  # whatever a device may raise is what the report is for
            told = " ".join(str(error).split())
            lines.append(f"failed  {name}: {told or repr(error)}")
            details.append(f"{name}\n{traceback.format_exc()}")
        log.info("%s", lines[-1])
    text = "\n".join([*lines, "", *checks.appended, *details])
    return f"{text.rstrip()}\n", len(details)


class Checks:
    """What is tried, in the order of `CHECKS`; each returns what it has found, or raises.

    Args:
        trial: what is trained, and on what.
        folder: an empty one for data and runs.

    Attributes:
        appended: longer texts for the report's end.
    """

    def __init__(self, trial: Trial, folder: Path) -> None:
        self.appended: list[str] = []
        self._trial = trial
        self._folder = folder
        self._device: str | None = None
        self._run: Run | None = None
        self._pixels: np.ndarray | None = None

    def versions(self) -> str:
        told = environment.describe("")
        names = ("ms_gan", "git_revision", "python", "mindspore", "numpy", "pillow")
        return ", ".join(f"{name} {told[name]}" for name in names)

    def machine(self) -> str:
        told = environment.describe("")
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
        return f"{told['machine']}, {told['cores']} cores, {memory:.1f} GiB of memory"

    def drivers(self) -> str:
        found = []
        for command in TOOLS:
            if shutil.which(command[0]) is None:
                found.append(f"no {command[0]}")
                continue
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
            self.appended.append(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
            found.append(f"{command[0]} ended with status {done.returncode}, see below")
        return ", ".join(found)

    def device(self) -> str:
        trial = self._trial
        self._device = runtime.start(trial.device, trial.device_id)
        return f"{self._device} (asked for {trial.device}), number {trial.device_id}"

    def compile(self) -> str:
        """Time the compilation of the step."""
        from ms_gan.training import assemble
        from ms_gan.training.warm_up import warm_up

        (self._folder / "faces").mkdir()
        draw_faces(self._folder / "faces", count=max(64, 2 * self._trial.batch_size))
        plan = make_plan("faces", self._options())
        data = find_data(plan)
        with contextlib.closing(plan.recipe.batches(data, plan.options)) as batches:
            steps = batches.steps_per_epoch
            objective, used = assemble.make_objective(plan, steps, self._found_device(), ALONE)
            folder = RunFolder(self._folder)
            training = assemble.make_training(plan, objective, batches, folder, ALONE)
            compiling, seconds = warm_up(training)
        return f"{compiling:.1f} s, layers {used}; then {1000 * seconds:.1f} ms a step"

    def train(self) -> str:
        """Train the first half of the steps."""
        self._run = fit("faces", **self._options(), steps=self._trial.steps // 2)
        return self._told(self._run)

    def resume(self) -> str:
        """Train the second half of the steps."""
        run = self._trained()
        done = len(run.log)
        self._run = fit("faces", resume=run.path, steps=self._trial.steps)
        return f"after step {done}, {self._told(self._run)}"

    def generate(self) -> str:
        """Make pictures of the trained generator."""
        trial = self._trial
        generator = load(self._trained().checkpoint, self._found_device(), trial.device_id)
        self._pixels = generator.generate(SEEDS)
        if self._pixels.std(0).mean() == 0:
            raise GanError(f"all {len(SEEDS)} images are the same")
        return f"{len(self._pixels)} images of {self._pixels.shape[1:]}"

    def compare(self) -> str:
        """Make the same pictures on the CPU, in another process."""
        if self._found_device() == "CPU":
            return "left out, as the device is the CPU"
        if self._pixels is None:
            raise GanError("nothing was generated, see above")
        picture = self._folder / "cpu.png"
        checkpoint = str(self._trained().checkpoint)
        command = [sys.executable, "-m", "ms_gan.generate", "--ckpt", checkpoint, "--device", "CPU"]
        command += ["--seeds", f"0-{len(SEEDS) - 1}", "--out", str(picture)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
        if done.returncode:
            raise GanError(f"generating on the CPU failed: {done.stderr.strip()}")
        ours = np.asarray(pictures.grid(self._pixels), dtype=int)
        with Image.open(picture) as opened:
            off = int(np.abs(ours - np.asarray(opened, dtype=int)).max())
        if off > LEVELS:
            raise GanError(f"the pictures differ by {off} of 255 levels; expected {LEVELS} at most")
        return f"the pictures differ by {off} of 255 levels at most"

    def _options(self) -> dict[str, Any]:
        """What `fit` is told."""
        told = {key: value for key, value in values_of(self._trial).items() if key != "steps"}
        places = {name: str(self._folder / name) for name in ("datasets", "out")}
        return {**told, **places, "data": str(self._folder / "faces"), "log_every": 1}

    def _found_device(self) -> str:
        if self._device is None:
            raise GanError("no device was opened, see above")
        return self._device

    def _trained(self) -> Run:
        if self._run is None:
            raise GanError("nothing was trained, see above")
        return self._run

    def _told(self, run: Run) -> str:
        """What a run's log tells of losses and speed; the median is that of all its steps."""
        last = run.log[-1]
        speed = float(np.median([line["images_per_second"] for line in run.log]))
        losses = f"losses {last['loss_d']:.4g} and {last['loss_g']:.4g}"
        milliseconds = 1000 * self._trial.batch_size / speed
        return f"step {last['step']}, {losses}; {milliseconds:.1f} ms a step, {speed:.1f} images/s"


CHECKS = {
    "versions": Checks.versions,
    "machine": Checks.machine,
    "drivers": Checks.drivers,
    "device": Checks.device,
    "compile": Checks.compile,
    "train": Checks.train,
    "resume": Checks.resume,
    "generate": Checks.generate,
    "the same on a CPU": Checks.compare,
}


if __name__ == "__main__":
    sys.exit(run_command("ms_gan.tools.check_device", main))
