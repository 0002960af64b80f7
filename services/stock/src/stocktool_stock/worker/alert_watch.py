"""Watches the prices that alerts wait for, whether or not a browser does, and evaluates what they are about."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import structlog
from opentelemetry.instrumentation.utils import suppress_instrumentation
from stocktool_kit.aws.lease import Lease, Leases
from stocktool_kit.core.errors import StockToolError
from stocktool_kit.push.hub import Hub, Subscription

from stocktool_stock.application.refresh_market import Evaluates
from stocktool_stock.worker.live_quotes import subject_of

log = structlog.get_logger()

MOST_SYMBOLS = 2000
"""Symbols watched live; alerts about further ones are evaluated by the scheduled refresh and the sweeps."""
TOOL = "evaluate_alerts"
_GATHER_SECONDS = 0.05


class AlertWatch:
    """Listens to the live quotes of symbols with alerts and evaluates on each change; a `Worker`.

    One process at a time does so, under a lease. It is a reader of the hub like a browser's socket, so the live poller
    asks the provider for these symbols under its own budget and nothing is asked twice. A sweep evaluates all of them
    now and then: for what time alone changes, for portfolios, and for hints that were lost.

    Args:
        hub: The process's hub.
        leases: Leases in the portfolios' table.
        symbols: Gives the symbols with alerts.
        evaluate: Lets alerts fire.
        measure: Told the tool's name and the milliseconds of each evaluation.
        sweep_seconds: Interval of sweeps.
    """

    name = "alert-watch"

    def __init__(
        self,
        hub: Hub,
        leases: Leases,
        symbols: Callable[[], Awaitable[Sequence[str]]],
        evaluate: Evaluates,
        *,
        measure: Callable[[str, float], None],
        sweep_seconds: float = 60.0,
    ) -> None:
        self._hub = hub
        self._leases = leases
        self._symbols = symbols
        self._evaluate = evaluate
        self._measure = measure
        self._sweep_seconds = sweep_seconds

    async def run(self, stop: asyncio.Event) -> None:
        """Watch whenever nobody else does, until stopped."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                lease = await self._try_acquire()
                if lease is not None:
                    await self._hold(lease, stopping)
                await asyncio.wait({stopping}, timeout=self._leases.renew_seconds)
        finally:
            stopping.cancel()

    async def _try_acquire(self) -> Lease | None:
        try:
            with suppress_instrumentation():
                return await self._leases.try_acquire(self.name)
        except StockToolError as error:
            log.warning("alert_watch_waits", detail=error.message)
            return None

    async def _hold(self, lease: Lease, stopping: asyncio.Task[bool]) -> None:
        subscription = self._hub.subscribe(capacity=MOST_SYMBOLS)
        keeping = asyncio.create_task(lease.keep())
        losing = asyncio.create_task(lease.lost.wait())
        watching = asyncio.create_task(self._watch(subscription))
        try:
            await asyncio.wait({stopping, losing, watching}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            subscription.close()
            for task in (watching, keeping, losing):
                task.cancel()
            await asyncio.wait({watching, keeping, losing})
            with suppress(StockToolError):
                await lease.release()
        if not watching.cancelled():
            watching.result()  # it ends by itself only by a bug: let the process see it

    async def _watch(self, subscription: Subscription) -> None:
        due = 0.0
        while True:
            now = time.monotonic()
            if now >= due:
                await self._sweep(subscription)
                due = time.monotonic() + self._sweep_seconds
                continue
            changed = await _changed(subscription, due - now)
            if changed:
                await self._judge(sorted(changed), portfolios=False)

    async def _sweep(self, subscription: Subscription) -> None:
        try:
            with suppress_instrumentation():
                symbols = list(await self._symbols())[:MOST_SYMBOLS]
        except StockToolError as error:
            log.warning("alert_symbols_unknown", detail=error.message)
            return
        wanted = {subject_of(symbol) for symbol in symbols}
        subscription.remove(subscription.subjects - wanted)
        subscription.add(wanted)
        await self._judge(symbols, portfolios=True)

    async def _judge(self, symbols: Sequence[str], *, portfolios: bool) -> None:
        started = time.perf_counter()
        try:
            with suppress_instrumentation():  # nobody's request
                done = await self._evaluate(symbols, portfolios=portfolios)
        except StockToolError as error:  # the next sweep looks again
            log.warning("alerts_not_evaluated", symbols=len(symbols), detail=error.message)
            return
        except Exception:  # a bug about one alert must not end the process that serves everybody
            log.exception("alerts_evaluation_broke", symbols=len(symbols))
            return
        self._measure(TOOL, (time.perf_counter() - started) * 1000)
        if done.fired or done.rearmed:
            log.info("alerts_evaluated", judged=done.judged, fired=done.fired, rearmed=done.rearmed)


async def _changed(subscription: Subscription, limit_seconds: float) -> set[str]:
    """Symbols that changed, waited for; what comes close together is one set."""
    found: set[str] = set()
    limit = limit_seconds
    with suppress(TimeoutError):
        while True:
            async with asyncio.timeout(limit):
                delivery = await subscription.next()
            if delivery is None:
                return found
            found.add(delivery.event.id)
            limit = _GATHER_SECONDS
            if len(found) >= MOST_SYMBOLS:
                return found
    return found
