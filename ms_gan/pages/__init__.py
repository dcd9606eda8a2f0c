"""What the pages for a browser have in common: base.css, how they look, and base.js, which makes
elements and copies commands. The pages themselves are in `ms_gan.report` and `ms_gan.play`.
"""

from __future__ import annotations

from pathlib import Path

CSS, JS = (Path(__file__).with_name(name) for name in ("base.css", "base.js"))


def joined(*files: Path) -> str:
    """The text of files, one after the other."""
    return "\n".join(file.read_text(encoding="utf-8") for file in files)
