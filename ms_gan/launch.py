"""Train on several devices: `python -m ms_gan.launch 8 faces`. Starts MindSpore's msrun and watches
over it.

`bash scripts/run_distribute_train.sh 8 faces` does the same after setting up if needed.
"""

import codecs
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
from pathlib import Path

from ms_gan import runtime
from ms_gan.errors import GanError, UsageError, run_command
from ms_gan.options import Parser, number
from ms_gan.train import prepare

WORKER = Path(__file__).resolve().parents[1] / "scripts" / "worker.py"
PIDS = "MS_GAN_PIDS"  # tells workers the folder where each leaves its process id in a file named by its rank
JOINING = 60  # seconds that workers wait for one another at the start
ENDING = 10  # seconds that killed processes may take to vanish
LOOK = 0.5  # seconds between looks at the workers
STOPPED = (130, 143, -2, -15)  # how a worker ends that was asked to
FAULT = re.compile(r"error: |Error: ")
ENDED = re.compile(
    r"Worker process (\d+) exit with exception. Error code: (-?\d+)"
)  # what msrun says
SAYING = "ms_gan.train: error: "
# Not shown: what MindSpore says of its network, whatever GLOG_v is; the worker's error, which the
# launcher's repeats.
HIDDEN = re.compile(rf"\[INFO\] [A-Z_]+\(\d+,.*\n|^{SAYING}.*\n", re.MULTILINE)


def main(argv=None):
    """Start the workers, show what the first one prints, and return the exit status.

    Ctrl-C and SIGTERM end the workers after their next line of the log, all saved; a second one
    ends them at once.
    """
    asked, training = _parser().parse_known_args(argv)
    if asked.workers % asked.nodes:
        raise UsageError(
            f"{asked.workers} workers on {asked.nodes} nodes: expected as many on each node"
        )
    if asked.node_rank >= asked.nodes:
        raise UsageError(
            f"--node-rank {asked.node_rank}: expected one from 0 to {asked.nodes - 1}, as --nodes says"
        )
    local, starter = asked.workers // asked.nodes, msrun()
    training = prepare(training)
    if asked.node_rank == 0:
        _check_port(asked.master_addr, asked.master_port)
    logs = Path(asked.log_dir)
    logs.mkdir(parents=True, exist_ok=True)
    for old in (*logs.glob("worker_*.log"), logs / "scheduler.log"):
        old.unlink(missing_ok=True)
    command = [
        starter,
        f"--worker_num={asked.workers}",
        f"--local_worker_num={local}",
        "--join=True",
        f"--master_addr={asked.master_addr}",
        f"--master_port={asked.master_port}",
        f"--log_dir={logs}",
        f"--cluster_time_out={JOINING}",
        "--tail_worker_log=-2",
    ]  # of none: their logs are files
    if asked.nodes > 1:
        command.append(f"--node_rank={asked.node_rank}")
    with (
        tempfile.TemporaryDirectory(prefix="ms_gan-") as pids,
        open(logs / "msrun.log", "w") as said,
    ):
        job = subprocess.Popen(
            [*command, str(WORKER), *training, "--distributed"],
            env={**environment(local), PIDS: pids},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )  # out of a Ctrl-C's way: msrun would kill at once
        try:
            received = _follow(
                job, logs, logs / f"worker_{asked.node_rank * local}.log", Path(pids)
            )
        finally:
            _kill(job, Path(pids))
        rank, code = _first_to_fail(logs, Path(pids))
    if code in STOPPED or len(received) > 1:
        return 128 + received[0] if received else abs(code) if code > 0 else 128 - code
    if code is not None or job.returncode:
        fault = UsageError if code == UsageError.status else GanError
        raise fault(f"the job failed: {_reason(logs, rank, code)}")
    return 0


