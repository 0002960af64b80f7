"""Waiting for what happens by itself, without guessing how long it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

T = TypeVar("T")


@overload
async def eventually(ask: Callable[[], Awaitable[T]], *, within: float = 60.0, every: float = 0.05) -> T: ...
@overload
async def eventually(ask: Callable[[], T], *, within: float = 60.0, every: float = 0.05) -> T: ...
async def eventually(ask: Callable[[], Awaitable[T] | T], *, within: float = 60.0, every: float = 0.05) -> T:
    """Ask until the answer is truthy, and give it.

    Raises:
        AssertionError: It never was; the last answer is named.
    """
    answer: T | None = None
    try:
        async with asyncio.timeout(within):
            while True:
                found = ask()
                answer = await found if isinstance(found, Awaitable) else found
                if answer:
                    return answer
                await asyncio.sleep(every)
    except TimeoutError:
        raise AssertionError(f"still {answer!r} after {within} s") from None
