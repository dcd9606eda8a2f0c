"""What an installed MindSpore can do with ms_gan, as JSON; scripts/test_versions.sh runs it.

    python probe.py make NAME MADE RESULT      # tries all; runs and pictures stay in MADE
    python probe.py read RESULT MADE …         # reads what other versions have made
    python probe.py suite RESULT ARGUMENT …    # runs the tests and counts them
    python probe.py skip NAME RESULT REASON    # notes that a version couldn't be tried

RESULT is a JSON file, which page.py makes docs/versions.md of. What is tried is in attempts.py.
"""

import datetime
import json
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from attempts import ABILITIES, ROOT, draw_images, first_line, reading, reason  # noqa: E402

LIMIT = 1800  # seconds that all attempts together may take
PACKAGES = ("mindspore", "numpy", "pillow")
ATTEMPTS = Path(__file__).with_name("attempts.py")


def make(name, made, result):
    """Try everything in a new folder and write the result."""
    shutil.rmtree(made, ignore_errors=True)
    draw_images(Path(made) / "images")
    packages = {package: metadata.version(package) for package in PACKAGES}
    python = ".".join(map(str, sys.version_info[:3]))
    update(
        result,
        name=name,
        date=today(),
        packages={"python": python, **packages},
        abilities=tried(name, Path(made).resolve()),
        read={},
        skipped=None,
    )


def tried(name, made):
    """{ability: what came of it}; the next is tried also where one has ended the process."""
    found = {}
    while len(found) < len(ABILITIES):
        left = [ability for ability in ABILITIES if ability not in found]
        print(f"{name}: {', '.join(left)}", file=sys.stderr, flush=True)
        command = [sys.executable, str(ATTEMPTS), str(made), *left]
        said = made / "said.txt"
        with open(said, "w", encoding="utf-8") as errors:
            done = subprocess.run(
                command, stdout=subprocess.PIPE, stderr=errors, text=True, timeout=LIMIT
            )
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        found.update({key: one for line in lines for key, one in json.loads(line).items()})
        if len(lines) < len(left):
            why = reason(done.returncode, said.read_text(encoding="utf-8", errors="replace"))
            found[left[len(lines)]] = {"state": "failed", "reason": why}
    return found


def read(result, *folders):
    """Generate with what each version has made, and go on with its run, in this process."""
    found = json.loads(Path(result).read_text(encoding="utf-8"))
    for folder in map(Path, folders):
        writer = folder.parent.name
        print(f"{found['name']}: reads what {writer} has made", file=sys.stderr, flush=True)
        try:
            found["read"][writer] = reading(folder)
        except Exception as error:  # anything that a version may raise
            found["read"][writer] = {"failed": first_line(error)}
    update(result, read=found["read"])


def suite(result, *arguments):
    """Run the tests with pytest's arguments and count them."""
    command = [sys.executable, "-m", "pytest", "-rfE", *arguments]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    print(done.stdout[-3000:], file=sys.stderr)
    lines = done.stdout.splitlines()
    words = r"(\d+) (passed|failed|skipped|error)"
    counts = {word: int(number) for number, word in re.findall(words, lines[-1] if lines else "")}
    failures = re.findall(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    told = {"arguments": arguments, "date": today(), "counts": counts, "failures": failures}
    update(result, suite=told)


def skip(name, result, reason):
    """Note that a version couldn't be tried; what is known from an earlier time stays."""
    if not Path(result).exists():
        update(result, name=name, skipped=reason)


def update(result, **values):
    """Change a result's values and leave the others as they are."""
    path = Path(result)
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**known, **values}, indent=1) + "\n", encoding="utf-8")


def today():
    return datetime.date.today().isoformat()


if __name__ == "__main__":
    {"make": make, "read": read, "suite": suite, "skip": skip}[sys.argv[1]](*sys.argv[2:])
