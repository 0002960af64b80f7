"""Models behind circuit breakers: one that fails again and again is spared for a while, so that turns fail at once or
go to the fallback instead of waiting for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import aclosing

from stocktool_kit.core.breaker import Breaker
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import StockToolError

from stocktool_chat.application.ports import Model, ModelAnswer, ModelStep
from stocktool_chat.domain.errors import ModelRateLimited, ModelStreamDropped, ModelTimedOut, ModelUnavailable

_FAILURES = (ModelRateLimited, ModelStreamDropped, ModelTimedOut, ModelUnavailable)


class GuardedModel:
    """`Model` over another one, with a breaker for each model by name.

    Args:
        failures: So many in a row open a breaker.
    """

    def __init__(self, model: Model, clock: Clock, failures: int) -> None:
        self._model = model
        self._breakers: defaultdict[str, Breaker] = defaultdict(lambda: Breaker(clock, failures=failures))

    async def stream(self, step: ModelStep) -> AsyncGenerator[str | ModelAnswer, None]:
        """See the port."""
        breaker = self._breakers[step.model]
        if not breaker.allows():
            raise ModelUnavailable(f"{step.model} failed several times and is not asked for a while; try again soon")
        try:
            async with aclosing(self._model.stream(step)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, ModelAnswer):
                        breaker.succeeded()
                    yield piece
        except _FAILURES:
            breaker.failed()
            raise
        except StockToolError:  # it answered, though not what one would like
            breaker.succeeded()
            raise
