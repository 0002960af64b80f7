"""Calculations on a few threads: more would only share one interpreter."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from stocktool_kit.aio import Limiter, run_blocking

Result = TypeVar("Result")


class Threads:
    """The `Offload` of the mesh.

    Args:
        at_once: Calculations at a time.
    """

    def __init__(self, at_once: int = 2) -> None:
        self._limiter = Limiter(at_once)

    async def __call__(self, work: Callable[[], Result]) -> Result:
        """Run it on a thread."""
        return await run_blocking(self._limiter, work)
