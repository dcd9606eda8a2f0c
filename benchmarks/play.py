"""How long the page of `ms_gan.play` waits for a new image: POSTs to a server of its own, one after
another over one connection, as a browser sends them.

    python benchmarks/play.py [--ckpt generator.ckpt] [--count 20]
"""

import argparse
import contextlib
import http.client
import json
import os
import statistics
import subprocess
import sys
import time
from urllib.parse import urlsplit

from common import ROOT, table, versions

from ms_gan import pretrained


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ckpt", default=pretrained.DEFAULT)
    parser.add_argument("--count", type=int, default=20, help="POSTs of each kind (default 20)")
    asked = parser.parse_args()
    print(versions())
    with serving(asked.ckpt) as (address, seconds):
        print(f"from the start to the page: {seconds:.1f} s")
        rows = [("POST /api/render", "median, ms", "longest, ms")]
        rows += [(name, *measured(address, bodies)) for name, bodies in kinds(asked.count)]
        table(rows)


def kinds(count):
    """What is asked for, each with as many bodies, none of them twice."""
    yield "a new seed", [{"seeds": [seed]} for seed in range(1000, 1000 + count)]
    yield "a seed, quick", [{"seeds": [s], "quick": True} for s in range(2000, 2000 + count)]
    yield "24 new seeds", [{"seeds": list(range(s, s + 24))} for s in range(0, 24 * count, 24)]


def measured(address, bodies):
    """The median and the longest of the requests' milliseconds, after one that isn't counted."""
    taken = []
    connection = http.client.HTTPConnection(address, timeout=60)
    with contextlib.closing(connection):
        for body in [bodies[0], *bodies]:
            began = time.perf_counter()
            connection.request("POST", "/api/render", json.dumps(body))
            answer = connection.getresponse()
            assert answer.status == 200, answer.read()
            answer.read()
            taken.append(1000 * (time.perf_counter() - began))
    return statistics.median(taken[1:]), max(taken[1:])


@contextlib.contextmanager
def serving(ckpt):
    """Start the command; give its address and the seconds until it was ready."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "ms_gan.play", "--ckpt", ckpt, "--port", "0"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        said = process.stdout.readline()
        if not said:
            sys.exit("the server has ended; its error is above")
        yield urlsplit(said.split()[0]).netloc, time.perf_counter() - began
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
