"""Train on several devices: `python -m ms_gan.launch 8 faces`. Starts MindSpore's msrun and watches over it.

`bash scripts/run_distribute_train.sh 8 faces` does the same after setting up if needed.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from ms_gan import runtime
from ms_gan.errors import GanError, UsageError, run_command
from ms_gan.options import Parser, number

WORKER = Path(__file__).resolve().parents[1] / "scripts" / "worker.py"
JOINING = 60  # seconds that workers wait for one another at the start
ENDING = 20  # seconds that are left to the others when one has ended
LOOK = 0.5  # seconds between looks at the workers
FAULT = re.compile(r"error: |Error: ")


def main(argv=None):
    """Start the workers, show what the first one prints, and return the exit status."""
    asked, training = _parser().parse_known_args(argv)
    if asked.workers % asked.nodes:
        raise UsageError(f"{asked.workers} workers on {asked.nodes} nodes: expected as many on each node")
    if asked.node_rank >= asked.nodes:
        raise UsageError(f"--node-rank {asked.node_rank}: expected one from 0 to {asked.nodes - 1}, as --nodes says")
    local = asked.workers // asked.nodes
    if asked.node_rank == 0:
        _check_port(asked.master_addr, asked.master_port)
    logs = Path(asked.log_dir)
    logs.mkdir(parents=True, exist_ok=True)
    for old in logs.glob("*.log"):
        old.unlink()
    command = [_msrun(), f"--worker_num={asked.workers}", f"--local_worker_num={local}", "--join=True",
               f"--master_addr={asked.master_addr}", f"--master_port={asked.master_port}", f"--log_dir={logs}",
               f"--cluster_time_out={JOINING}"]
    if asked.nodes > 1:
        command.append(f"--node_rank={asked.node_rank}")
    job = subprocess.Popen([*command, str(WORKER), *training, "--distributed"], env=_environment(local),
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                           start_new_session=True)  # so that all of it can be ended at once
    first = logs / f"worker_{asked.node_rank * local}.log"
    for number_ in (signal.SIGINT, signal.SIGTERM):  # the workers save and end by themselves
        signal.signal(number_, lambda got, _: os.killpg(job.pid, got))
    try:
        status = _follow(job, first)
    finally:
        _end(job)
    if status:
        raise GanError(f"the job failed: {_culprit(logs)}; the workers' logs are in {logs}")
    return 0


def _parser():
    parser = Parser(prog="bash scripts/run_distribute_train.sh", description="Train on several devices; what isn't "
                    "listed here goes to each worker, see python -m ms_gan.train RECIPE --help.")
    parser.add_argument("workers", type=number(int, 1, 4096), metavar="N", help="workers in all, one a device")
    parser.add_argument("--nodes", type=number(int, 1, 4096), default=1, metavar="N", help="machines (default 1)")
    parser.add_argument("--node-rank", type=number(int, 0, 4095), default=0, metavar="N", help="which this one is")
    parser.add_argument("--master-addr", default="127.0.0.1", metavar="A", help="address of machine 0")
    parser.add_argument("--master-port", type=number(int, 1024, 65535), default=8118, metavar="P",
                        help="port on machine 0 that the workers meet at (default 8118)")
    parser.add_argument("--log-dir", default="worker-logs", metavar="DIR", help="where each worker's log goes")
    return parser


def _check_port(address, port):
    """Raises GanError where nothing can listen at the port: msrun would only find out after a minute."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise GanError(f"--master-port {port} at {address}: can't listen there ({error.strerror or error}); is "
                           "another job running? choose another port or address") from None


def _msrun():
    beside = Path(sys.executable).with_name("msrun")
    found = str(beside) if beside.exists() else shutil.which("msrun")
    if not found:
        raise GanError("msrun not found: it comes with MindSpore 2.3 and newer; with an older one start the workers by "
                       "mpirun -n N python -m ms_gan.train RECIPE --distributed")
    return found


def _environment(local):
    # msrun starts "python": it has to be this one. Workers on one machine share its cores.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    threads = str(max(1, runtime.cores() // local))
    return {"OMP_NUM_THREADS": threads, **os.environ, "PATH": path, "PYTHONUNBUFFERED": "1"}


def _follow(job, log):
    """Print what the first worker writes until the job ends; return its exit status."""
    shown = 0
    while True:
        ended = job.poll()
        if log.exists():
            with open(log, encoding="utf-8", errors="replace") as opened:
                opened.seek(shown)
                text = opened.read()
                shown = opened.tell()
            sys.stdout.write(text)
            sys.stdout.flush()
        if ended is not None:
            return ended
        time.sleep(LOOK)


def _end(job):
    """See to it that no worker is left."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(job.pid, sign)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + ENDING
        while time.monotonic() < deadline and _alive(job.pid):
            job.poll()
            time.sleep(LOOK)


def _alive(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _culprit(logs):
    """Which worker failed, as far as the logs tell, and with what words."""
    for log in sorted(logs.glob("worker_*.log"), key=lambda path: path.stat().st_mtime):
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        fault = next((line for line in lines if FAULT.search(line)), None)
        if fault:
            return f"worker {log.stem.partition('_')[2]} says: {fault.strip()}"
    quiet = min(logs.glob("worker_*.log"), key=lambda path: path.stat().st_mtime, default=None)
    if quiet is None:
        return "no worker has started"
    return f"worker {quiet.stem.partition('_')[2]} ended without a word first, see {quiet}"


if __name__ == "__main__":
    sys.exit(run_command("ms_gan.launch", main))
