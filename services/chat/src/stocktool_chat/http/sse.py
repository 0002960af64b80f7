"""Server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

import orjson

from stocktool_chat.domain.events import Event

COMMENT = b": still here\n\n"


def encoded(events: Sequence[Event]) -> bytes:
    """Write events in the stream's format; JSON holds no line breaks, so one data line each is enough."""
    return b"".join(
        b"id: %d\nevent: %s\ndata: %s\n\n" % (event.id, event.type.encode(), orjson.dumps(event.data))
        for event in events
    )


async def event_stream(
    batches: AsyncIterator[Sequence[Event]], draining: asyncio.Event, comment_seconds: float
) -> AsyncIterator[bytes]:
    """Encode batches as they come, with a comment after each silence, until they end or the process drains."""
    # The wait for the next batch outlives the comments between: cancelling it would end the iterator.
    waiting: asyncio.Task[Sequence[Event]] | None = None
    leaving = asyncio.create_task(draining.wait())
    try:
        yield COMMENT  # headers and a first byte at once, so that clients and proxies see an open stream
        while True:
            if waiting is None:
                waiting = asyncio.create_task(_next(batches))
            await asyncio.wait([waiting, leaving], timeout=comment_seconds, return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                batch = waiting.result()
                waiting = None
                if not batch:
                    return
                yield encoded(batch)
            elif leaving.done():
                return  # the browser comes back with the last id it has
            else:
                yield COMMENT
    finally:
        for task in (waiting, leaving):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task


async def _next(batches: AsyncIterator[Sequence[Event]]) -> Sequence[Event]:
    """The next batch; an empty one at the end."""
    try:
        return await anext(batches)
    except StopAsyncIteration:
        return ()
