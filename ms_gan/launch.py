"""Train on several devices by MindSpore's msrun: `python -m ms_gan.launch 8 faces`.

`bash scripts/run_distribute_train.sh 8 faces` does the same after setting up if needed.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ms_gan import runtime
from ms_gan.errors import GanError, UsageError, os_reason, run_command
from ms_gan.options import Parser, add_options, number, option
from ms_gan.train import prepare

WORKER = Path(__file__).resolve().with_name("worker.py")
PIDS = "MS_GAN_PIDS"  # a folder, where each worker leaves its process id in a file by its rank
JOINING = 60  # seconds that workers wait for one another at the start
ENDING = 10  # seconds that killed processes may take to vanish
LOOK = 0.5  # seconds between looks at the workers
STOPPED = (130, 143, -2, -15)  # how a worker ends that was asked to
FAULT = re.compile(r"error: |Error: ")
# What msrun says.
ENDED = re.compile(r"Worker process (\d+) exit with exception. Error code: (-?\d+)")
SAYING = "ms_gan.train: error: "
# Not shown: what MindSpore says of its network, whatever GLOG_v is; the worker's error, which the
# launcher's repeats.
HIDDEN = re.compile(rf"\[INFO\] [A-Z_]+\(\d+,.*\n|^{SAYING}.*\n", re.MULTILINE)


class Failure(NamedTuple):
    """How a worker failed."""

    rank: int | None  # None where it isn't known
    status: int  # its exit status; -9 stands for SIGKILL


@dataclass(frozen=True)
class Cluster:
    """A job on one or several machines. Raises UsageError for numbers that don't go together."""

    world_size: int
    nodes: int = option(1, "machines", low=1, high=4096)
    node_rank: int = option(0, "which of them this one is", low=0, high=4095)
    master_addr: str = option("127.0.0.1", "address of machine 0")
    master_port: int = option(
        8118, "port on machine 0 that the workers meet at", low=1024, high=65535
    )
    bind_core: bool = option(
        False, "bind each worker to processor cores of its own, as msrun's --bind_core does"
    )
    log_dir: str = option("worker-logs", "where each worker's log goes")

    def __post_init__(self) -> None:
        if self.world_size % self.nodes:
            raise UsageError(
                f"{self.world_size} workers on {self.nodes} nodes: expected as many on each node"
            )
        if self.node_rank >= self.nodes:
            raise UsageError(
                f"--node-rank {self.node_rank}: expected one from 0 to {self.nodes - 1}, "
                "as --nodes says"
            )

    @property
    def local_size(self) -> int:
        return self.world_size // self.nodes

    @property
    def first_rank(self) -> int:
        return self.node_rank * self.local_size

    def check_port(self) -> None:
        """Raises GanError where machine 0 can't listen; msrun would take a minute to find out."""
        if self.node_rank > 0:
            return
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.master_addr, self.master_port))
            except OSError as error:
                raise GanError(
                    f"--master-port {self.master_port} at {self.master_addr}: can't listen there "
                    f"({os_reason(error)}); is another job running? choose another port or address"
                ) from None

    def msrun_options(self) -> list[str]:
        """What msrun has to be told."""
        options = [
            f"--worker_num={self.world_size}",
            f"--local_worker_num={self.local_size}",
            "--join=True",
            f"--master_addr={self.master_addr}",
            f"--master_port={self.master_port}",
            f"--cluster_time_out={JOINING}",
            "--tail_worker_log=-2",  # of none: their logs are files
        ]
        if self.bind_core:
            options.append("--bind_core=True")
        return [*options, f"--node_rank={self.node_rank}"] if self.nodes > 1 else options


def main(argv: Sequence[str] | None = None) -> int:
    """Start the workers, show what the first one prints, and return the exit status.

    Ctrl-C and SIGTERM end the workers after their next line of the log, all saved; a second one
    ends them at once.
    """
    asked, training = _parser().parse_known_args(argv)
    cluster, starter = Cluster(**vars(asked)), msrun()
    logs = Path(cluster.log_dir)
    training = prepare(training)
    cluster.check_port()
    logs.mkdir(parents=True, exist_ok=True)
    for old in (*logs.glob("worker_*.log"), logs / "scheduler.log"):
        old.unlink(missing_ok=True)
    command = [starter, *cluster.msrun_options(), f"--log_dir={logs}", str(WORKER), *training]
    with tempfile.TemporaryDirectory(prefix="ms_gan-") as pids:
        job = _Job(logs, Path(pids), logs / f"worker_{cluster.first_rank}.log")
        received = job.run([*command, "--distributed"], environment(cluster.local_size))
        failure = job.failure()
    status = failure.status if failure else None
    if received and (status in STOPPED or len(received) > 1):
        return 128 + received[0]
    if status in STOPPED:
        return status if status > 0 else 128 - status
    if failure or job.process.returncode:
        fault = UsageError if status == UsageError.status else GanError
        raise fault(f"the job failed: {_reason(logs, failure)}")
    return 0


