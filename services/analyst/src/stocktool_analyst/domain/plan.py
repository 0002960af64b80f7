"""Which tools a question needs, in rounds: what one round gives, the next may ask with."""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeAlias

from stocktool_analyst.domain import errand_plans, trial
from stocktool_analyst.domain.companies import distance
from stocktool_analyst.domain.question import Ask, Period, Question, Span, Topic
from stocktool_analyst.domain.results import error_of, instruments, output_of, rows, text
from stocktool_analyst.domain.tools import Call, Json, JsonObject, Result, Tool, fill

TOOL_OF: Mapping[Topic, str] = {
    Topic.PERFORMANCE: "get_performance",
    Topic.RISK: "get_risk",
    Topic.HOLDINGS: "get_holdings",
    Topic.ALLOCATION: "get_allocation",
    Topic.CONTRIBUTION: "get_contribution",
    Topic.INCOME: "get_income",
    Topic.TAX_LOTS: "get_tax_lots",
    Topic.EXPLAIN: "explain_figure",
    Topic.TRANSACTIONS: "list_transactions",
    Topic.PORTFOLIOS: "list_portfolios",
    Topic.RECORD: "propose_transaction",
    Topic.XRAY: "get_xray",
    Topic.WHAT_IF: "what_if",
    Topic.REBALANCE: "plan_rebalance",
    Topic.OPTIMISE: "optimise_portfolio",
    Topic.MARKET: "get_market_status",
    Topic.QUOTE: "get_quotes",
    Topic.BARS: "get_bars",
    Topic.COMPARE: "compare_symbols",
    Topic.PROFILE: "get_profile",
    Topic.FUNDAMENTALS: "get_fundamentals",
    Topic.EARNINGS: "get_earnings",
    Topic.DIVIDENDS: "get_dividends",
    Topic.MOVERS: "get_movers",
    Topic.NEWS: "list_news",
    Topic.DOCUMENTS: "search_documents",
    Topic.PAGE: "read_page",
    **errand_plans.TOOLS,
}
_BY_SYMBOL = frozenset(
    {
        Topic.QUOTE,
        Topic.BARS,
        Topic.INDICATORS,
        Topic.COMPARE,
        Topic.PROFILE,
        Topic.FUNDAMENTALS,
        Topic.EARNINGS,
        Topic.DIVIDENDS,
        Topic.NEWS,
    }
)
AGAINST_BENCHMARK = frozenset({"beta", "alpha_annual", "correlation", "tracking_error", "information_ratio"})
_SEARCHED = 5
_MOST_SYMBOLS = 3

_Wanted: TypeAlias = Iterator[tuple[str, dict[str, Json]]]


def next_calls(question: Question, tools: Sequence[Tool], done: Sequence[Result], today: str) -> list[Call]:
    """The calls of the next round; empty when the answer can be written.

    Args:
        question: What is asked.
        tools: What the request offers.
        done: Calls made for this question so far.
        today: The market's day, empty when unknown.
    """
    offered = {tool.name: tool for tool in tools}
    made = {_key(result.call) for result in done}
    calls: list[Call] = []
    for ask in question.asks:
        for name, wanted in _wanted(ask, done):
            if name in offered:
                call = Call(name, fill(offered[name], wanted | _span(ask.span, offered[name], today)))
                if _key(call) not in made:
                    made.add(_key(call))
                    calls.append(call)
    return calls or [call for call in _again(offered, done) if _key(call) not in made]


def missing_tools(question: Question, tools: Sequence[Tool]) -> list[Topic]:
    """Topics of the question that the offered tools cannot serve."""
    offered = {tool.name for tool in tools}
    return [topic for topic in question.topics if topic in TOOL_OF and TOOL_OF[topic] not in offered]


def resolved(done: Sequence[Result]) -> list[str]:
    """Symbols that searches found: the best of each."""
    found = [instruments(result.output) for result in done if result.call.tool == "search_instruments"]
    return list(dict.fromkeys(symbols[0] for symbols in found if symbols))


def _key(call: Call) -> tuple[str, str]:
    return call.tool, repr(sorted(call.arguments.items()))


