"""The stand-in's own paths: its health and clock, and, where allowed, faults on demand."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.types import ASGIApp, Receive, Scope, Send
from stocktool_kit.core.market_now import MarketFlow

from stocktool_market.application.bad_prints import BadPrint, spoil
from stocktool_market.application.market import MarketTime, Snapshot

_HANG_SECONDS = 120.0


class Clock(BaseModel):
    """The market's now; `speed` 0 holds it."""

    model_config = ConfigDict(extra="forbid")

    now: datetime
    speed: float = Field(default=0.0, ge=0, le=1_000_000)


class Fault(BaseModel):
    """What the next calls get instead of their answer."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["429", "500", "timeout", "garbage", "none"]
    count: int = Field(default=1, ge=1, le=1_000_000, description="How many calls.")
    match: str = Field(default="", description="Only paths that contain this text.")


class Print(BaseModel):
    """A print that cannot be a price, put over the real one; the source's name says so."""

    model_config = ConfigDict(extra="forbid")

    symbol: str
    kind: Literal["factor", "price", "high_below_low", "future", "none"] = Field(
        description="The close times `value`; `value` itself; a candle the wrong way round; a bar `value` days ahead."
    )
    value: float = 1.0
    days: int = Field(default=1, ge=1, le=20_000, description="The last so many sessions.")
    back: int = Field(default=0, ge=0, le=20_000, description="So many sessions before the last one.")


@dataclass(slots=True)
class Faults:
    """Faults still to be handed out, bad prints by symbol, and how many calls came in by path."""

    kind: str = "none"
    left: int = 0
    match: str = ""
    calls: dict[str, int] = field(default_factory=dict)
    prints: dict[str, BadPrint] = field(default_factory=dict)

    def spoilt(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot with the bad print its symbol is to have, if any."""
        bad = self.prints.get(snapshot.series.listing.symbol)
        return snapshot if bad is None else spoil(snapshot, bad)

    def take(self, path: str) -> str:
        """Say what this call gets; `none` is its answer."""
        self.calls[path] = self.calls.get(path, 0) + 1
        if self.left <= 0 or self.match not in path:
            return "none"
        self.left -= 1
        return self.kind


class FaultInjector:
    """ASGI middleware that answers Yahoo's paths with the faults asked for."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        path = scope.get("path", "")
        kind = "none"
        if scope["type"] == "http" and not path.startswith("/control"):
            kind = self._faults.take(path)
        if kind == "none":
            await self._app(scope, receive, send)
        elif kind == "timeout":
            await _until_the_client_leaves(receive)
        else:
            status, body = {
                "429": (429, b"Too Many Requests\r\n"),
                "500": (500, b"<html><body>Internal Server Error</body></html>"),
                "garbage": (200, b'{"chart":{"result":[{"meta":'),
            }[kind]
            await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/html")]})
            await send({"type": "http.response.body", "body": body})


async def _until_the_client_leaves(receive: Receive) -> None:
    try:
        async with asyncio.timeout(_HANG_SECONDS):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return


def control_router(time: MarketTime, faults: Faults | None) -> APIRouter:
    """Build the stand-in's own routes; the clock and the faults can be set only where `faults` is given."""
    router = APIRouter()

    @router.get("/healthz")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/control/clock")
    async def read_clock() -> dict[str, object]:
        return {
            "now": time.now().isoformat(),
            "speed": time.flow.speed,
            "mode": "replay" if time.flow.is_replay else "fixed",
        }

    if faults is not None:

        @router.put("/control/clock")
        async def set_clock(clock: Clock) -> dict[str, object]:
            anchor = time.clock.now() if clock.speed else None
            time.flow = MarketFlow(clock.now.astimezone(UTC), anchor, clock.speed)
            return await read_clock()

        @router.put("/control/faults")
        async def set_faults(fault: Fault) -> dict[str, object]:
            faults.kind, faults.left, faults.match = fault.kind, fault.count, fault.match
            return {"kind": faults.kind, "count": faults.left}

        @router.put("/control/prints")
        async def set_print(bad: Print) -> dict[str, object]:
            if bad.kind == "none":
                faults.prints.pop(bad.symbol, None)
            else:
                faults.prints[bad.symbol] = BadPrint(bad.kind, bad.value, bad.days, bad.back)
            return {"symbol": bad.symbol, "kind": bad.kind}

        @router.get("/control/calls")
        async def calls() -> dict[str, int]:
            return faults.calls

    return router
