"""Images per second of every way to feed a training: `python benchmarks/data.py [--data PATH]
[--torch-python PATH]`.

Each row is the median of rounds taken in turns. "Cold" is the first epoch of a new process whose
imports are done, from a list of files on: the start of the pipeline and its workers is in it, and
the images have been dropped from the system's memory before (on Linux; elsewhere they may still be
there). "Warm" is the median of the epochs after it. Checking the images, which a training does once
at its start, has a row of its own.
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

from common import ROOT, add_torch_python, alternate, cores, medians, run_json, table, versions

from ms_gan.errors import UsageError, run_command
from ms_gan.options import number

EPOCHS = 4  # the first one cold
DRAWN = 2000  # faces drawn where no data is given
REFERENCE = ROOT / "benchmarks" / "reference" / "torch_data.py"


def main(argv=None):
    parser = argparse.ArgumentParser(
        description="Measure how many images per second reach a training."
    )
    parser.add_argument("--data", help="folder or zip of images (default: drawn faces)")
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
            print(
                json.dumps(
                    WAYS[options.child](listed(options.data), options.size, options.batch, scratch)
                )
            )
        else:
            compare(options, Path(scratch))


def compare(options, scratch):
    """Measure all ways in turns and print the table."""
    images = prepared(options.data, scratch)
    count, folder = len(images.files), images.folder
    if count < options.batch:
        raise UsageError(
            f"--batch {options.batch}: {folder} holds only {count} usable images; choose a smaller one"
        )
    print(
        f"{count:,} {'drawn' if images.drawn else 'given'} images to {options.size}x{options.size}, "
        f"batches of {options.batch}, {cores()} workers\n{versions(options.torch_python)}\n",
        flush=True,
    )
    used = count // options.batch * options.batch
    warm = {}

    def measure(name, command):
        def cold():
            evict(images.files)
            seconds = run_json(command)
            warm.setdefault(name, []).append(used / statistics.median(seconds[1:]))
            return used / seconds[0]

        return cold

    ours = [
        sys.executable,
        __file__,
        "--data",
        folder,
        "--size",
        options.size,
        "--batch",
        options.batch,
        "--child",
    ]
    ways = {name: measure(name, [*ours, name]) for name in WAYS}
    if options.torch_python:
        ways["torch"] = measure(
            "torch",
            [options.torch_python, REFERENCE, folder, options.size, options.batch, cores(), EPOCHS],
        )
    cold = medians(alternate(ways, options.rounds))
    warm = medians(warm)
    rows = [("images per second", "cold", "warm")]
    titles = {
        "check": "checking the images (once a run)",
        "folder": "folder pipeline",
        "pack": "making the cache (once, then again)",
        "cache": "cache",
        "torch": "PyTorch DataLoader, Pillow",
    }
    if options.torch_python:
        rows[0] += ("times PyTorch cold", "times PyTorch warm")
    for name in ways:
        ratios = (
            (cold[name] / cold["torch"], warm[name] / warm["torch"]) if options.torch_python else ()
        )
        rows.append((titles[name], cold[name], warm[name], *ratios))
    table(rows)


def prepared(data, scratch):
    """The checked images to measure with: the user's, or drawn ones."""
    from ms_gan.data import faces, folder
    from ms_gan.stand_ins.faces import draw_faces

    if data is not None:
        return faces.find(data, None, scratch / "datasets", False)
    drawn = scratch / "drawn-faces"
    drawn.mkdir()
    draw_faces(drawn, DRAWN)
    (drawn / folder.DRAWN).touch()
    return folder.open_folder(drawn)


def listed(data):
    """The images of a folder that was checked before."""
    from ms_gan.data.folder import ImageFiles, list_images

    folder = Path(data)
    return ImageFiles(folder, tuple(list_images(folder)), False)


def evict(files):
    """Ask the system to forget the files' contents; only Linux can be asked."""
    if hasattr(os, "posix_fadvise"):
        for file in files:
            descriptor = os.open(file, os.O_RDONLY)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(descriptor)


def check(images, size, batch, scratch):
    from ms_gan.data.folder import check_images

    return [timed(lambda: check_images(images.files)) for _ in range(2)]


def folder(images, size, batch, scratch):
    from ms_gan.data.images import ImageBatches

    return epochs(lambda: ImageBatches(images, size, batch, 0, cores()))


def pack(images, size, batch, scratch):
    from ms_gan.data.cache import CachedBatches

    def made(index):
        with contextlib.redirect_stdout(sys.stderr):
            CachedBatches(images, size, batch, 0, cores(), Path(scratch, str(index))).close()

    return [timed(lambda index=index: made(index)) for index in range(2)]


def cache(images, size, batch, scratch):
    from ms_gan.data.cache import CachedBatches

    def opened():
        return CachedBatches(images, size, batch, 0, cores(), scratch)

    with contextlib.redirect_stdout(sys.stderr):
        opened().close()
    evict(Path(scratch, "cache").iterdir())
    return epochs(opened)


WAYS = {"check": check, "folder": folder, "pack": pack, "cache": cache}


def epochs(opened):
    """Seconds of each epoch, the first one with the opening."""
    start = time.perf_counter()
    seconds = []
    with contextlib.closing(opened()) as batches:
        stream = batches.from_step(0)
        for _ in range(EPOCHS):
            for _ in itertools.islice(stream, batches.steps_per_epoch):
                pass
            seconds.append(time.perf_counter() - start)
            start = time.perf_counter()
    return seconds


def timed(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(run_command("benchmarks/data.py", main))
