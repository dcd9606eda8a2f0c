"""Kills training runs at random moments and checks that nothing is lost: `python
benchmarks/crash_test.py [--kills N]`.

The runs are tiny and write checkpoints at every step, so that many kills (SIGKILL, which no process
can answer) come in the middle of writing a file. Each run is killed and resumed ten times in a row.
After every kill all its files must be whole and no more than the step in progress may be lost; at
the end the run must equal, bit for bit, one of as many steps that nothing happened to. Three
quarters of the kills strike the recipe gaussian, the others faces. Needs what the tests need
(tests/requirements.txt). 100 kills take about ten minutes.
"""

import argparse
import random
import sys
import tempfile
from pathlib import Path

from common import ROOT, table

sys.path.insert(0, str(ROOT / "tests"))

from conftest import TINY  # noqa: E402
from crashes import Chain, Lost  # noqa: E402

from ms_gan.errors import GanError, run_command  # noqa: E402
from ms_gan.options import number  # noqa: E402
from ms_gan.stand_ins.faces import draw_faces  # noqa: E402

IN_A_ROW = 10
SECONDS = 2.5  # within which a process is killed after its first checkpoint


def main(argv=None):
    parser = argparse.ArgumentParser(
        description="Kill training runs at random moments; status 1 if anything is lost."
    )
    parser.add_argument(
        "--kills", type=number(int, 1, 10**5), default=100, help="how many (default 100)"
    )
    parser.add_argument(
        "--seed", type=number(int, 0), default=0, help="seed of the moments (default 0)"
    )
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="ms_gan-crashes-") as scratch:
        return strike(options, Path(scratch))


def strike(options, scratch):
    """Kill, print the table and return the exit status."""
    faces = scratch / "faces"
    faces.mkdir()
    draw_faces(faces, 40)
    share = options.kills // 4
    kinds = {
        "gaussian": (options.kills - share, ()),
        "faces": (share, ("--data", faces, *TINY, "--sample-every", "3")),
    }
    rng = random.Random(options.seed)
    rows, troubles, left = (
        [
            (
                "recipe",
                "kills",
                "survived",
                "killed while writing",
                "most steps lost",
                "runs",
                "equal at the end",
            )
        ],
        [],
        [],
    )
    for recipe, (kills, arguments) in kinds.items():
        found, runs, equal = [], 0, 0
        for first in range(0, kills, IN_A_ROW):
            runs += 1
            parent = scratch / f"{recipe}-{runs}"
            chain = Chain(recipe, arguments, parent, rng, SECONDS)
            try:
                for _ in range(min(IN_A_ROW, kills - first)):
                    found.append(chain.kill())
                chain.finish()
                equal += 1
            except (Lost, GanError, OSError) as trouble:
                troubles.append(f"{recipe}, run {runs}: {trouble}")
            print(
                f"{recipe}: {len(found)} of {kills} kills survived, {equal} of {runs} runs equal",
                flush=True,
            )
        left += [name for killed in found for name in killed.left]
        rows.append(
            (
                recipe,
                kills,
                len(found),
                sum(bool(killed.left) for killed in found),
                max((killed.lost for killed in found), default=None),
                runs,
                equal,
            )
        )
    print()
    table(rows)
    print(f"\n{len(left)} temporary folders were left by kills; resuming a run removes its own.")
    for trouble in troubles:
        print(f"lost: {trouble}")
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(run_command("benchmarks/crash_test.py", main))
