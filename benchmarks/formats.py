"""Two formats for packed examples: the .npy file that ms_gan writes, and MindSpore's MindRecord:
`python benchmarks/formats.py [--data PATH]`.

Each row is the median of rounds taken in turns, each in a new process whose imports are done. What
is measured: writing decoded examples, from memory to the disk; opening until the first batch of 32
is there, after the file has been dropped from the system's memory (on Linux); whole epochs in
random order, as a training reads them, in batches of uint8 (batch, 3, side, side). At its opening
every byte of an .npy file is checked; MindRecord has no checksum.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from common import alternate, run_json, table, versions
from data import evict, prepared

from ms_gan.errors import run_command
from ms_gan.options import number
from ms_gan.runtime import cores
from ms_gan.streams import stream

EPOCHS = 3
BATCHES = (32, 128)


def main(argv=None):
    parser = argparse.ArgumentParser(description="Compare .npy files with MindRecord.")
    parser.add_argument("--data", help="folder or zip of images (default: synthetic faces)")
    parser.add_argument("--rounds", type=number(int, 1), default=3, help="rounds (default 3)")
    parser.add_argument("--child", choices=FORMATS, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="ms_gan-benchmark-") as scratch:
        if options.child:
            print(json.dumps(measured(FORMATS[options.child], options.data, Path(scratch))))
        else:
            compare(options, Path(scratch))


def compare(options, scratch):
    """Measure both in turns and print the table."""
    images = prepared(options.data, scratch)
    (packed,) = Path(scratch, "cache").iterdir()
    side = images.examples.shape[-1]
    print(
        f"{images.count:,} images of {side}x{side}, {cores()} workers\n{versions(None)}\n",
        flush=True,
    )
    command = [sys.executable, __file__, "--data", packed, "--child"]
    ways = {name: lambda name=name: run_json([*command, name]) for name in FORMATS}
    found = alternate(ways, options.rounds)
    rows = [("", "written/s", "s to open", *(f"read/s, batch {b}" for b in BATCHES), "MB")]
    for name, rounds in found.items():
        rows.append((name, *map(statistics.median, zip(*rounds))))
    table(rows)


def measured(kind, packed, scratch):
    """[images written a second, seconds to open, images read a second at each batch, megabytes]."""
    examples = np.load(packed)
    file = scratch / "examples"
    start = time.perf_counter()
    kind.write(file, examples)
    written = len(examples) / (time.perf_counter() - start)
    files = [path for path in scratch.iterdir() if path.is_file()]
    evict(files)
    order = stream(0, "shuffle", 0).permutation(len(examples))
    start = time.perf_counter()
    opened = kind(file, examples.shape[1:])
    first = next(iter(opened.batches(order, 32)))
    seconds = time.perf_counter() - start
    assert np.array_equal(first, examples[order[:32]])
    rates = [len(examples) / seconds_of(opened, order, batch) for batch in BATCHES]
    return [written, seconds, *rates, sum(path.stat().st_size for path in files) / 1e6]


def seconds_of(opened, order, batch):
    """The median of the seconds that an epoch takes."""
    seconds = []
    for _ in range(EPOCHS):
        start = time.perf_counter()
        count = sum(len(rows) for rows in opened.batches(order, batch))
        seconds.append(time.perf_counter() - start)
        assert count == len(order)
    return statistics.median(seconds)


class Npy:
    """What ms_gan does."""

    def __init__(self, file, shape):
        from ms_gan.data import packed

        content, _ = packed.mapped(file)
        self.examples = packed.shaped(content, shape)

    @staticmethod
    def write(file, examples):
        from ms_gan.data import packed

        with open(file, "wb") as target:
            writer = packed.Writer(target, examples.shape[1:])
            for start in range(0, len(examples), 64):
                writer.add(examples[start : start + 64])
            writer.finish({"by": packed.BY, "broken": {}})
            target.flush()
            os.fsync(target.fileno())

    def batches(self, order, size):
        for start in range(0, len(order), size):
            yield self.examples[order[start : start + size]]


class MindRecord:
    """MindSpore's own format, with its own reader. Any order needs a sampler of its own."""

    def __init__(self, file, shape):
        self.file, self.shape = file, shape

    @staticmethod
    def write(file, examples):
        from mindspore.mindrecord import FileWriter

        writer = FileWriter(str(file), shard_num=1, overwrite=True)
        writer.add_schema({"pixels": {"type": "bytes"}}, "examples")
        for start in range(0, len(examples), 64):
            rows = examples[start : start + 64]
            writer.write_raw_data([{"pixels": example.tobytes()} for example in rows])
        writer.commit()

    def batches(self, order, size):
        import mindspore.dataset as ds

        sampler = ds.SubsetSampler(order.tolist())
        how = {"num_parallel_workers": cores(), "sampler": sampler}
        data = ds.MindDataset(str(self.file), columns_list=["pixels"], **how)
        data = data.batch(size, num_parallel_workers=1)
        for (rows,) in data.create_tuple_iterator(num_epochs=1, output_numpy=True, do_copy=False):
            yield rows.view(np.uint8).reshape(len(rows), *self.shape)


FORMATS = {".npy (memory-mapped)": Npy, "MindRecord": MindRecord}


if __name__ == "__main__":
    import ms_gan.data.images  # noqa: F401 - MindSpore is imported before anything is timed

    sys.exit(run_command("benchmarks/formats.py", main))
