"""Processes of a mesh whose supervisor is gone, told by the mark in their environment."""

from __future__ import annotations

import os

import psutil

from stocktool_dev.layout import MARK, Layout

_TERM_SECONDS = 20.0


def find(layout: Layout) -> list[psutil.Process]:
    """Every process that carries this mesh's mark, wherever it hangs in the process tree."""
    ours = str(layout.state)
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(MARK) == ours:
                found.append(process)
        except psutil.Error:
            continue  # somebody else's, or gone meanwhile
    return found


def end(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Ask them to end, then make them; what is left after that."""
    for process in processes:
        try:
            process.terminate()
        except psutil.NoSuchProcess:
            continue
    _, stubborn = psutil.wait_procs(processes, timeout=_TERM_SECONDS)
    for process in stubborn:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    _, left = psutil.wait_procs(stubborn, timeout=5)
    return list(left)
