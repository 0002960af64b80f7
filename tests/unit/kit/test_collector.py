"""The collector of cycles, in a process of its own: it is one for a whole process."""

from __future__ import annotations

import subprocess
import sys

TOLD = """
import gc
from stocktool_kit.collector import YOUNG, settle_collector

settle_collector()
assert gc.isenabled() and gc.get_freeze_count() > 1_000, gc.get_freeze_count()
assert gc.get_threshold()[0] == YOUNG


class Knot:
    gone = 0

    def __init__(self):
        self.itself = self

    def __del__(self):
        Knot.gone += 1


for _ in range(2 * YOUNG):
    Knot()
assert Knot.gone >= YOUNG, Knot.gone
"""


def test_what_was_there_at_the_start_is_spared_and_later_cycles_still_go() -> None:
    done = subprocess.run([sys.executable, "-c", TOLD], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
