"""What the stateless analytics routes share: their kind of route, their limits, where their figures are worked out."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import orjson
from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError
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

_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,9})?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def number_of(value: object) -> Decimal | None:
    """A JSON number or a decimal string as it was written, None for anything else: true, NaN, 1_000."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    text = str(value).strip()
    return Decimal(text) if _DECIMAL.fullmatch(text) else None


def checked_number(value: object) -> Decimal:
    """A JSON number or a decimal string, for a field of a body.

    Raises:
        PydanticCustomError: It is neither.
    """
    number = number_of(value)
    if number is None:
        raise PydanticCustomError("number", "must be a number or a decimal string")
    return number


def _checked_day(value: object) -> object:
    # Left alone, 20240101 would be seconds since 1970.
    if isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise PydanticCustomError("day", "must be a date as YYYY-MM-DD")


Number = Annotated[Decimal, BeforeValidator(checked_number), Field(ge=Decimal("-1e24"), le=Decimal("1e24"))]
"""A JSON number or a decimal string; not-a-number, infinity and true are refused."""
Rate = Annotated[Decimal, BeforeValidator(checked_number), Field(gt=Decimal(-1), le=Decimal("1e6"))]
"""A rate as a fraction, above -100 %."""
Count = Annotated[int, BeforeValidator(checked_number)]
Day = Annotated[date, BeforeValidator(_checked_day), Field(ge=date(1800, 1, 1), le=date(2300, 1, 1))]
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