def _wanted(ask: Ask, done: Sequence[Result]) -> _Wanted:
    symbols = list(ask.symbols) or (resolved(done) if ask.names else [])
    if ask.topic in _BY_SYMBOL:
        if not symbols:
            for name in ask.names:
                yield "search_instruments", {"query": name[:64], "limit": _SEARCHED}
        else:
            yield from _of_symbols(ask, symbols)
        return
    planner = _PLANNERS.get(ask.topic)
    if planner is not None:
        yield from planner(ask, done)
    elif ask.topic in TOOL_OF:
        yield TOOL_OF[ask.topic], _of_portfolio(ask)


def _of_portfolio(ask: Ask) -> dict[str, Json]:
    return {
        "portfolio": ask.portfolio or None,
        "benchmark": ask.benchmark or None,
        "by": ask.by or None,
        "limit": ask.count,
        "symbol": ask.symbols[0]
        if ask.symbols and ask.topic in (Topic.TAX_LOTS, Topic.TRANSACTIONS, Topic.EXPLAIN)
        else None,
        "figure": ask.figure or None,
    }


def _of_symbols(ask: Ask, symbols: list[str]) -> _Wanted:
    tool = TOOL_OF[ask.topic]
    if ask.topic is Topic.QUOTE:
        yield tool, {"symbols": list(symbols)}
    elif ask.topic is Topic.COMPARE:
        yield tool, {"symbols": list(dict.fromkeys([*symbols, *([ask.benchmark] if ask.benchmark else [])]))}
    else:
        for symbol in symbols[:_MOST_SYMBOLS]:
            given: dict[str, Json] = {"symbol": symbol, "limit": ask.count, "interval": ask.interval or None}
            yield tool, given | {"names": list(ask.indicators)}


def _advice(ask: Ask, _: Sequence[Result]) -> _Wanted:
    if ask.symbols:
        yield "get_quotes", {"symbols": list(ask.symbols)}
        yield "compare_symbols", {"symbols": list(ask.symbols), "period": Period.ONE_YEAR.value}
    else:
        yield "get_xray", {"portfolio": ask.portfolio or None}


def _define(ask: Ask, _: Sequence[Result]) -> _Wanted:
    if ask.term is not None and ask.term.tool:
        benchmark = ask.benchmark or ("SPY" if ask.term.key in AGAINST_BENCHMARK else None)
        given: dict[str, Json] = dict(ask.term.arguments)
        yield ask.term.tool, {"portfolio": ask.portfolio or None, "benchmark": benchmark, **given}


def _risk(ask: Ask, _: Sequence[Result]) -> _Wanted:
    relative = any(
        word in ask.text.lower() for word in ("beta", "alpha", "tracking error", "information ratio", "correlat")
    )
    yield "get_risk", _of_portfolio(ask) | {"benchmark": ask.benchmark or ("SPY" if relative else None)}


def _record(ask: Ask, _: Sequence[Result]) -> _Wanted:
    entry = ask.entry
    if entry is not None:
        given = {
            name: getattr(entry, name) or None
            for name in ("symbol", "quantity", "price", "amount", "fee", "currency", "date", "account")
        }
        yield "propose_transaction", {"portfolio": ask.portfolio or None, "type": entry.type, **given}


def _what_if(ask: Ask, done: Sequence[Result]) -> _Wanted:
    needed = list(trial.needs(ask))
    if any(not output_of(done, name) for name, _ in needed):
        yield from needed
    elif trades := trial.counted(ask, done):
        yield "what_if", {"portfolio": ask.portfolio or None, "trades": trades}


def _rebalance(ask: Ask, done: Sequence[Result]) -> _Wanted:
    weights = dict(ask.weights)
    if "" in weights:
        if not output_of(done, "get_holdings"):
            yield "get_holdings", {"portfolio": ask.portfolio or None}
            return
        held = [
            symbol
            for row in rows(output_of(done, "get_holdings"), "items", "holdings")
            if (symbol := text(row, "symbol"))
        ]
        weights = _equal(held[:50])
        if not weights:
            return
    targets: list[Json] = [{"symbol": symbol, "weight": float(weight)} for symbol, weight in weights.items()]
    yield (
        "plan_rebalance",
        {
            "portfolio": ask.portfolio or None,
            "targets": targets or None,
            "buy_only": ask.buy_only or None,
            "whole_shares": False if ask.fractions else None,
            "new_cash": ask.cash or None,
        },
    )


