"""Messages whose parts belong together: entries, trades, plans, questions to documents."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal

from stocktool_analyst.domain import topics as said
from stocktool_analyst.domain.amounts import MONEY, NUMBER, money_of, plain, read_weights
from stocktool_analyst.domain.ask import Ask, Question
from stocktool_analyst.domain.definitions import find_term
from stocktool_analyst.domain.errand_words import read_errand
from stocktool_analyst.domain.symbols import read_symbols
from stocktool_analyst.domain.topics import Topic
from stocktool_analyst.domain.trades import Trade, read_entry, read_trades

EXAMPLES = {
    "trade": ("What if I sold half my AAPL?", "What if I sold 10 AAPL and bought 5 JPM?"),
    "entry": ("Record that I bought 10 AAPL at 230 on 2024-11-20", "Record a deposit of 5,000 USD"),
    "weights": ("Rebalance to 60 % SPY and 40 % AAPL", "Rebalance to equal weights"),
    "portfolio": ("What do I hold?", "How did I do this year?"),
    "figure": ("How is my XIRR computed?", "How is my time-weighted return computed?"),
    "symbol": ("What is the price of AAPL?", "Compare AAPL and JPM this year"),
}
"""Questions to offer, by what was unclear."""
_METHODS = (
    ("risk_parity", r"risk parity|equal risk|same risk|even risk"),
    ("hrp", r"\bhrp\b|hierarchical"),
    ("max_sharpe", r"sharpe|risk[- ]adjusted|best return|tangency|highest return"),
    ("min_variance", r"risk|varianc|volatil|calm|safe|steady"),
)
_PORTFOLIO = re.compile(
    r"\b(?:my|the|our|in|of) [\"'\u201c]?(?P<name>[A-Z][\w&-]*(?: [A-Z][\w&-]*)*)[\"'\u201d]? portfolio\b"
    r"|\bportfolio (?:called |named )?[\"\u201c](?P<quoted>[^\"\u201d]{1,60})[\"\u201d]"
    r"|\bportfolio (?:called|named) (?P<named>[\w-]+)"
)


def read_whole(text: str, today: str) -> Question | None:
    """Read a message whose parts belong together; None for any other.

    Args:
        text: The message.
        today: The market's day, empty when unknown.
    """
    lowered = text.lower()
    found = said.found_in(lowered)
    trades = read_trades(text) if said.tries_trades(text) else ()
    readers: Sequence[Callable[[], Question | None]] = (
        lambda: _recorded(text, lowered, today),
        lambda: read_errand(text, read_portfolio(text)),
        lambda: _from_documents(text, lowered) if Topic.DOCUMENTS in found else None,
        lambda: _tried(text, trades) if trades and said.WHAT_IF.search(text) else None,
        lambda: _rebalanced(text, lowered) if Topic.REBALANCE in found else None,
        lambda: _optimised(text, lowered) if Topic.OPTIMISE in found else None,
        lambda: _advised(text, lowered),
        lambda: _tried(text, trades) if trades else None,
        lambda: _untold(text, lowered, found),
    )
    return next((question for read in readers if (question := read()) is not None), None)


def _recorded(text: str, lowered: str, today: str) -> Question | None:
    if not said.RECORD.search(text) or lowered.rstrip().endswith("?"):
        return None
    entry = read_entry(text, today)
    if entry is not None:
        symbols = (entry.symbol,) if entry.symbol else ()
        return Question(text, (Ask(Topic.RECORD, text, symbols=symbols, entry=entry, portfolio=read_portfolio(text)),))
    if re.search(r"\b(?:record|book|log|enter|register|i (?:bought|sold|deposited|withdrew))\b", lowered):
        return Question(text, suggestions=EXAMPLES["entry"])
    return None


def _from_documents(text: str, lowered: str) -> Question:
    page = re.search(r"\bpage (\d{1,4})\b", lowered)
    if page and int(page[1]) and re.search(r"\b(?:read|show|open|what(?:'s| is)? (?:is )?on|whole|text of)\b", lowered):
        return Question(text, (Ask(Topic.PAGE, text, page=int(page[1])),))
    return Question(text, (Ask(Topic.DOCUMENTS, text),))


def _optimised(text: str, lowered: str) -> Question | None:
    if re.search(r"^\W*(?:what(?:'s| is)|explain|define) |\bwhich of my\b", lowered):
        return None
    method = next((method for method, words in _METHODS if re.search(words, lowered)), "min_variance")
    most = re.search(
        r"\b(?:at most|max(?:imum)?(?: of)?|no more than|no \w+ (?:above|over)|up to"
        r"|cap(?:ped)? (?:at|of)|limit\w* (?:to|of|at)|under|below)"
        rf"\s+({NUMBER})\s?(?:%|percent|per cent|pct)",
        lowered,
    )
    share = Decimal(plain(most[1])) / 100 if most else None
    if share is not None and not 0 < share <= 1:
        share = None
    return Question(text, (Ask(Topic.OPTIMISE, text, method=method, most=share, portfolio=read_portfolio(text)),))


def _advised(text: str, lowered: str) -> Question | None:
    reads = re.search(r"\bhow (?:should|do) i (?:read|interpret|understand)\b", lowered) and find_term(lowered)
    if reads or not said.ADVICE.search(text):
        return None
    symbols = read_symbols(text).named[:5]
    return Question(text, (Ask(Topic.ADVICE, text, symbols=symbols, portfolio=read_portfolio(text)),))


def _untold(text: str, lowered: str, found: set[Topic]) -> Question | None:
    """A supposition that names no trades."""
    supposed = said.WHAT_IF.search(text) and re.search(r"\b(?:sold|sell|bought|buy|if i)\b", lowered)
    return Question(text, suggestions=EXAMPLES["trade"]) if supposed and Topic.QUOTE not in found else None


def read_portfolio(text: str) -> str:
    """Name of the portfolio a text speaks of, empty for none."""
    match = _PORTFOLIO.search(text)
    name = (match["name"] or match["quoted"] or match["named"] or "") if match else ""
    return name if name.lower() not in {"whole", "entire", "stock", "etf"} else ""


def _tried(text: str, trades: tuple[Trade, ...]) -> Question:
    if any(not trade.quantity and not trade.amount and trade.fraction is None for trade in trades):
        return Question(text, suggestions=EXAMPLES["trade"])
    symbols = tuple(dict.fromkeys(trade.symbol for trade in trades if trade.symbol))
    return Question(text, (Ask(Topic.WHAT_IF, text, symbols=symbols, trades=trades, portfolio=read_portfolio(text)),))


def _rebalanced(text: str, lowered: str) -> Question | None:
    if "rebalancing" in lowered and said.DEFINE.search(text):
        return None
    weights = read_weights(text)
    total = sum(weights.values(), Decimal(0))
    shares = re.search(r"\d\s?(?:%|percent)|\d/\d", lowered)
    if (shares and not weights) or total > 1:
        return Question(text, suggestions=EXAMPLES["weights"])
    if weights and total < 1:
        weights["CASH"] = weights.get("CASH", Decimal(0)) + 1 - total
    if not weights and re.search(r"\bequal(?:ly)?\b|\bevenly\b|same weight", lowered):
        weights = {"": Decimal(1)}
    money = re.search(MONEY, lowered)
    if said.ADVICE.search(text) and not weights and not money:
        return None
    bare = re.search(
        rf"\b(?:with|add(?:ing)?|plus|using|invest(?:ing)?)\s+({NUMBER})\s?(k\b|thousand\b)?(?!\s?(?:%|percent|/))"
        rf"|\b({NUMBER})\s?(k\b|thousand\b)? (?:more|extra|additional|new)\b",
        lowered,
    )
    cash = money_of(money)[0] if money else plain(bare[1] or bare[3], bare[2] or bare[4]) if bare else ""
    buy_only = bool(
        re.search(
            r"\bbuy(?:ing|s)?[- ]only\b|\bonly (?:buy|by buying|purchases)|\bwithout (?:selling"
            r"|sales)|\b(?:don'?t|do not|never|no) sell|\bnot sell|\bno sales|\bjust buy",
            lowered,
        )
    )
    fractions = bool(re.search(r"\bfraction(?:al|s)\b", lowered))
    ask = Ask(
        Topic.REBALANCE,
        text,
        weights=tuple(weights.items()),
        cash=cash,
        buy_only=buy_only,
        fractions=fractions,
        portfolio=read_portfolio(text),
    )
    return Question(text, (ask,))
