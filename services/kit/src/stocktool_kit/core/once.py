"""One way for a write that may be sent twice at once: both requests are answered the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from stocktool_kit.core.errors import StockToolError

ATTEMPTS = 5
"""How often a write that met another one is worked out anew before the client hears of it."""

Answer = TypeVar("Answer")


async def once(
    earlier: Callable[[], Awaitable[Answer | None]],
    attempt: Callable[[], Awaitable[Answer]],
    *,
    stale: type[StockToolError] | tuple[type[StockToolError], ...] = (),
    version: int | None = None,
) -> Answer:
    """Do a write unless the same request was answered before.

    Whatever an attempt reads may already show what the request's twin wrote since the first look: the thing is gone,
    the version is no longer the newest, the shares are sold. So an error counts only if there is still no answer after
    it. An attempt that ends without a write, there being nothing to do, has to look by itself before it says so.

    Args:
        earlier: What the same request was answered, None for a new one. An answer that is the thing as it is now is
            read here, after the record of the request was found.
        attempt: Reads, checks and writes; of two that write at a time the store lets one through.
        stale: Errors of an attempt that met another write: it is worked out anew from what there is then.
        version: The one the caller named; what is stale by it stays so and is not tried again.

    Returns:
        What this request, or its twin, was answered.
    """
    left = ATTEMPTS if version is None else 1
    answer = await earlier()
    while answer is None:
        left -= 1
        try:
            return await attempt()
        except StockToolError as error:
            answer = await earlier()
            if answer is None and not (left and isinstance(error, stale)):
                raise
    return answer
