"""What the stateless analytics routes share: their kind of route, their limits, where their figures are worked out."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from decimal import Decimal
from typing import Annotated, Any

import orjson
from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import Field
from starlette.responses import Response
from stocktool_kit.aio import Limiter, run_blocking
from stocktool_kit.core.caller import Caller
from stocktool_kit.http.auth import requires

from stocktool_stock.domain.exact import Undefined

MAX_BODY_BYTES = 8_000_000
"""Twenty series of forty years fit."""
THREADS = 2
_LARGE = 256_000
"""From here on reading the JSON takes long enough to be done off the event loop."""

Reader = Annotated[Caller, requires("market.read")]

Number = Annotated[Decimal, Field(ge=Decimal("-1e24"), le=Decimal("1e24"))]
"""A JSON number or a decimal string; not-a-number, infinity and true are refused."""
Rate = Annotated[Decimal, Field(gt=Decimal(-1), le=Decimal("1e6"))]
"""A rate as a fraction, above -100 %."""
Conventions = dict[str, str | int | float]


class _LargeRequest(Request):
    """A request whose JSON is read on a thread when it is large."""

    async def json(self) -> Any:
        body = await self.body()
        if len(body) < _LARGE:
            return orjson.loads(body)
        limiter: Limiter = self.app.state.analytics_limiter
        return await run_blocking(limiter, orjson.loads, body)


class AnalyticsRoute(APIRoute):
    """A route that reads large bodies off the event loop and names fields of a union as the client wrote them."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of the framework, with both."""
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await handle(_LargeRequest(request.scope, request.receive))
            except RequestValidationError as error:
                raise RequestValidationError([_without_tag(item) for item in error.errors()]) from error

        return handler


def union_tag(name: str) -> str:
    """The tag of a body among several; no field begins like it, so that errors can leave it out."""
    return f"<{name}>"


def _without_tag(item: Mapping[str, Any]) -> dict[str, Any]:
    where, *rest = item["loc"]
    tagged = bool(rest) and isinstance(rest[0], str) and rest[0].startswith("<")
    return {**item, "loc": (where, *rest[1:]) if tagged else item["loc"]}


async def _limiter(request: Request) -> Limiter:
    found: Limiter = request.app.state.analytics_limiter
    return found


Threads = Annotated[Limiter, Depends(_limiter)]
"""Threads on which figures are worked out; few, since they share one interpreter."""


def amount_text(amount: float) -> str:
    """An amount as decimal text with 15 significant digits, which leaves out what is noise of floats."""
    return f"{Decimal(f'{amount:.15g}'):f}"


def amount_or_none(amount: float | Undefined) -> str | None:
    """An amount as decimal text, or none."""
    return None if isinstance(amount, Undefined) else amount_text(amount)