def _parser():
    parser = Parser(
        prog="bash scripts/run_distribute_train.sh",
        description="Train on several devices; what isn't "
        "listed here goes to each worker, see python -m ms_gan.train RECIPE --help.",
    )
    parser.add_argument(
        "workers", type=number(int, 1, 4096), metavar="N", help="workers in all, one a device"
    )
    parser.add_argument(
        "--nodes", type=number(int, 1, 4096), default=1, metavar="N", help="machines (default 1)"
    )
    parser.add_argument(
        "--node-rank", type=number(int, 0, 4095), default=0, metavar="N", help="which this one is"
    )
    parser.add_argument(
        "--master-addr", default="127.0.0.1", metavar="A", help="address of machine 0"
    )
    parser.add_argument(
        "--master-port",
        type=number(int, 1024, 65535),
        default=8118,
        metavar="P",
        help="port on machine 0 that the workers meet at (default 8118)",
    )
    parser.add_argument(
        "--log-dir", default="worker-logs", metavar="DIR", help="where each worker's log goes"
    )
    return parser


def _check_port(address, port):
    """Raises GanError where nothing can listen at the port: msrun would only find out after a
    minute.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise GanError(
                f"--master-port {port} at {address}: can't listen there ({error.strerror or error}); is "
                "another job running? choose another port or address"
            ) from None


def msrun():
    """The path of MindSpore's launcher. Raises GanError where there is none."""
    beside = Path(sys.executable).with_name("msrun")
    found = str(beside) if beside.exists() else shutil.which("msrun")
    if not found:
        raise GanError(
            "msrun not found: it comes with MindSpore 2.3 and newer; with an older one start the workers by "
            "mpirun -n N python -m ms_gan.train RECIPE --distributed"
        )
    return found


def environment(local):
    """The environment variables for `msrun` and the `local` workers that it starts on this machine."""
    # msrun starts "python": it has to be this one. Workers on one machine share its cores.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    threads = str(max(1, runtime.cores() // local))
    return {"OMP_NUM_THREADS": threads, **os.environ, "PATH": path, "PYTHONUNBUFFERED": "1"}


def _follow(job, logs, log, pids):
    """Print what the first worker writes until the job ends or has failed; return the signals
    received meanwhile.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    received, told, shown, midway = (
        [],
        set(),
        0,
        False,
    )  # midway: whether what is shown ends within a line
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda got, _: received.append(got))
    while True:
        # Once a worker has failed there is nothing to wait for, though msrun would wait a minute
        # for its own scheduler.
        ended = (
            job.poll() is not None or _first_to_fail(logs, pids)[1] is not None or len(received) > 1
        )
        if log.exists():
            with open(log, "rb") as opened:
                opened.seek(shown)
                written = opened.read()
            shown += len(written)
            text = HIDDEN.sub("", decoder.decode(written))
            print(text, end="", flush=True)
            midway = not text.endswith("\n") if text else midway
        if ended:
            print(end="\n" if midway else "")
            return received
        for pid in set(_workers(pids)) - told if received else ():
            told.add(pid)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        time.sleep(LOOK)


def _workers(pids):
    """{process id: rank} of the workers that have begun on this machine."""
    texts = {path.name: path.read_text() for path in pids.iterdir()}
    return {int(text): int(rank) for rank, text in texts.items() if text}


def _first_to_fail(logs, pids):
    """(rank, exit status) of the worker that failed first, or (None, None); -9 stands for SIGKILL."""
    said = ENDED.search((logs / "msrun.log").read_text(encoding="utf-8", errors="replace"))
    return (_workers(pids).get(int(said[1])), int(said[2])) if said else (None, None)


def _kill(job, pids):
    """See to it that no worker is left; each has a process group of its own, and msrun has one with
    its scheduler.
    """
    groups = [job.pid, *_workers(pids)]
    for group in groups:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
    job.wait()
    deadline = time.monotonic() + ENDING
    while any(map(_alive, groups)) and time.monotonic() < deadline:
        time.sleep(LOOK / 10)


def _alive(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _reason(logs, rank, code):
    """Which worker failed, and how, as far as is known, and where to read more."""
    if code is None:
        name, ended = "msrun", "ended without a word"
    else:
        name = "worker" if rank is None else f"worker_{rank}"
        ended = (
            f"was ended by {signal.Signals(-code).name}"
            if code < 0
            else f"ended with status {code}"
        )
    log, who = logs / f"{name}.log", name.replace("_", " ")
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    fault = next((line for line in lines if FAULT.search(line)), None)
    if fault and (code or 0) >= 0:
        ended = f"says: {fault.strip().replace(SAYING, '')}"
    return f"{who} {ended}; see {log}"


if __name__ == "__main__":
    sys.exit(run_command("ms_gan.launch", main))
