"""Trades to try, as the tool takes them: in shares, counted from what is held and from last prices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_DOWN, Decimal, InvalidOperation

from stocktool_analyst.domain.question import Ask
from stocktool_analyst.domain.results import find, output_of, rows, text
from stocktool_analyst.domain.tools import Json, JsonObject, Result
from stocktool_analyst.domain.trades import Trade

_SHARE = Decimal("0.0001")
_MOST = 20


def needs(ask: Ask) -> Iterator[tuple[str, dict[str, Json]]]:
    """What has to be known before the trades can be counted in shares."""
    if any(trade.fraction is not None for trade in ask.trades):
        yield "get_holdings", {"portfolio": ask.portfolio or None}
    priced = [trade.symbol for trade in ask.trades if trade.symbol and (trade.amount or _proceeds(ask.trades))]
    if priced:
        yield "get_quotes", {"symbols": list(dict.fromkeys(priced))}


def counted(ask: Ask, done: Sequence[Result]) -> list[Json]:
    """The trades in shares; empty when one of them cannot be counted."""
    holdings = {text(row, "symbol"): row for row in rows(output_of(done, "get_holdings"), "items", "holdings")}
    prices = {
        text(row, "symbol"): _number(find(row.get("price"), "amount"))
        for row in rows(output_of(done, "get_quotes"), "items", "quotes")
    }
    trades: list[Json] = []
    proceeds = Decimal(0)
    for trade in _spread(ask.trades, holdings):
        quantity = _quantity(trade, holdings, prices, proceeds)
        if quantity <= 0:
            return []
        if trade.side == "sell":
            proceeds += quantity * prices.get(trade.symbol, Decimal(0))
        trades.append(
            {
                "type": trade.side,
                "symbol": trade.symbol,
                "quantity": f"{quantity.normalize():f}",
            }
        )
    return trades[:_MOST]


def _spread(trades: Sequence[Trade], holdings: dict[str, JsonObject]) -> Iterator[Trade]:
    for trade in trades:
        if trade.symbol:
            yield trade
        else:
            yield from (Trade(trade.side, symbol, fraction=trade.fraction) for symbol in sorted(holdings))


def _quantity(trade: Trade, holdings: dict[str, JsonObject], prices: dict[str, Decimal], proceeds: Decimal) -> Decimal:
    if trade.quantity:
        return _number(trade.quantity)
    price = prices.get(trade.symbol, Decimal(0))
    if trade.fraction is not None and trade.side == "sell":
        held = _number(holdings.get(trade.symbol, {}).get("quantity"))
        return held if trade.fraction == 1 else (held * trade.fraction).quantize(_SHARE, ROUND_DOWN)
    amount = _number(trade.amount) if trade.amount else proceeds * (trade.fraction or Decimal(0))
    return (amount / price).quantize(_SHARE, ROUND_DOWN) if price > 0 else Decimal(0)


def _proceeds(trades: Sequence[Trade]) -> bool:
    return any(trade.side == "buy" and trade.fraction is not None for trade in trades)


def _number(value: Json) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return Decimal(0)
    return number if number.is_finite() and abs(number) < 10**12 else Decimal(0)
