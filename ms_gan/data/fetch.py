"""One file from the network: it appears whole and checked, or not at all."""

import socket

from ms_gan.errors import GanError
from ms_gan.files import atomic_file

READ_SECONDS = 30  # how long a silent server is waited for


def fetch(url, target, check):
    """Download `url` to `target`, which appears only when it is whole and `check` has nothing
    against it.

    check: called with the path of what came; returns what is wrong with it ("is not a zip file"),
    or None. Raises GanError, which names the address, where the download fails or the check finds a
    fault.
    """
    from download import download

    silence = socket.getdefaulttimeout()
    socket.setdefaulttimeout(
        READ_SECONDS
    )  # download() itself never gives up on a server that stops sending
    try:
        with atomic_file(target) as temporary:
            download(url, str(temporary), replace=True, verbose=False)
            fault = check(temporary)
            if fault:
                raise GanError(f"{url}: what came {fault}")
    except (RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[-1].replace("Error: ", "")
        raise GanError(f"{url}: can't be downloaded ({reason})") from None
    finally:
        socket.setdefaulttimeout(silence)
