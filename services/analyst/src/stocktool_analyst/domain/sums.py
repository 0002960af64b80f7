"""Questions for a sum over prices or holdings, whichever language asks."""

from __future__ import annotations

from collections.abc import Sequence

from stocktool_analyst.domain.ask import Ask, Question
from stocktool_analyst.domain.errands import Sum
from stocktool_analyst.domain.topics import Topic


def shares_at_price(text: str, count: str, symbol: str) -> Question:
    """What so many shares of a symbol come to."""
    return _summed(text, (symbol,), Sum("get_quotes", f"{count} * a", (("a", _price(symbol)),)))


def between_prices(text: str, expression: str, symbols: Sequence[str]) -> Question:
    """An expression in the prices `a` and `b` of two symbols."""
    operands = tuple((name, _price(symbol)) for name, symbol in zip("ab", symbols, strict=True))
    return _summed(text, tuple(symbols), Sum("get_quotes", expression, operands))


def of_total(text: str, expression: str, portfolio: str) -> Question:
    """An expression in the value `a` of a portfolio."""
    return _summed(text, (), Sum("get_holdings", expression, (("a", "total"),)), portfolio)


def worth_together(text: str, symbols: Sequence[str], portfolio: str) -> Question:
    """What two to six holdings are worth in sum."""
    operands = tuple(
        (name, f"items[symbol={symbol}].market_value") for name, symbol in zip("abcdef", symbols, strict=False)
    )
    expression = " + ".join(name for name, _ in operands)
    return _summed(text, tuple(symbols), Sum("get_holdings", expression, operands), portfolio)


def _price(symbol: str) -> str:
    return f"items[symbol={symbol}].price"


def _summed(text: str, symbols: tuple[str, ...], figure: Sum, portfolio: str = "") -> Question:
    return Question(text, (Ask(Topic.CALCULATE, text, symbols=symbols, reckoning=figure, portfolio=portfolio),))
