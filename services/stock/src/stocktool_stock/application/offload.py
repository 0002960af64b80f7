"""Work that would hold up the event loop, done elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

Result = TypeVar("Result")


class Offload(Protocol):
    """Runs a function off the event loop, a few at a time."""

    async def __call__(self, work: Callable[[], Result]) -> Result:
        """Give what it returns, or raise what it raises."""
        ...
