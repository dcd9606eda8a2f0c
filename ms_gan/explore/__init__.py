"""What the DCGAN paper looked at in trained networks, sections 5 and 6: Radford, Metz & Chintala
2015, arXiv:1511.06434.

`python -m ms_gan.explore KIND`, for generators of images from latent vectors. A kind is a file:
`walk`, `arithmetic`, `filters`, `features`, `directions` (GANSpace) and `find`.
"""

from __future__ import annotations

from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Explore as the command line says and return the exit status."""
    from ms_gan.explore.__main__ import main as command

    return command(argv)
