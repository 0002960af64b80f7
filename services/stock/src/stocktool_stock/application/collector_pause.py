"""Rest for the collector of cycles while a long book is built: that makes tens of thousands of objects and no cycle."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_paused_by = 0


@contextmanager
def collector_paused() -> Iterator[None]:
    """A block of some tenths of a second in which no thread of the process looks for cycles.

    Blocks may overlap; where the collector was off before the first of them, it stays off.
    """
    global _paused_by  # noqa: PLW0603 - the collector is the process's, and so is the count
    with _lock:
        paused = _paused_by > 0 or gc.isenabled()
        if paused:
            _paused_by += 1
            gc.disable()
    try:
        yield
    finally:
        if paused:
            with _lock:
                _paused_by -= 1
                if not _paused_by:
                    gc.enable()