def _equal(symbols: list[str]) -> dict[str, Decimal]:
    """Weights that are as even as six digits allow and sum to one."""
    if not symbols:
        return {}
    share = (Decimal(1) / len(symbols)).quantize(Decimal("0.000001"))
    return {**dict.fromkeys(symbols, share), symbols[0]: 1 - share * (len(symbols) - 1)}


def _optimise(ask: Ask, _: Sequence[Result]) -> _Wanted:
    most = None if ask.most is None else float(ask.most)
    yield "optimise_portfolio", {"portfolio": ask.portfolio or None, "method": ask.method, "most_per_holding": most}


def _documents(ask: Ask, _: Sequence[Result]) -> _Wanted:
    yield "search_documents", {"query": ask.text[:1000], "top_k": _SEARCHED, "limit": _SEARCHED}


def _page(ask: Ask, done: Sequence[Result]) -> _Wanted:
    yield from _documents(ask, done)
    hits = rows(output_of(done, "search_documents"), "hits")
    if hits and (document := text(hits[0], "document_id")):
        yield "read_page", {"document_id": document, "page": ask.page}


_PLANNERS: Mapping[Topic, Callable[[Ask, Sequence[Result]], _Wanted]] = {
    Topic.ADVICE: _advice,
    Topic.DEFINE: _define,
    Topic.RISK: _risk,
    Topic.RECORD: _record,
    Topic.WHAT_IF: _what_if,
    Topic.REBALANCE: _rebalance,
    Topic.OPTIMISE: _optimise,
    Topic.DOCUMENTS: _documents,
    Topic.PAGE: _page,
    **errand_plans.PLANNERS,
}


def _again(offered: Mapping[str, Tool], done: Sequence[Result]) -> Iterator[Call]:
    """What may still help after an error: the same without its benchmark, the right name of a symbol or portfolio."""
    for result in done:
        arguments = result.call.arguments
        if not error_of(result.output):
            continue
        reason = text(result.output.get("error"), "reason")
        if reason == "PORTFOLIO_NOT_FOUND" and arguments.get("portfolio"):
            if name := _meant(str(arguments["portfolio"]), output_of(done, "list_portfolios")):
                yield Call(result.call.tool, {**arguments, "portfolio": name})
            elif "list_portfolios" in offered:
                yield Call("list_portfolios", fill(offered["list_portfolios"], {}))
        elif arguments.get("benchmark"):
            yield Call(result.call.tool, {**arguments, "benchmark": None})
        elif "NOT_FOUND" in reason and isinstance(arguments.get("symbol"), str) and "search_instruments" in offered:
            yield Call("search_instruments", fill(offered["search_instruments"], {"query": arguments["symbol"]}))


def _meant(name: str, portfolios: JsonObject) -> str:
    """The portfolio whose name is the given one but for its case or a letter or two; empty for none."""
    names = [text(row, "name") for row in rows(portfolios, "items")]
    near = [(distance(name.casefold(), each.casefold()), each) for each in names if each and each != name]
    closest = min(near, default=(3, ""))
    return closest[1] if closest[0] <= min(2, len(name) // 3) else ""


def _span(span: Span, tool: Tool, today: str) -> dict[str, Json]:
    """A range as a tool takes it: by name where it knows names, else by days."""
    properties = tool.parameters.get("properties")
    known = properties if isinstance(properties, dict) else {}
    if span.start or span.end:
        start = span.start
        if tool.name == "get_bars" and span.start == span.end:
            start = _days_before(span.start, 6)  # the day may have no session: the last one before it is meant
        if tool.name == "get_holdings":
            return {"as_of": span.end}
        return {"start": start or None, "end": span.end or None}
    if span.period is None:
        return {}
    if "period" in known:
        return {"period": span.period.value}
    return {"start": _first_day(span.period, today) or None}


def _first_day(period: Period, today: str) -> str:
    if not today:
        return ""
    now = date.fromisoformat(today)
    match period:
        case Period.YEAR_TO_DATE:
            return date(now.year, 1, 1).isoformat()
        case Period.ONE_YEAR:
            return date(
                now.year - 1, now.month, min(now.day, calendar.monthrange(now.year - 1, now.month)[1])
            ).isoformat()
        case Period.ONE_MONTH:
            before = now.replace(day=1) - timedelta(days=1)
            return before.replace(day=min(now.day, before.day)).isoformat()
        case _:
            return ""


def _days_before(day: str, days: int) -> str:
    return (date.fromisoformat(day) - timedelta(days=days)).isoformat()
