"""How the threads of MindSpore's data pipeline share the cores."""

import contextlib
import os


@contextlib.contextmanager
def patient():
    """Threads that start within the block don't interrupt one another (Linux; elsewhere this does
    nothing).

    The pipeline hands single images from thread to thread. Each hand-over would wake the next
    thread in the midst of another's work: eight changes of thread for an image. Waiting for one's
    turn, it is one, and a fifth more images.
    """
    usual = getattr(os, "SCHED_OTHER", None)
    if usual is None or not hasattr(os, "SCHED_BATCH") or os.sched_getscheduler(0) != usual:
        yield  # not Linux, or the user has chosen a policy for the whole process
        return
    with contextlib.suppress(OSError):  # where a sandbox forbids it, it only is slower
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, usual, os.sched_param(0))
