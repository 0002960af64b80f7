"""Which tools a question needs, in rounds: what one round gives, the next may ask with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from stocktool_analyst.domain.question import Period, Question, Topic
from stocktool_analyst.domain.results import instruments
from stocktool_analyst.domain.tools import Call, Json, Result, Tool, fill

_TOOLS: Mapping[Topic, str] = {
    Topic.PERFORMANCE: "get_performance",
    Topic.RISK: "get_risk",
    Topic.HOLDINGS: "get_holdings",
    Topic.ALLOCATION: "get_allocation",
    Topic.TRANSACTIONS: "list_transactions",
    Topic.MARKET: "get_market_status",
    Topic.DOCUMENTS: "search_documents",
    Topic.QUOTE: "get_quotes",
    Topic.COMPARE: "compare_symbols",
    Topic.NEWS: "list_news",
}
_BY_SYMBOL = frozenset({Topic.QUOTE, Topic.COMPARE, Topic.NEWS})
_TOP_K = 5


def next_calls(question: Question, tools: Sequence[Tool], done: Sequence[Result], today: str) -> list[Call]:
    """The calls of the next round; empty when the answer can be written.

    Args:
        question: What is asked.
        tools: What the request offers.
        done: Calls made for this question so far.
        today: The market's day, empty when unknown.
    """
    offered = {tool.name: tool for tool in tools}
    made = {(result.call.tool, repr(sorted(result.call.arguments.items()))) for result in done}
    calls = [
        Call(name, fill(offered[name], wanted)) for name, wanted in _wanted(question, done, today) if name in offered
    ]
    return [call for call in calls if (call.tool, repr(sorted(call.arguments.items()))) not in made]


def missing_tools(question: Question, tools: Sequence[Tool]) -> list[Topic]:
    """Topics of the question that the offered tools cannot serve."""
    offered = {tool.name for tool in tools}
    return [topic for topic in question.topics if topic in _TOOLS and _TOOLS[topic] not in offered]


def _wanted(question: Question, done: Sequence[Result], today: str) -> Iterator[tuple[str, dict[str, Json]]]:
    symbols = list(question.symbols) or resolved(done)
    span = _span(question, today)
    for topic in question.topics:
        if topic not in _TOOLS:
            continue
        if topic in _BY_SYMBOL and not symbols:
            for name in question.names:
                yield "search_instruments", {"query": name, "page_size": _TOP_K, "limit": _TOP_K}
            continue
        if topic is Topic.COMPARE:
            compared = [*symbols, *([question.benchmark] if question.benchmark else [])]
            yield _TOOLS[topic], {"symbols": list(compared), **span}
        elif topic is Topic.QUOTE:
            yield _TOOLS[topic], {"symbols": list(symbols)}
        elif topic is Topic.NEWS:
            for symbol in symbols[:2]:
                yield _TOOLS[topic], {"symbol": symbol, "page_size": _TOP_K, "limit": _TOP_K}
        elif topic is Topic.ALLOCATION:
            yield _TOOLS[topic], {"by": question.by}
        elif topic is Topic.DOCUMENTS:
            yield _TOOLS[topic], {"query": question.text, "top_k": _TOP_K}
        elif topic in (Topic.PERFORMANCE, Topic.RISK):
            yield _TOOLS[topic], {"benchmark": question.benchmark or None, **span}
        else:
            yield _TOOLS[topic], {}


def resolved(done: Sequence[Result]) -> list[str]:
    """Symbols that searches found: the best of each."""
    found = [instruments(result.output) for result in done if result.call.tool == "search_instruments"]
    return list(dict.fromkeys(symbols[0] for symbols in found if symbols))


def _span(question: Question, today: str) -> dict[str, Json]:
    if question.start or question.end:
        return {"start": question.start or None, "end": question.end or None}
    span: dict[str, Json] = {"period": question.period.value if question.period else None}
    if question.period is Period.YEAR_TO_DATE and today:
        span["start"] = None  # a tool that knows the period by name needs no dates
    return span
