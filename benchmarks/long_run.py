"""Whether a long run stays as it began: `python benchmarks/long_run.py [--steps 20000]`.

A process of its own trains the recipe gaussian by the real command, with samples every 200 steps,
and is watched from outside. Exit status 1 if its memory has grown by more than a tenth since step
1,000, or if its last thousand steps took more than 1.5 times as long as its second thousand (the
first one warms up).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import ROOT, table, versions
from PIL import Image

from ms_gan.errors import run_command
from ms_gan.options import number
from ms_gan.training.visualiser import GIF_FRAMES

PART = 1000
GROWTH, SLOWER = 1.1, 1.5  # times as much as at the beginning, at most
POLL = 0.05  # seconds between looks at the log


def main(argv=None):
    parser = argparse.ArgumentParser(description="Watch the memory and the pace of a long run.")
    parser.add_argument(
        "--steps",
        type=number(int, 3 * PART),
        default=20 * PART,
        help="steps in all (default 20000)",
    )
    steps = parser.parse_args(argv).steps
    print(f"{versions()}\n", flush=True)
    with tempfile.TemporaryDirectory(prefix="ms_gan-benchmark-") as scratch:
        memory, wall = watched(scratch, steps)
        folder = Path(scratch, "0000-gaussian")
        seconds = {line["step"]: line["seconds"] for line in read(folder / "log.jsonl")}
        with Image.open(folder / "progress.gif") as gif:
            frames = gif.n_frames
        sizes = [os.path.getsize(folder / name) for name in ("log.jsonl", "progress.gif")]
        samples = len(list((folder / "samples").iterdir()))
    ends = {"first": PART, "second": 2 * PART, "last": steps}
    rows = [("thousand", "resident MB at its end", "ms a step", "with samples and checkpoints")]
    for name, end in ends.items():
        begin = seconds[end - PART] if end > PART else 0.0
        rows.append(
            (
                name,
                memory[end],
                1000 * (seconds[end] - begin) / PART,
                1000 * (wall[end] - wall[end - PART]) / PART if end > PART else None,
            )
        )
    table(rows)
    grown, slower = memory[steps] / memory[PART], rows[-1][2] / rows[-2][2]
    print()
    table(
        [
            ("after all", "found", "at most"),
            ("memory, times that after 1,000 steps", grown, GROWTH),
            ("last thousand, times the second", slower, SLOWER),
            ("frames of the GIF", frames, GIF_FRAMES),
            ("samples", samples, None),
            ("kB of log", sizes[0] / 1000, None),
            ("kB of GIF", sizes[1] / 1000, None),
        ]
    )
    return int(grown > GROWTH or slower > SLOWER or frames > GIF_FRAMES)


def watched(parent, steps):
    """Train in `parent`: ({step: megabytes held}, {step: seconds since the start}), for every
    thousandth step.
    """
    command = [
        sys.executable,
        "-m",
        "ms_gan.train",
        "gaussian",
        "--steps",
        steps,
        "--log-every",
        50,
        "--sample-every",
        200,
        "--out",
        parent,
    ]
    memory, wall = {}, {}
    with subprocess.Popen(
        [str(word) for word in command],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as child:
        log, began = Path(parent, "0000-gaussian", "log.jsonl"), time.perf_counter()
        while child.poll() is None:
            held = resident(child.pid)
            reached = read(log)[-1]["step"] if log.exists() else 0
            for step in range(PART, reached + 1, PART):
                wall.setdefault(step, time.perf_counter() - began)
                if held:
                    memory.setdefault(step, held)
            time.sleep(POLL)
        if child.returncode:
            sys.exit(
                f"{child.stderr.read()}\nthe training failed with status {child.returncode}; "
                "its errors are above"
            )
    return memory, wall


def read(log):
    """The log's whole lines."""
    return [json.loads(line) for line in log.read_text(encoding="utf-8").split("\n")[:-1]]


def resident(process):
    """Megabytes of memory that a process holds, or None when it has ended."""
    for line in Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1000
    return None


if __name__ == "__main__":
    sys.exit(run_command("benchmarks/long_run.py", main))
