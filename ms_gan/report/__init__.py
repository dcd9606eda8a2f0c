"""The report of a run: one page that opens from disk, with curves, samples, settings, commands.

`write` makes it of run folders. Training rewrites it as it goes on (`training/reporting.py`), and
`python -m ms_gan.report` writes it again, or compares several runs. facts.py and frames.py read a
run folder, comparison.py puts runs side by side, page.py makes the page, which page.html, page.css,
plot.js and page.js are.
"""

from ms_gan.report.command import main
from ms_gan.report.page import write

__all__ = ["main", "write"]
