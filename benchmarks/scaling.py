"""Data-parallel training with one process and with two: `python benchmarks/scaling.py`.

Every process is held to one core, so that two have twice what one has (on Linux; elsewhere to one
thread for most operators). A step is timed in each process with and without the averaging of the
gradients, in turns, all processes beginning at the same moment; the difference is what the
averaging costs, waiting for the slower process included. Noise is drawn within the step, images are
not read. Figures are the first process's medians over all steps and rounds; the rounds take the
numbers of processes in turn, each time in new processes.
"""

import argparse
import dataclasses
import json
import os
import socket
import statistics
import sys
import tempfile
import time
from pathlib import Path

from common import alternate, run, table, versions
from steps import SETTLING

from ms_gan import distribution, launch, layers, runtime
from ms_gan.errors import run_command
from ms_gan.options import number
from ms_gan.recipes import RECIPES
from ms_gan.streams import stream

CASES = {
    "faces": {"ngf": 32, "ndf": 32, "batch_size": 16},
    "mnist-mlp": {},
}  # name: what is narrower than usual
SHAPES = {"faces": (3, 64, 64), "mnist-mlp": (1, 28, 28)}
COUNTS = (1, 2)


def main(argv=None):
    """Measure, print the table."""
    parser = argparse.ArgumentParser(
        description="Measure how data-parallel training scales on a CPU."
    )
    parser.add_argument(
        "--rounds", type=number(int, 1), default=3, help="rounds, taken in turns (default 3)"
    )
    parser.add_argument(
        "--steps", type=number(int, 1), default=10, help="timed steps in a round (default 10)"
    )
    options = parser.parse_args(argv)
    os.environ["OMP_NUM_THREADS"] = "1"
    os.environ.update(launch.environment(1))
    print(f"{options.rounds} rounds of {options.steps} steps; one core for each process")
    print(f"{versions()}\n", flush=True)
    rows = [
        (
            "recipe",
            "batch of each",
            "processes",
            "s a step",
            "images/s",
            "efficiency",
            "averaging, % of a step",
            "cores used by each",
            "floats averaged",
        )
    ]
    for name in CASES:
        rows += measured(name, options)
    table(rows)


def measured(name, options):
    """The rows of one recipe."""
    taken = alternate(
        {count: lambda count=count: started(name, count, options.steps) for count in COUNTS},
        options.rounds,
    )
    rates, rows = {}, []
    for count, rounds in taken.items():
        joined, apart = (
            statistics.median(second for round_ in rounds for second in round_[way])
            for way in ("joined", "apart")
        )
        batch = rounds[0]["batch"]
        rates[count] = count * batch / joined
        rows.append(
            (
                name,
                batch,
                count,
                joined,
                rates[count],
                rates[count] / (count * rates[COUNTS[0]]),
                100 * (1 - apart / joined) if count > 1 else None,
                statistics.median(round_["cores"] for round_ in rounds),
                rounds[0]["floats"],
            )
        )
    return rows


def started(name, count, steps):
    """What `count` processes that train together have measured."""
    with tempfile.TemporaryDirectory(prefix="ms_gan-scaling-") as folder:
        found = Path(folder, "found.json")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        how = (
            [
                launch.msrun(),
                f"--worker_num={count}",
                f"--local_worker_num={count}",
                "--join=True",
                f"--master_port={port}",
                f"--log_dir={folder}",
            ]
            if count > 1
            else [sys.executable]
        )
        run([*how, Path(__file__).resolve(), "worker", name, steps, found])
        return json.loads(found.read_text())


def worker(name, steps, found):
    """Be one rank; the first one writes what it has measured to the file `found`."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[distribution.local_rank() % len(cores)]})
    device = runtime.start("CPU", seed=0)
    world = distribution.start(device) if distribution.expected() else distribution.ALONE
    import mindspore as ms
    import numpy as np

    from ms_gan.parameters import tensors

    recipe = dataclasses.replace(RECIPES[name], **CASES[name])
    rng, batch = stream(0, "benchmark", world.rank), recipe.batch_size
    real = ms.Tensor(rng.uniform(-1, 1, (batch, *SHAPES[name])).astype(np.float32))
    ways = {way: recipe.objective(1) for way in ("joined", "apart")}
    for objective in ways.values():
        layers.prepare(objective.networks.values(), "auto", device, recipe.im2col_on_cpu)
    world.join(ways["joined"])
    seconds, used = {way: [] for way in ways}, [0.0, 0.0]
    for step in range(steps + SETTLING):
        for way, objective in ways.items():
            world.barrier()  # all begin at once
            began = time.perf_counter(), time.process_time()
            outputs = objective.train_step(real, *tensors(objective.noise(rng, batch)))
            outputs[0].asnumpy()
            took = time.perf_counter() - began[0]
            if step >= SETTLING:
                seconds[way].append(took)
                used = [used[0] + took, used[1] + time.process_time() - began[1]]
    floats = sum(
        weight.size
        for optimizer in ways["joined"].optimizers.values()
        for weight in optimizer.parameters
    )
    if world.rank == 0:
        Path(found).write_text(
            json.dumps({**seconds, "batch": batch, "floats": floats, "cores": used[1] / used[0]})
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["worker"]:
        worker(sys.argv[2], int(sys.argv[3]), sys.argv[4])
    else:
        sys.exit(run_command("benchmarks/scaling.py", main))
