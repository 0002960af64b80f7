"""Blocking calls off the event loop, on a bounded number of threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

import anyio
from anyio.to_thread import run_sync

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")

Limiter = anyio.CapacityLimiter
"""How many blocking calls of one kind may run at a time; its owner is the adapter that makes them."""


async def run_blocking(limiter: Limiter, function: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
    """Run a blocking function on a worker thread, with the context variables of the caller.

    A cancelled caller leaves at once; its thread goes on until the function returns, and its outcome is lost. Give the
    function a time-out of its own, and make what it writes safe to repeat.
    """
    return await run_sync(function, *arguments, limiter=limiter)
