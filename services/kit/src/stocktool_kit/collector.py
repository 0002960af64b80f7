"""The collector of cycles, set for processes that serve for days."""

from __future__ import annotations

import gc

YOUNG = 50_000
"""So many objects more than there were are looked through for cycles; Python's own 700 fit scripts.

A long ledger alone makes 30,000 that stay for the answer, and each look goes through all of them again. What cycles
there are (tasks, tracebacks) comes to a few MB until the next look.
"""


def settle_collector() -> None:
    """Spare what is imported, which stays for the life of the process, from every later look.

    What garbage there is among it stays too: to look for it first would take a second of everybody's start.
    """
    gc.freeze()
    gc.set_threshold(YOUNG, 10, 10)
