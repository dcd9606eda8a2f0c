"""What a run was made on: the versions and the machine that `options.json` records."""

from __future__ import annotations

import platform
import subprocess
from importlib import metadata
from pathlib import Path

from ms_gan import __version__, runtime


def describe(device: str) -> dict[str, str | int | None]:
    """Versions, device and machine."""
    packages = {name: metadata.version(name) for name in ("mindspore", "numpy", "pillow")}
    return {
        "ms_gan": __version__,
        "git_revision": _git_revision(),
        "python": platform.python_version(),
        **packages,
        "device": device,
        "machine": platform.platform(),
        "cores": runtime.cores(),
    }


def _git_revision() -> str | None:
    """The revision of the checkout that this package stands in, if it stands in one."""
    package = Path(__file__).parent
    try:
        found = subprocess.run(
            ["git", "-C", package, "rev-parse", "--show-toplevel", "HEAD"],
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        ).stdout.split("\n")
    except (OSError, subprocess.SubprocessError):
        return None
    return found[1] if Path(found[0]).resolve() == package.parent.resolve() else None
