"""One question that is worth asking next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stocktool_analyst.domain.question import Question, Topic
from stocktool_analyst.domain.wording import Wording

AFTER: Mapping[Topic, Sequence[tuple[Topic, str]]] = {
    Topic.PERFORMANCE: ((Topic.CONTRIBUTION, "What drove my return?"), (Topic.RISK, "How risky is my portfolio?")),
    Topic.RISK: ((Topic.XRAY, "Check my portfolio"), (Topic.ALLOCATION, "How am I allocated by sector?")),
    Topic.HOLDINGS: (
        (Topic.PERFORMANCE, "How did I do this year against SPY?"),
        (Topic.ALLOCATION, "How am I allocated by sector?"),
    ),
    Topic.ALLOCATION: ((Topic.XRAY, "Check my portfolio"), (Topic.REBALANCE, "Rebalance to equal weights")),
    Topic.CONTRIBUTION: ((Topic.RISK, "How risky is my portfolio?"), (Topic.HOLDINGS, "What do I hold?")),
    Topic.INCOME: ((Topic.TAX_LOTS, "What did I realise this year?"),),
    Topic.TAX_LOTS: ((Topic.INCOME, "How much income did I get this year?"),),
    Topic.EXPLAIN: ((Topic.CONTRIBUTION, "What drove my return?"),),
    Topic.TRANSACTIONS: ((Topic.TAX_LOTS, "What did I realise this year?"),),
    Topic.XRAY: (
        (Topic.REBALANCE, "Rebalance to equal weights"),
        (Topic.OPTIMISE, "Which weights carry the least risk?"),
    ),
    Topic.WHAT_IF: ((Topic.XRAY, "Check my portfolio"),),
    Topic.REBALANCE: ((Topic.OPTIMISE, "Which weights carry the least risk?"),),
    Topic.OPTIMISE: ((Topic.REBALANCE, "Rebalance to equal weights"),),
    Topic.PORTFOLIOS: ((Topic.HOLDINGS, "What do I hold?"),),
    Topic.RECORD: ((Topic.HOLDINGS, "What do I hold?"),),
    Topic.DEFINE: (
        (Topic.PERFORMANCE, "How did I do this year against SPY?"),
        (Topic.RISK, "How risky is my portfolio?"),
    ),
    Topic.QUOTE: ((Topic.COMPARE, "How did {symbol} do this year against SPY?"),),
    Topic.BARS: ((Topic.COMPARE, "How did {symbol} do this year against SPY?"),),
    Topic.COMPARE: ((Topic.HOLDINGS, "How many {symbol} do I hold?"),),
    Topic.PROFILE: ((Topic.FUNDAMENTALS, "What are the fundamentals of {symbol}?"),),
    Topic.FUNDAMENTALS: ((Topic.EARNINGS, "When does {symbol} report earnings?"),),
    Topic.EARNINGS: ((Topic.FUNDAMENTALS, "What are the fundamentals of {symbol}?"),),
    Topic.DIVIDENDS: ((Topic.INCOME, "How much income did I get this year?"),),
    Topic.NEWS: ((Topic.COMPARE, "How did {symbol} do this year against SPY?"),),
    Topic.MOVERS: ((Topic.HOLDINGS, "What do I hold?"),),
    Topic.INDICATORS: ((Topic.COMPARE, "How did {symbol} do this year against SPY?"),),
    Topic.OVERVIEW: ((Topic.HOLDINGS, "What do I hold?"),),
    Topic.PROJECT: ((Topic.RISK, "How risky is my portfolio?"),),
    Topic.WATCH: ((Topic.WATCHES, "What alerts do I have?"),),
    Topic.BACKTEST: ((Topic.WATCHES, "What alerts do I have?"),),
    Topic.ANALYSE: ((Topic.ANALYSIS, "Is my analysis ready?"),),
    Topic.ANALYSIS: ((Topic.XRAY, "Check my portfolio"),),
    Topic.CALCULATE: ((Topic.HOLDINGS, "What do I hold?"),),
    Topic.MARKET: ((Topic.MOVERS, "What are the largest movers of the day?"),),
    Topic.ADVICE: ((Topic.HOLDINGS, "What do I hold?"), (Topic.RISK, "How risky is my portfolio?")),
}


def next_question(question: Question, say: Wording) -> str:
    """A question that follows from this one and was not asked in it; empty when there is none."""
    asked = set(question.topics)
    for ask in reversed(question.asks):
        for topic, words in AFTER.get(ask.topic, ()):
            if (
                topic in asked
                or ("{symbol}" in words and not ask.symbols)
                or ("against SPY" in words and "SPY" in ask.symbols)
            ):
                continue
            return say(words, symbol=ask.symbols[0] if ask.symbols else "")
    return ""
