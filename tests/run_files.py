"""What tests read from a run folder."""

import json

import numpy as np

from ms_gan.training import checkpoint


def log(folder):
    """The log's lines without what the clock says."""
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return [
        {key: line[key] for key in line.keys() - {"images_per_second", "data_wait", "seconds"}}
        for line in lines
    ]


def steps(folder):
    return [line["step"] for line in log(folder)]


def arrays(folder):
    return checkpoint.load(folder / "training.ckpt", "training")[0]


def samples(folder):
    return {file.name: file.read_bytes() for file in (folder / "samples").iterdir()}


def contents(folder):
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def options(folder):
    return json.loads((folder / "options.json").read_text())


def assert_same_arrays(found, expected):
    assert found.keys() == expected.keys()
    assert [key for key in expected if not np.array_equal(found[key], expected[key])] == []
