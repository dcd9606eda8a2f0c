"""Training runs that are killed at random moments, gone on with, and compared with ones that
nothing happened to.
"""

import signal
import subprocess
from dataclasses import dataclass

from conftest import start
from PIL import Image, ImageSequence
from run_files import log, samples

from ms_gan.training import checkpoint
from ms_gan.training.run_folder import RunFolder

MANY = 10**6  # steps that no run comes to before it is killed
LAST = "discriminator"  # the checkpoint that is written after the others
OFTEN = (
    "--checkpoint-minutes",
    "0",
    "--log-every",
    "1",
)  # a checkpoint and a line of the log at every step


class Lost(Exception):
    """A killed run has lost more than the step it was in, or doesn't go on as if nothing had
    happened.
    """


@dataclass(frozen=True)
class Killed:
    """What a kill has left behind."""

    left: frozenset  # temporary folders: it was in the middle of writing
    lost: int  # steps in the log that the checkpoint doesn't have


class Chain:
    """One run that is killed and resumed over and over again.

    recipe, arguments: what is trained; parent: a new folder for it; rng: a `random.Random`;
    seconds: how long after its first checkpoint a process is killed at the latest.
    """

    def __init__(self, recipe, arguments, parent, rng, seconds):
        self._recipe = recipe
        self._arguments = arguments
        self._parent = parent
        self._rng = rng
        self._seconds = seconds
        self._step = 0
        self._left = frozenset()
        self.folder = parent / "killed" / f"0000-{recipe}"

    def kill(self):
        """Start the run, or go on with it; kill it and look at what is there. Returns a `Killed`;
        raises Lost.
        """
        before = self._stamp()
        child = self._go_on("--steps", MANY) if before else self._begin("killed", MANY, *OFTEN)
        try:
            while self._stamp() == before and not ended(child, 0.01):
                pass
            ended(child, self._rng.uniform(0, self._seconds))
        finally:
            child.kill()
            said = child.communicate()[1]
        if child.returncode != -signal.SIGKILL:
            raise Lost(f"it ended by itself: {said}")
        if "going back to" in said:
            raise Lost(f"it couldn't read its newest checkpoint: {said}")
        return self._examine()

    def finish(self):
        """Go on for two steps and compare all files with those of a run that wasn't killed.

        Raises Lost.
        """
        total = self._step + 2
        children = self._go_on("--steps", total), self._begin("whole", total, "--log-every", "1")
        for child in children:
            said = child.communicate()[1]
            if child.returncode:
                raise Lost(f"it doesn't come to its end: {said}")
        if leftovers(self.folder):
            raise Lost(f"temporary folders remain: {leftovers(self.folder)}")
        found, expected = _content(self.folder), _content(self._parent / "whole" / self.folder.name)
        different = [name for name in expected if found[name] != expected[name]]
        if different:
            raise Lost(
                f"after {total} steps it differs from a run that wasn't killed: "
                f"{', '.join(different)}"
            )

    def _begin(self, name, steps, *more):
        return self._start(*self._arguments, "--steps", steps, "--out", self._parent / name, *more)

    def _go_on(self, *more):
        return self._start("--resume", self.folder, *more)

    def _start(self, *arguments):
        return start(
            "train", self._recipe, *arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )

    def _stamp(self):
        """What changes with every set of checkpoints; None while there is none."""
        try:
            found = RunFolder(self.folder).network(LAST).stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns

    def _examine(self):
        run = RunFolder(self.folder)
        _, meta = checkpoint.load(run.training, "training")  # GanError unless it is whole
        for earlier in run.checkpoints()[1:]:
            checkpoint.load(earlier, "training")
        networks = {
            name: checkpoint.load(run.network(name), name)[1]["step"]
            for name in ("generator", LAST)
        }
        for picture in filter(
            lambda path: path.exists(), (run.real, run.losses, run.gif, *run.sample_files())
        ):
            with Image.open(picture) as image:
                for frame in ImageSequence.Iterator(image):
                    frame.load()
        step, logged = meta["step"], max((line["step"] for line in run.read_log()), default=0)
        if not self._step <= step <= logged <= step + 1:
            raise Lost(
                f"training.ckpt is of step {step}, the log is at {logged}; {self._step} was saved "
                "before"
            )
        if any(not step - 1 <= found <= step for found in networks.values()):
            raise Lost(f"training.ckpt is of step {step}, but the networks are of {networks}")
        left = leftovers(self.folder)
        if left & self._left:
            raise Lost(f"temporary folders of an earlier kill are still there: {left & self._left}")
        self._step, self._left = step, left
        return Killed(left, logged - step)


def ended(child, seconds):
    """Whether a process has ended, or does so within some seconds."""
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def leftovers(folder):
    """The temporary folders anywhere in a run folder."""
    return frozenset(str(path.relative_to(folder)) for path in folder.rglob(".*.tmp"))


def _content(folder):
    """What has to be equal in two runs, by the name of its file."""
    run = RunFolder(folder)
    found = {path.name: path.read_bytes() for path in (run.gif, run.losses, run.real)}
    for name in ("training", "generator", LAST):
        values, meta = checkpoint.load(folder / f"{name}.ckpt", name)
        values = {key: (value.dtype, value.shape, value.tobytes()) for key, value in values.items()}
        found[f"{name}.ckpt"] = values, meta["step"], meta.get("noise")
    return {**found, "log.jsonl": log(folder), "samples": samples(folder)}
