"""The analytics routes alone, called in the same process: their own code and kit's, nothing behind them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from stocktool_kit.aio import Limiter
from stocktool_kit.core.caller import Caller
from stocktool_kit.http import problem
from stocktool_stock.http.analytics_route import THREADS
from stocktool_stock.http.routers import described


class _Anyone:
    """Takes any token for one with the scopes it spells."""

    async def verify(self, token: str) -> Caller:
        return Caller("usr_1", scopes=frozenset(token.split(",")))


class AnalyticsClient:
    """Posts bodies to `/api/stock/v1/analytics/...`."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def post(self, route: str, body: Any = None, *, content: str | None = None) -> httpx.Response:
        """The answer of a route, whatever it is; `content` is sent as it is."""
        headers = {"content-type": "application/json"} if content is not None else {}
        return await self._http.post(route, json=body, content=content, headers=headers)

    async def figures(self, route: str, body: Any) -> dict[str, Any]:
        """The figures that a body gives."""
        answer = await self.post(route, body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        assert found["conventions"]
        return found

    async def pointers(self, route: str, body: Any) -> list[str]:
        """The fields for which a body is refused."""
        answer = await self.post(route, body)
        assert answer.status_code == 422, answer.text
        return [error["pointer"] for error in answer.json()["errors"]]


@asynccontextmanager
async def analytics_client(scopes: str = "market.read") -> AsyncIterator[AnalyticsClient]:
    """A client of the routes whose token has the scopes."""
    app = described()
    problem.install(app)
    app.state.verifier = _Anyone()
    app.state.analytics_limiter = Limiter(THREADS)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://stock/api/stock/v1/analytics/",
        headers={"authorization": f"Bearer {scopes}"},
    ) as http:
        yield AnalyticsClient(http)
