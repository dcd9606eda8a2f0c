"""What earlier checks found sound, so that a run which starts on unchanged images needn't decode
them all again.
"""

import contextlib
import hashlib
import json
import os
from pathlib import Path

import PIL

from ms_gan.files import atomic_file

RULES = 1  # to be raised where the check itself changes
BY = f"check {RULES}, Pillow {PIL.__version__}"


def check_changed(folder, files, check, memory):
    """{file: why it is broken} of the files in `folder`, from `check(files)` of those that are new
    or have changed.

    Sound files are remembered in `checked/NAME-KEY.json` in the folder `memory`, with size and
    times. Broken ones aren't, so that they are named, and what couldn't be read for a moment is
    tried, at every start. A damaged memory is made anew, and where it can't be written the next
    check is a full one.
    """
    home = folder.resolve()
    key = hashlib.sha256(os.fsencode(home)).hexdigest()[:8]
    path = Path(memory, "checked", f"{home.name}-{key}.json")
    known = _recall(path)
    # Before anything is decoded: a file that is written to meanwhile differs at the next start.
    found = {file: (file.relative_to(folder).as_posix(), _facts(file)) for file in files}
    reasons = check(
        [file for file, (name, facts) in found.items() if not facts or known.get(name) != facts]
    )
    sound = {name: facts for file, (name, facts) in found.items() if facts and file not in reasons}
    if sound != known:
        with contextlib.suppress(OSError), atomic_file(path) as temporary:
            temporary.write_text(json.dumps({"by": BY, "sound": sound}), encoding="utf-8")
    return reasons


def _recall(path):
    """{name: facts} of the files that were sound, empty where nothing usable is remembered."""
    try:
        memory = json.loads(path.read_text(encoding="utf-8"))
        return dict(memory["sound"]) if memory["by"] == BY else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _facts(file):
    """What differs once a file has changed; None where it can't be told."""
    try:
        facts = file.stat()
    except OSError:
        return None
    # The third is set by the system alone: it also gives away new permissions, and a copy that kept
    # its time.
    return [facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns]
