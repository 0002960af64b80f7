"""A request's twin that comes between: run right before the n-th call of any port, where it does most harm."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

from stocktool_kit.core.errors import StockToolError

Port = TypeVar("Port")
Outcome = tuple[str, object]


async def outcome(answer: Awaitable[object]) -> Outcome:
    """What a client would see: the answer, or the error's reason and words."""
    try:
        return "answered", await answer
    except StockToolError as error:
        return error.reason, error.message


class Between:
    """Runs something once, right before the n-th call that is made of the ports it watches."""

    def __init__(self) -> None:
        self.found: Outcome | None = None
        self._twin: Callable[[], Awaitable[object]] | None = None
        self._calls_left = 0

    def over(self, port: Port) -> Port:
        """The same port, its calls counted."""
        return cast("Port", _Watched(port, self))

    def run(self, twin: Callable[[], Awaitable[object]], *, before_call: int) -> None:
        """Run the twin before that call, the first being 1; what it was answered is `found` then."""
        self._twin, self._calls_left, self.found = twin, before_call, None

    async def called(self) -> None:
        """A call of a port is about to be made."""
        self._calls_left -= 1
        if self._twin is not None and self._calls_left == 0:
            twin, self._twin = self._twin, None
            self.found = await outcome(twin())


class _Watched:
    def __init__(self, port: object, between: Between) -> None:
        self._port = port
        self._between = between

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._port, name)
        if not inspect.iscoroutinefunction(value):
            return value

        async def counted(*arguments: Any, **named: Any) -> Any:
            await self._between.called()
            return await value(*arguments, **named)

        return counted
