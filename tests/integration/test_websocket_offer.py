"""Frames that are the same for all sockets, written past the framework, over a real server."""

from __future__ import annotations

import asyncio

from starlette.types import Receive, Scope, Send
from stocktool_kit.http.server import HttpServer
from stocktool_kit.http.websocket import offer_of, text_frame
from websockets.asyncio.client import connect

SIZES = (5, 126, 65_536)


async def test_frames_are_messages_until_the_other_side_reads_too_slowly() -> None:
    offered, late = 0, True
    full, read = asyncio.Event(), asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal offered, late
        offer = offer_of(scope)
        assert offer is not None
        assert not offer(text_frame(b"before the handshake"))
        await receive()
        await send({"type": "websocket.accept"})
        for size in SIZES:
            assert offer(text_frame(b"x" * size))
        while offered < 10_000 and offer(text_frame(b"%060000d" % offered)):
            offered += 1
        full.set()
        await send({"type": "websocket.send", "text": "waited for"})  # once the buffer is read
        assert offer(text_frame(b"ready again"))
        await send({"type": "websocket.close", "code": 1000, "reason": ""})
        late = offer(text_frame(b"after the close"))
        read.set()

    server = HttpServer(app, "127.0.0.1", 0, drain_seconds=1)
    await server.start()
    try:
        async with asyncio.timeout(60), connect(f"ws://127.0.0.1:{server.port}/", max_queue=1) as socket:
            await full.wait()
            messages = [message async for message in socket]
            await read.wait()
        assert socket.close_code == 1000
    finally:
        await server.stop()
    assert [len(message) for message in messages[:3]] == list(SIZES)
    assert [int(message[-8:]) for message in messages[3:-2]] == list(range(offered))
    assert 0 < offered < 10_000  # it was refused, and what was taken came whole and in order
    assert messages[-2:] == ["waited for", "ready again"]
    assert late is False
