"""Asks for quotes, and keeps from the cache what cannot be a price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import structlog
from stocktool_kit.core.clock import Clock, MarketClock
from stocktool_kit.core.errors import StockToolError

from stocktool_stock.application.known_symbols import KnownSymbols
from stocktool_stock.application.provider_health import ProviderHealth
from stocktool_stock.application.provider_ports import MarketProvider
from stocktool_stock.application.quarantine import Quarantine
from stocktool_stock.application.suggest import suggestions
from stocktool_stock.domain.bars import Fault, is_archived
from stocktool_stock.domain.prints import fault_of_quote, verdict_of_bars
from stocktool_stock.domain.quotes import ProviderUnavailable, Quote, SymbolNotFound

_FIRST_ZONE = timedelta(hours=14)  # where the day begins before all others
_RECENT = timedelta(days=30)
_DOUBTED = timedelta(minutes=10)

log = structlog.get_logger()


class FetchQuotes:
    """Asks the provider for quotes, all in one call, and for names near the symbols it does not know.

    A print that cannot be a price is put into quarantine, and the last good one stays. One that only jumped is looked
    up in the bars of the last days: a split, or sessions that agree with it, make it a price.

    Args:
        provider: Asked.
        health: Told of the sources that answered.
        clock: The market's.
        real: Real time.
        quarantine: Told of the prints kept aside.
        known_symbols: Told of the symbols that exist.
    """

    def __init__(
        self,
        provider: MarketProvider,
        health: ProviderHealth,
        *,
        clock: MarketClock,
        real: Clock,
        quarantine: Quarantine,
        known_symbols: KnownSymbols,
    ) -> None:
        self._provider = provider
        self._health = health
        self._clock = clock
        self._real = real
        self._quarantine = quarantine
        self._known_symbols = known_symbols
        self._doubted: dict[str, tuple[Fault, datetime]] = {}

    async def __call__(
        self, symbols: Sequence[str], known: Mapping[str, Quote]
    ) -> Mapping[str, Quote | SymbolNotFound]:
        """Fetch."""
        told = await self._provider.quotes(symbols)
        answered: dict[str, Quote | SymbolNotFound] = {}
        for symbol, quote in told.items():
            if quote is None:
                continue
            if not is_archived(quote.source):
                self._health.answered(quote.source)
            good = await self._judged(quote, known.get(symbol))
            if good is not None:
                answered[symbol] = good
        if symbols and told and not answered and all(told.values()):
            raise ProviderUnavailable("the only prices given cannot be prices, and were kept aside")
        await self._known_symbols.add([symbol for symbol, quote in told.items() if quote is not None])
        unknown = [symbol for symbol in symbols if symbol in told and told[symbol] is None and symbol not in known]
        for symbol, near in (await suggestions(self._provider, unknown)).items():
            answered[symbol] = SymbolNotFound(symbol, near)
        return answered

    async def _judged(self, quote: Quote, known: Quote | None) -> Quote | None:
        """The quote if it can be a price, else the one that was known, if any."""
        latest = (self._clock.now() + _FIRST_ZONE).date()
        if known is not None and known.price.currency == quote.price.currency:
            last_good, since = float(known.price.amount), known.as_of.date()
        elif quote.previous_close is not None:
            last_good, since = float(quote.previous_close.amount), quote.as_of.date() - timedelta(days=5)
        else:
            last_good, since = None, quote.as_of.date()
        price, day = float(quote.price.amount), quote.as_of.date()
        fault = fault_of_quote(price, day, latest=latest, last_good=last_good)
        if fault in {Fault.HUNDREDFOLD, Fault.JUMP} and last_good is not None:
            fault = await self._looked_up(quote.symbol, price, fault, (since, last_good), latest)
        if fault is None:
            self._doubted.pop(quote.symbol, None)
            return quote
        if day in await self._quarantine.released(quote.symbol, "quote"):
            return quote
        await self._quarantine.keep_quote(quote, fault, last_good)
        return known

    async def _looked_up(
        self, symbol: str, price: float, fault: Fault, last: tuple[date, float], latest: date
    ) -> Fault | None:
        """What the bars of the last days make of a jump; asked for anew every ten minutes while it lasts."""
        doubted = self._doubted.get(symbol)
        if doubted is not None and self._real.now() < doubted[1]:
            return doubted[0]
        verdict: Fault | None = fault
        try:
            recent = await self._provider.bars(symbol, last[0] - _RECENT)
        except StockToolError as error:
            log.warning("print_not_looked_up", symbol=symbol, reason=error.reason)
            recent = None
        if recent is not None and len(recent):
            verdict = verdict_of_bars(price, last, fault, recent, latest=latest)
        if verdict is not None:
            self._doubted[symbol] = (verdict, self._real.now() + _DOUBTED)
        return verdict
