"""Write docs/versions.md of what probe.py has found: `python tests/versions/page.py RESULTS PAGE`.

RESULTS is a folder with a JSON file for each version.
"""

import json
import math
import sys
from pathlib import Path

LEVELS = 2  # of 255: what a picture may differ by and still be the same to the eye
CLOSE = 1e-3  # what a loss may differ by, as a part of it, after a few steps
MARKS = {"works": "✓", "absent": "–", "failed": "✗"}
HEAD = """# Every MindSpore

<!-- Written by scripts/test_versions.sh of what is in docs/versions/: edits get lost. -->
<!-- not run, test_versions.sh: it makes six environments -->
<!-- not run, pytest: it is a part of the tests itself -->

What works with which MindSpore on a CPU, at tiny sizes, with the packages that pip chose for each:

    bash scripts/test_versions.sh                   # all, each in an environment of its own
    bash scripts/test_versions.sh 2.9.0 2.10.0      # some; the others' results stay
    bash scripts/test_versions.sh --suite 2.0.0     # runs the tests there, too

Ascend and GPU: not tried. With a MindSpore that isn't among these, ms_gan says so when it starts.

"""
WHAT = """
* **train**: four steps of `faces --layers mindspore`.
* **resume**: the same, stopped after two, ends with the same losses and sample, to the bit.
* **generate**: pictures of that generator, of the same one in float16 (`python -m
  ms_gan.tools.halve`), and of all that come with the package, within two of 255 levels of
  those of the day it was made.
* **second order**: gradients of gradients, in two steps of `faces-wgan-gp --layers mindspore` and
  of `faces --r1 10 --layers im2col`: finite losses. Their values are for the tests:
  `python -m pytest tests/layers/test_im2col.py tests/objectives/test_penalty.py`.
* **export**: a generator as MindIR (`python -m ms_gan.export`), computed by `nn.GraphCell`: the
  same pictures.
* **distributed**: two ranks on a CPU (`python -m ms_gan.launch`).
* **reads the others**: see below.
"""
READ = """
## Checkpoints of one version, read by another

The largest difference between the pictures that a version makes of a checkpoint and those of the
version that wrote it, in levels of 255: of `generator.ckpt` / of the same in float16. ↻ means that
a run of `gaussian` goes on there, with the same loss in its next step.

"""
LOSSES = """
## The same numbers

The losses of the last step, the discriminator's and the generator's. All versions begin with the
same weights, data and noise. ≠ marks what differs from the last line by more than a thousandth.

"""
SUITE = """
## The tests

"""


def page(results):
    """The page's text, of the results of all versions."""
    results = sorted(results, key=order)
    tried = [result for result in results if not result.get("skipped")]
    notes = []
    parts = [
        HEAD,
        table([first_row(tried), *(row(result, tried, notes) for result in results)]),
        "".join(f"\n{number}. {note}" for number, note in enumerate(notes, 1)),
        "\n" if notes else "",
        WHAT,
    ]
    if len(tried) > 1:
        parts += [READ, table(cross(tried)), LOSSES, table(compared(tried))]
    tested = [result for result in tried if result.get("suite")]
    if tested:
        parts += [SUITE, table(counted(tested)), failures(tested)]
    return "".join(parts)


def order(result):
    """Versions compare as numbers."""
    version, _, python = result["name"].partition("-py")
    return [[int(part) for part in text.split(".")] for text in (version, python)]


def first_row(tried):
    abilities = list(tried[0]["abilities"]) if tried else []
    return ["MindSpore", "Python", "tried on", *abilities, "reads the others"]


def row(result, tried, notes):
    """One version's row; why something doesn't work is added to the notes, and named by number."""
    version, _, python = result["name"].partition("-py")
    if result.get("skipped"):
        return [version, python, f"left out: {result['skipped']}"]
    cells = [version, result["packages"]["python"], result["date"]]
    for ability in first_row(tried)[3:-1]:
        found = result["abilities"].get(ability, {"state": "absent", "reason": "not tried"})
        cells.append(mark(found["state"], f"{ability}: {found.get('reason')}", notes))
    left = [each["name"] for each in tried if each["name"] not in result["read"]]
    bad = [writer for writer in others(result, tried) if not reads(result, writer)]
    if bad:
        cells.append(mark("failed", f"{result['name']} reads {', '.join(bad)} otherwise", notes))
    elif left:
        cells.append(mark("absent", f"{result['name']} hasn't read {', '.join(left)} yet", notes))
    else:
        cells.append(MARKS["works"])
    return cells


