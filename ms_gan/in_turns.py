"""One thread computes at a time.

While one thread runs a compiled function, MindSpore can't compile another one in a second thread,
and version 2.0 hangs where two threads run some. So a notebook can generate while it trains.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

_computing = threading.RLock()


def in_turns(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that waits until no other thread is in such a function."""

    @functools.wraps(function)
    def waiting(*arguments: Any, **options: Any) -> Any:
        with _computing:
            return function(*arguments, **options)

    return waiting
