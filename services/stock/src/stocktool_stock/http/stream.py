"""`WS /stream`: the user's one live socket."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog
from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from stocktool_kit.http.websocket import offer_of

from stocktool_stock.http.stream_session import Ended, StreamSession, StreamUses

router = APIRouter()

log = structlog.get_logger("stream")

AUTH_SECONDS = 5.0
SEND_SECONDS = 10.0


@router.websocket("/stream")
async def stream(socket: WebSocket) -> None:
    """Quotes, jobs, notifications, document states and session revocation of one user."""
    uses: StreamUses = socket.app.state.stream
    await socket.accept()
    session = StreamSession(uses, socket.send_text, offer_of(socket.scope))
    ended = Ended(1000, "")
    try:
        async with asyncio.timeout(AUTH_SECONDS):
            ended = await session.open(await socket.receive_text())
        if not ended.code:
            ended = await _serve(socket, session)
    except TimeoutError:
        ended = Ended(4401, "the first message, within five seconds, must be your access token")
    except (WebSocketDisconnect, KeyError):  # a binary message has no text
        ended = Ended(0, "")
    finally:
        session.close()
        with suppress(RuntimeError, WebSocketDisconnect):  # the other side may be gone already
            if ended.code:
                await socket.close(ended.code, ended.reason)
        log.info("stream_ended", subject=session.subject, code=ended.code, reason=ended.reason)


async def _serve(socket: WebSocket, session: StreamSession) -> Ended:
    """Read and write until one side ends; whoever ends first says why."""
    tasks = [
        asyncio.create_task(_read(socket, session), name="stream-read"),
        asyncio.create_task(session.write(SEND_SECONDS), name="stream-write"),
        asyncio.create_task(session.watch(), name="stream-watch"),
    ]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return next(iter(done)).result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _read(socket: WebSocket, session: StreamSession) -> Ended:
    while True:
        try:
            text = await socket.receive_text()
        except (WebSocketDisconnect, KeyError):
            return Ended(0, "")
        ended = await session.take(text)
        if ended.code:
            return ended