def mark(state, note, notes):
    """A tick, or another sign with the number of its note."""
    if state == "works":
        return MARKS[state]
    if note not in notes:
        notes.append(note)
    return f"{MARKS[state]} ({notes.index(note) + 1})"


def others(result, tried):
    return [one for one in (each["name"] for each in tried) if one in result["read"]]


def reads(result, writer):
    """Whether a version makes another's pictures of its checkpoints, and goes on with its run."""
    found = result["read"][writer]
    if "failed" in found or max(found["generator"], found["half"]) > LEVELS:
        return False
    own = result["read"].get(result["name"], found)
    return math.isclose(found["loss"], own.get("loss", math.nan), rel_tol=CLOSE)


def cross(tried):
    names = [result["name"] for result in tried]
    rows = [["read by ↓, written by →", *names]]
    for result in tried:
        cells = [cell(result, writer) for writer in names]
        rows.append([result["name"], *cells])
    return rows


def cell(result, writer):
    if writer not in result["read"]:
        return "not tried"
    found = result["read"][writer]
    if "failed" in found:
        return f"✗ {found['failed']}"
    goes_on = "↻" if reads(result, writer) else f"✗ loss {found['loss']:.4g}"
    return f"{found['generator']} / {found['half']} {goes_on}"


def compared(tried):
    losses = {result["name"]: losses_of(result) for result in tried}
    runs = sorted({name for found in losses.values() for name in found})
    rows = [["losses with", *runs]]
    newest = losses[tried[-1]["name"]]
    for name, found in losses.items():
        cells = [numbers(found.get(run, {}), newest.get(run, {})) for run in runs]
        rows.append([name, *cells])
    return rows


def losses_of(result):
    """{run: its last losses} of all that a version has trained."""
    found = {}
    for one in result["abilities"].values():
        found.update(one.get("losses", {}))
    return found


def numbers(losses, newest):
    """Both losses, marked where they aren't those of the newest version."""
    pairs = [(losses[name], newest.get(name)) for name in ("loss_d", "loss_g") if name in losses]
    same = all(other is None or math.isclose(one, other, rel_tol=CLOSE) for one, other in pairs)
    return ", ".join(f"{one:.5g}" for one, _ in pairs) + ("" if same else " ≠")


def counted(tested):
    rows = [["tests with", "on", "run", "passed", "failed", "skipped"]]
    for result in tested:
        suite = result["suite"]
        counts = {"passed": 0, "skipped": 0, **suite["counts"]}
        failed = counts.get("failed", 0) + counts.get("error", 0)
        ran = f"`{' '.join(suite['arguments'])}`"
        rows.append(
            [result["name"], suite["date"], ran, counts["passed"], failed, counts["skipped"]]
        )
    return rows


def failures(tested):
    lines = [
        f"* {result['name']}: `{test}`" for result in tested for test in result["suite"]["failures"]
    ]
    return "\n" + "\n".join(lines) + "\n" if lines else ""


def table(rows):
    """Rows, the first of them the head, as Markdown; short rows are filled up."""
    width = len(rows[0])
    filled = [[*map(str, row), *[""] * (width - len(row))] for row in rows]
    filled.insert(1, ["---"] * width)
    return "".join(f"| {' | '.join(row)} |\n" for row in filled)


def broken(results):
    """What is there and doesn't work: (version, what)."""
    tried = [result for result in results if not result.get("skipped")]
    found = []
    for result in tried:
        states = result["abilities"].items()
        found += [(result["name"], name) for name, one in states if one["state"] == "failed"]
        unread = [writer for writer in others(result, tried) if not reads(result, writer)]
        found += [(result["name"], f"what {writer} has made") for writer in unread]
        if result.get("suite", {}).get("failures"):
            found.append((result["name"], "tests"))
    return found


def main(folder, out):
    files = sorted(Path(folder).glob("*.json"))
    results = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    Path(out).write_text(page(results), encoding="utf-8")
    print(f"{out}: {len(results)} versions")
    faults = broken(results)
    if faults:
        sys.exit("".join(f"{name}: {what} doesn't work\n" for name, what in faults).rstrip())


if __name__ == "__main__":
    main(*sys.argv[1:])
