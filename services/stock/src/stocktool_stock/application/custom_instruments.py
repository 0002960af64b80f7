"""Instruments of a user's own within a portfolio: make, change, price, remove."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from stocktool_kit.core.caller import Caller
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.once import once

from stocktool_stock.application.ledger_ports import InstrumentShelf
from stocktool_stock.application.market_ports import FxRates, MarketStatus
from stocktool_stock.application.ports import Change, PortfolioStore
from stocktool_stock.application.records import Record
from stocktool_stock.domain.custom_instruments import (
    MAX_INSTRUMENTS,
    CustomInstrument,
    InstrumentExists,
    InstrumentInUse,
    InstrumentNotFound,
    check_instrument,
    read_custom_symbol,
    read_prices,
)
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId, StaleVersion

Edit = Callable[[Portfolio, CustomInstrument | None], Awaitable[CustomInstrument | None]]
"""Works a change out on what there is: None stands for an instrument that is not there."""


@dataclass(frozen=True, slots=True)
class InstrumentChange:
    """A change of an instrument; None keeps what there is. The currency stays: its prices are in it."""

    name: str | None = None
    asset_class: str | None = None
    sector: str | None = None
    country: str | None = None
    stale_after: int | None = None


class CustomInstruments:
    """The instruments of portfolios. Every write grows the portfolio's version and tells its history."""

    def __init__(self, store: PortfolioStore, shelf: InstrumentShelf, rates: FxRates, market: MarketStatus) -> None:
        self._store = store
        self._shelf = shelf
        self._rates = rates
        self._market = market

    def today(self) -> date:
        """The market's day, by which prices are stale or not."""
        return self._market.today()

    async def list(self, caller: Caller, portfolio_id: PortfolioId) -> Sequence[CustomInstrument]:
        """All of a portfolio, at most a hundred, by symbol.

        Raises:
            PortfolioNotFound: None by this id is the caller's.
        """
        await self._store.get(caller.owner, portfolio_id)
        return await self._shelf.instruments(portfolio_id)

    async def get(self, caller: Caller, portfolio_id: PortfolioId, symbol: str) -> CustomInstrument:
        """One of them.

        Raises:
            PortfolioNotFound: None by this id is the caller's.
            InstrumentNotFound: None by this symbol is there.
        """
        await self._store.get(caller.owner, portfolio_id)
        return await self._shelf.instrument(portfolio_id, read_custom_symbol(symbol, "symbol"))

    async def create(
        self, caller: Caller, portfolio_id: PortfolioId, draft: CustomInstrument, *, key: IdempotencyKey | None = None
    ) -> CustomInstrument:
        """Make one.

        Raises:
            InvalidArgument: Something cannot be taken; each violation names its field.
            InstrumentExists: One by this symbol is there.
            PortfolioNotFound: None by this id is the caller's.
        """
        symbol = read_custom_symbol(draft.symbol, "/symbol")
        new = check_instrument(replace(draft, symbol=symbol), await self._rates.currencies())

        async def edit(_: Portfolio, found: CustomInstrument | None) -> CustomInstrument:
            if found is not None:
                raise InstrumentExists("the portfolio has an instrument by this symbol", symbol=symbol)
            if len(await self._shelf.instruments(portfolio_id)) >= MAX_INSTRUMENTS:
                raise InvalidArgument.of("/symbol", f"a portfolio has at most {MAX_INSTRUMENTS} instruments of its own")
            return new

        return await self._write(caller, portfolio_id, symbol, edit, action="instrument.created", key=key)

    async def update(
        self,
        caller: Caller,
        portfolio_id: PortfolioId,
        symbol: str,
        change: InstrumentChange,
        *,
        key: IdempotencyKey | None = None,
    ) -> CustomInstrument:
        """Change one.

        Raises:
            InvalidArgument: Something cannot be taken; each violation names its field.
            InstrumentNotFound: None by this symbol is there.
            PortfolioNotFound: None by this id is the caller's.
        """
        symbol = read_custom_symbol(symbol, "symbol")
        currencies = await self._rates.currencies()
        told = {name: getattr(change, name) for name in ("name", "asset_class", "sector", "country", "stale_after")}
        told = {name: value for name, value in told.items() if value is not None}

        async def edit(_: Portfolio, found: CustomInstrument | None) -> CustomInstrument:
            return check_instrument(replace(_there(found, symbol), **told), currencies)

        return await self._write(caller, portfolio_id, symbol, edit, action="instrument.updated", key=key)

    async def delete(
        self, caller: Caller, portfolio_id: PortfolioId, symbol: str, *, key: IdempotencyKey | None = None
    ) -> None:
        """Remove one that no transaction names.

        Raises:
            InstrumentInUse: Transactions that stand name it.
            InstrumentNotFound: None by this symbol is there.
            PortfolioNotFound: None by this id is the caller's.
        """
        symbol = read_custom_symbol(symbol, "symbol")

        async def edit(portfolio: Portfolio, found: CustomInstrument | None) -> None:
            ledger = await self._store.ledger(portfolio)
            if any(symbol in entry.symbols for entry in ledger.standing):
                raise InstrumentInUse("transactions of this portfolio name the instrument", symbol=symbol)
            _there(found, symbol)

        async def attempt() -> Record:
            await self._attempt(caller, portfolio_id, symbol, edit, action="instrument.deleted", key=key)
            return {}

        await once(lambda: self._store.earlier(key), attempt, stale=StaleVersion)

    async def set_prices(
        self,
        caller: Caller,
        portfolio_id: PortfolioId,
        symbol: str,
        rows: Sequence[tuple[date, str]],
        *,
        key: IdempotencyKey | None = None,
    ) -> CustomInstrument:
        """Set the prices of days; those of other days stay. Setting the same again changes nothing.

        Raises:
            InvalidArgument: A price cannot be taken; each violation names its place.
            InstrumentNotFound: None by this symbol is there.
            PortfolioNotFound: None by this id is the caller's.
        """
        symbol = read_custom_symbol(symbol, "symbol")
        prices = read_prices(rows, self._market.today())

        async def edit(_: Portfolio, found: CustomInstrument | None) -> CustomInstrument:
            return _there(found, symbol).priced(prices)

        detail = {"prices": len(prices)}
        return await self._write(caller, portfolio_id, symbol, edit, action="instrument.priced", key=key, detail=detail)

    async def delete_prices(
        self,
        caller: Caller,
        portfolio_id: PortfolioId,
        symbol: str,
        *,
        start: date | None = None,
        end: date | None = None,
        key: IdempotencyKey | None = None,
    ) -> CustomInstrument:
        """Remove the prices of a range of days, both included; by default all.

        Raises:
            InstrumentNotFound: None by this symbol is there.
            PortfolioNotFound: None by this id is the caller's.
        """
        symbol = read_custom_symbol(symbol, "symbol")

        async def edit(_: Portfolio, found: CustomInstrument | None) -> CustomInstrument:
            return _there(found, symbol).unpriced(start, end)

        return await self._write(caller, portfolio_id, symbol, edit, action="instrument.unpriced", key=key)

    async def _write(
        self,
        caller: Caller,
        portfolio_id: PortfolioId,
        symbol: str,
        edit: Edit,
        *,
        action: str,
        key: IdempotencyKey | None,
        detail: Mapping[str, str | int] | None = None,
    ) -> CustomInstrument:
        """Write a change that leaves the instrument there, once per request."""

        async def earlier() -> CustomInstrument | None:
            if await self._store.earlier(key) is None:
                return None
            return _there(await self._found(portfolio_id, symbol), symbol)

        async def attempt() -> CustomInstrument:
            done = await self._attempt(caller, portfolio_id, symbol, edit, action=action, key=key, detail=detail)
            return _there(done, symbol)

        return await once(earlier, attempt, stale=StaleVersion)

    async def _attempt(
        self,
        caller: Caller,
        portfolio_id: PortfolioId,
        symbol: str,
        edit: Edit,
        *,
        action: str,
        key: IdempotencyKey | None,
        detail: Mapping[str, str | int] | None = None,
    ) -> CustomInstrument | None:
        """Work a change out and write it; one that changes nothing is not written."""
        portfolio = await self._store.get(caller.owner, portfolio_id)
        found = await self._found(portfolio_id, symbol)
        after = await edit(portfolio, found)
        if after == found:
            return found
        answer: Record = {"version": portfolio.version + 1}
        change = Change(
            replace(portfolio, version=portfolio.version + 1),
            portfolio.version,
            caller.subject,
            action,
            answer,
            key,
            instruments=[] if after is None else [after],
            removed_instruments=[symbol] if after is None else [],
            about=symbol,
            detail=detail or {},
        )
        if await self._store.commit(change) != answer:  # the same request was quicker, on another version
            return await self._found(portfolio_id, symbol)
        return after

    async def _found(self, portfolio_id: PortfolioId, symbol: str) -> CustomInstrument | None:
        try:
            return await self._shelf.instrument(portfolio_id, symbol)
        except InstrumentNotFound:
            return None


def _there(found: CustomInstrument | None, symbol: str) -> CustomInstrument:
    if found is None:
        raise InstrumentNotFound("no such instrument in this portfolio", symbol=symbol)
    return found
