"""Instruments of a user's own: one item each, `I#<symbol>` in the portfolio's partition, with its prices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from stocktool_kit.aws.table import Delete, Key, Put, Table

from stocktool_stock.adapters.ledger_log import partition
from stocktool_stock.application.ports import Change
from stocktool_stock.domain.custom_instruments import CustomInstrument, InstrumentNotFound
from stocktool_stock.domain.ledger import plain
from stocktool_stock.domain.portfolio import PortfolioId

_TEXTS = ("symbol", "name", "currency", "asset_class", "sector", "country")


class DynamoDBInstruments:
    """The `InstrumentShelf` of the mesh.

    Args:
        table: `stocktool-portfolios`.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    async def instruments(self, portfolio_id: PortfolioId) -> Sequence[CustomInstrument]:
        """All of a portfolio, by symbol."""
        mine = Key("pk").eq(partition(portfolio_id)) & Key("sk").begins_with("I#")
        return [_instrument(item) async for item in self._table.query_all(mine)]

    async def instrument(self, portfolio_id: PortfolioId, symbol: str) -> CustomInstrument:
        """One of them."""
        item = await self._table.get(_key(portfolio_id, symbol))
        if item is None:
            raise InstrumentNotFound("no such instrument in this portfolio", symbol=symbol)
        return _instrument(item)


def instrument_operations(change: Change) -> list[Put | Delete]:
    """What a write does to instruments; the head's version, on which it depends, guards against lost updates."""
    portfolio_id = change.portfolio.id
    puts = [Put(_item(portfolio_id, instrument)) for instrument in change.instruments]
    return [*puts, *(Delete(_key(portfolio_id, symbol)) for symbol in change.removed_instruments)]


def _key(portfolio_id: str, symbol: str) -> dict[str, str]:
    return {"pk": partition(portfolio_id), "sk": f"I#{symbol}"}


def _item(portfolio_id: str, instrument: CustomInstrument) -> dict[str, Any]:
    return {
        **_key(portfolio_id, instrument.symbol),
        **{name: getattr(instrument, name) for name in _TEXTS},
        "stale_after": instrument.stale_after,
        "prices": {day.isoformat(): plain(price) for day, price in instrument.prices},
    }


def _instrument(item: dict[str, Any]) -> CustomInstrument:
    prices = sorted(item["prices"].items())
    return CustomInstrument(
        **{name: item[name] for name in _TEXTS},
        stale_after=int(item["stale_after"]),
        prices=tuple((date.fromisoformat(day), Decimal(price)) for day, price in prices),
    )
