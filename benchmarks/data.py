"""Images per second of every way to feed a training: `python benchmarks/data.py [--data PATH]
[--torch-python PATH]`.

Each row is the median of rounds taken in turns. "First" is the first epoch of a new process whose
imports are done: the opening of the data is in it, and what is read has been dropped from the
system's memory before (on Linux; elsewhere it may still be there). Opening means listing files and
checking the packed file; without a cache, checking all images. "Later" is the median of the epochs
after it. The first pass over a new data set, which checks and packs it, has a row of its own:
dropped from memory, and once more.
"""

import argparse
import contextlib
import itertools
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

from common import ROOT, add_torch_python, alternate, cores, medians, run_json, table, versions

from ms_gan.errors import UsageError, run_command
from ms_gan.options import number

EPOCHS = 4
DRAWN = 2000  # faces drawn where no data is given
REFERENCE = ROOT / "benchmarks" / "reference" / "torch_data.py"


def main(argv=None):
    parser = argparse.ArgumentParser(
        description="Measure how many images per second reach a training."
    )
    parser.add_argument("--data", help="folder or zip of images (default: synthetic faces)")
    parser.add_argument(
        "--size", type=number(int, 1, 4096), default=64, help="training size (default 64)"
    )
    parser.add_argument(
        "--batch", type=number(int, 1), default=64, help="images in a batch (default 64)"
    )
    parser.add_argument("--rounds", type=number(int, 1), default=3, help="rounds (default 3)")
    parser.add_argument("--child", choices=WAYS, help=argparse.SUPPRESS)
    add_torch_python(parser)
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="ms_gan-benchmark-") as scratch:
        if options.child:
            import ms_gan.data.images  # noqa: F401 - before anything is timed

            what = Path(options.data), options.size, options.batch, scratch
            print(json.dumps(WAYS[options.child](*what)))
        else:
            compare(options, Path(scratch))


def compare(options, scratch):
    """Measure all ways in turns and print the table."""
    images = prepared(options.data, scratch)
    count, folder = len(images.files), images.folder
    if count < options.batch:
        raise UsageError(
            f"--batch {options.batch}: {folder} holds only {count} usable images; "
            "choose a smaller one"
        )
    kind = "synthetic" if images.synthetic else "given"
    print(
        f"{count:,} {kind} images to {options.size}x{options.size}, batches of {options.batch}, "
        f"{cores()} workers\n{versions(options.torch_python)}\n",
        flush=True,
    )
    used = count // options.batch * options.batch
    later = {}

    def measure(name, command):
        def first():
            evict(images.files)
            seconds = run_json(command)
            later.setdefault(name, []).append(used / statistics.median(seconds[1:]))
            return used / seconds[0]

        return first

    sizes = ["--size", options.size, "--batch", options.batch]
    ours = [sys.executable, __file__, "--data", folder, *sizes, "--child"]
    ways = {name: measure(name, [*ours, name]) for name in WAYS}
    if options.torch_python:
        ways["torch"] = measure(
            "torch",
            [options.torch_python, REFERENCE, folder, options.size, options.batch, cores(), EPOCHS],
        )
    first = medians(alternate(ways, options.rounds))
    later = medians(later)
    rows = [("images per second", "first", "later")]
    titles = {
        "pack": "first pass: check and pack (once)",
        "packed": "packed file",
        "files": "--no-cache",
        "torch": "PyTorch DataLoader, Pillow",
    }
    if options.torch_python:
        rows[0] += ("times PyTorch first", "times PyTorch later")
    for name in ways:
        ratios = ()
        if options.torch_python:
            ratios = first[name] / first["torch"], later[name] / later["torch"]
        rows.append((titles[name], first[name], later[name], *ratios))
    table(rows)


def prepared(data, scratch):
    """The images to measure with, packed into the scratch folder: the user's, or drawn ones."""
    from ms_gan.data.archive import unpacked
    from ms_gan.data.locate import synthetic_in
    from ms_gan.stand_ins.faces import draw_faces

    if data is None:
        folder = synthetic_in(
            scratch / "synthetic-faces", lambda folder: draw_faces(folder, DRAWN), "drawn"
        )
    else:
        folder = unpacked(Path(data), scratch)
    return opened(folder, 64, scratch)


def opened(folder, size, datasets, cache=True):
    """The images of a folder."""
    from ms_gan.data.decode import Square
    from ms_gan.data.images import open_images

    options = SimpleNamespace(datasets=datasets, cache=cache, workers=cores())
    return open_images(folder, Square(size), options)


def evict(files):
    """Ask the system to forget the files' contents; only Linux can be asked."""
    if hasattr(os, "posix_fadvise"):
        for file in files:
            descriptor = os.open(file, os.O_RDONLY)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(descriptor)


def pack(folder, size, batch, scratch):
    """Seconds of the first pass, from two different starts."""
    seconds = []
    for name in ("one", "other"):
        start = time.perf_counter()
        opened(folder, size, Path(scratch, name))
        seconds.append(time.perf_counter() - start)
    return seconds


def packed(folder, size, batch, scratch):
    """Seconds of each epoch from the packed file, the first one with the opening."""
    opened(folder, size, scratch)
    evict(Path(scratch, "cache").iterdir())
    return epochs(lambda: opened(folder, size, scratch), batch)


def files(folder, size, batch, scratch):
    """Seconds of each epoch from the files, the first one with the check of them all."""
    return epochs(lambda: opened(folder, size, scratch, cache=False), batch)


WAYS = {"pack": pack, "packed": packed, "files": files}


def epochs(images, batch):
    """Seconds of each epoch of the images that a function opens, the first one with that."""
    from ms_gan.data.images import ImageBatches

    start = time.perf_counter()
    seconds = []
    with contextlib.closing(ImageBatches(images(), batch, 0)) as batches:
        stream = batches.from_step(0)
        for _ in range(EPOCHS):
            for _ in itertools.islice(stream, batches.steps_per_epoch):
                pass
            seconds.append(time.perf_counter() - start)
            start = time.perf_counter()
    return seconds


if __name__ == "__main__":
    sys.exit(run_command("benchmarks/data.py", main))