def msrun() -> str:
    """The path of MindSpore's launcher. Raises GanError where there is none."""
    beside = Path(sys.executable).with_name("msrun")
    found = str(beside) if beside.exists() else shutil.which("msrun")
    if not found:
        raise GanError(
            "msrun not found: it comes with MindSpore 2.3 and newer; with an older one start the "
            "workers by mpirun -n N python -m ms_gan.train RECIPE --distributed"
        )
    return found


def environment(local_size: int) -> dict[str, str]:
    """The environment variables for msrun and the `local_size` workers that it starts here."""
    # msrun starts "python": it has to be this one. Workers on one machine share its cores.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    threads = str(max(1, runtime.cores() // local_size))
    return {"OMP_NUM_THREADS": threads, **os.environ, "PATH": path, "PYTHONUNBUFFERED": "1"}


def _parser() -> Parser:
    parser = Parser(
        prog="bash scripts/run_distribute_train.sh",
        description="Train on several devices; what isn't "
        "listed here goes to each worker, see python -m ms_gan.train RECIPE --help.",
    )
    parser.add_argument(
        "world_size", type=number(int, 1, 4096), metavar="N", help="workers in all, one a device"
    )
    add_options(parser, Cluster(1), "the job's options")
    return parser


class _Job:
    """msrun, and the workers of this machine that it has started."""

    process: subprocess.Popen[bytes]

    def __init__(self, logs: Path, pids: Path, shown: Path) -> None:
        self._logs, self._pids = logs, pids  # folders of their logs and process ids
        self._shown = shown  # the log that is shown
        self._read = 0  # bytes of the log that have been shown
        self._told: set[int] = set()  # the processes that have been asked to stop

    def run(self, command: list[str], variables: dict[str, str]) -> list[int]:
        """Run msrun, show what the worker writes, and return the signals received meanwhile."""
        received: list[int] = []
        for sign in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sign, lambda got, _: received.append(got))
        with open(self._logs / "msrun.log", "w") as said:
            self.process = subprocess.Popen(
                command,
                env={**variables, PIDS: str(self._pids)},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,  # out of a Ctrl-C's way: msrun would kill at once
            )
        try:
            self._follow(received)
        finally:
            self._kill()
        return received

    def _follow(self, received: list[int]) -> None:
        while True:
            # Once a worker has failed there is nothing to wait for, though msrun would wait a
            # minute for its own scheduler.
            ended = bool(self.process.poll() is not None or self.failure() or len(received) > 1)
            self._show(ended)
            if ended:
                return
            if received:
                self._stop_workers()
            time.sleep(LOOK)

    def failure(self) -> Failure | None:
        """The worker that failed first, if one has."""
        said = (self._logs / "msrun.log").read_text(encoding="utf-8", errors="replace")
        ended = ENDED.search(said)
        return Failure(self._ranks().get(int(ended[1])), int(ended[2])) if ended else None

    def _kill(self) -> None:
        """Leave no worker: each has its own process group, and msrun has one with its scheduler."""
        groups = [self.process.pid, *self._ranks()]
        for group in groups:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        self.process.wait()
        deadline = time.monotonic() + ENDING
        while any(map(_alive, groups)) and time.monotonic() < deadline:
            time.sleep(LOOK / 10)

    def _show(self, ended: bool) -> None:
        """Write on stdout the whole lines that the log has gained; in the end all of it."""
        if not self._shown.exists():
            return
        with open(self._shown, "rb") as opened:
            opened.seek(self._read)
            written = opened.read()
        if not ended:
            written = written[: written.rfind(b"\n") + 1]
        self._read += len(written)
        text = HIDDEN.sub("", written.decode(errors="replace"))
        sys.stdout.write(text if not text or text.endswith("\n") else f"{text}\n")
        sys.stdout.flush()

    def _stop_workers(self) -> None:
        """Ask each worker to stop, once."""
        for pid in self._ranks().keys() - self._told:
            self._told.add(pid)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)

    def _ranks(self) -> dict[int, int]:
        """{process id: rank} of the workers that have begun."""
        texts = {path.name: path.read_text() for path in self._pids.iterdir()}
        return {int(text): int(rank) for rank, text in texts.items() if text}


def _alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _reason(logs: Path, failure: Failure | None) -> str:
    """Which worker failed, and how, as far as is known, and where to read more."""
    name, ended = "msrun", "ended without a word"
    if failure:
        name = "worker" if failure.rank is None else f"worker_{failure.rank}"
        ended = f"ended with status {failure.status}"
    log, who = logs / f"{name}.log", name.replace("_", " ")
    if failure and failure.status < 0:
        return f"{who} was ended by {signal.Signals(-failure.status).name}; see {log}"
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    fault = next((line for line in lines if FAULT.search(line)), None)
    if fault:
        ended = f"says: {fault.strip().replace(SAYING, '')}"
    return f"{who} {ended}; see {log}"


if __name__ == "__main__":
    sys.exit(run_command("ms_gan.launch", main))
