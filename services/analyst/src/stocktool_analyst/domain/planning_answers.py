"""Paragraphs on plans: trades tried, weights aimed at, and entries that wait for approval."""

from __future__ import annotations

from stocktool_analyst.domain import phrases
from stocktool_analyst.domain.results import entries, number, obj, rows, text, undefined
from stocktool_analyst.domain.tools import Json, JsonObject

_ROWS = 12


def what_if(output: JsonObject) -> str:
    """The portfolio before and after the trades."""
    before, after = obj(output, "before"), obj(output, "after")
    trades = [
        f"{text(row, 'type')} {phrases.quantity(row.get('quantity'))} {text(row, 'symbol')}"
        for row in rows(output, "trades")
    ]
    as_of = phrases.day(output.get("as_of"))
    lines = [
        f"If you did this{f' at the prices of {as_of}' if as_of else ''} ({phrases.listed(trades)}):"
        if trades
        else "If you did this:"
    ]
    gain = output.get("gain")
    if rows(output, "sales") and phrases.money(gain):
        lines[0] += (
            f" the sales would realise a {'loss' if phrases.negative(gain) else 'gain'} of **{phrases.money(gain)}**."
        )
    pairs = (
        ("Total", phrases.money(before.get("total")), phrases.money(after.get("total"))),
        ("Cash", phrases.money(before.get("cash_value")), phrases.money(after.get("cash_value"))),
        *((name, form(obj(before, "risk").get(key)), form(obj(after, "risk").get(key))) for name, key, form in _RISKS),
    )
    body = [[name, then, now] for name, then, now in pairs if then and now]
    lines += ["", phrases.table(["", "Before", "After"], body)] if body else []
    lines += _direction(obj(before, "risk"), obj(after, "risk"))
    held = sorted(rows(after, "holdings"), key=lambda row: -number(row, "weight"))[:5]
    if held:
        weights = {text(row, "symbol"): phrases.percent(row.get("weight")) for row in rows(before, "holdings")}
        table = [
            [text(row, "symbol"), weights.get(text(row, "symbol")) or "-", phrases.percent(row.get("weight"))]
            for row in held
        ]
        lines += ["", phrases.table(["Largest after", "Weight before", "Weight after"], table)]
    return "\n".join([*lines, "", "Nothing is traded or stored by this.", *phrases.notes(output)])


_RISKS = (
    ("Volatility, annualised", "volatility", phrases.percent),
    ("Largest fall", "max_drawdown", phrases.percent),
    ("Sharpe ratio", "sharpe", phrases.ratio),
    ("Beta", "beta", phrases.ratio),
    ("Concentration (HHI)", "hhi", phrases.ratio),
)


def _direction(before: JsonObject, after: JsonObject) -> list[str]:
    then, now = before.get("volatility"), after.get("volatility")
    if (
        not isinstance(then, int | float)
        or not isinstance(now, int | float)
        or phrases.percent(then) == phrases.percent(now)
    ):
        return []
    return ["", f"The portfolio would swing {'more' if now > then else 'less'} than it does."]


def rebalance(output: JsonObject) -> str:
    """Trades towards the targets, and what they would change."""
    trades = rows(output, "trades")
    as_of = phrases.day(output.get("as_of"))
    if not trades:
        reason = text(output, "no_trades_because") or "the weights are within their bands"
        return f"No trade is needed{f' as of {as_of}' if as_of else ''}: {reason}."
    lines = [
        f"Trades that would bring you to the targets{f', at the closes of {as_of}' if as_of else ''}:",
        "",
        trade_table(trades),
    ]
    facts = []
    for words, key in (("bought", "bought"), ("sold", "sold"), ("fees", "fees"), ("cash left", "cash_left")):
        if amount := phrases.money(output.get(key)):
            facts.append(f"{words}: {amount}")
    lines += ["", f"In sum, {'; '.join(facts)}."] if facts else []
    gain = output.get("gain")
    if any(trade.get("side") == "sell" for trade in trades) and phrases.money(gain):
        lines.append(
            f"The sales would realise a {'loss' if phrases.negative(gain) else 'gain'} of {phrases.money(gain)}."
        )
    groups = [row for row in rows(output, "groups") if phrases.percent(row.get("target"))]
    body = [
        [
            text(row, "key"),
            phrases.percent(row.get("weight_before")),
            phrases.percent(row.get("target")),
            phrases.percent(row.get("weight_after")),
        ]
        for row in groups[:_ROWS]
    ]
    if body:
        lines += ["", phrases.table(["", "Weight now", "Target", "Weight after"], body)]
    unreachable = output.get("unreachable")
    if isinstance(unreachable, list) and unreachable:
        lines.append(f"These targets cannot be reached: {phrases.listed([str(each) for each in unreachable])}.")
    return "\n".join([*lines, "", "Nothing is traded by this plan.", *phrases.notes(output)])


def trade_table(trades: list[JsonObject]) -> str:
    """Trades, one a row."""
    body = [
        [
            text(row, "side"),
            text(row, "symbol"),
            phrases.quantity(row.get("quantity")),
            phrases.money(row.get("price")),
            phrases.money(row.get("amount")),
        ]
        for row in trades[:_ROWS]
    ]
    return phrases.table(["Trade", "Symbol", "Quantity", "Price", "Amount"], body)


_METHODS = {
    "min_variance": "least variance",
    "max_sharpe": "the best Sharpe ratio",
    "risk_parity": "risk parity",
    "hrp": "hierarchical risk parity",
}


def optimise(output: JsonObject) -> str:
    """Weights now and proposed, and both mixes over the history looked at."""
    now, proposed = obj(output, "now"), obj(output, "proposed")
    method = _METHODS.get(text(output, "method"), text(output, "method"))
    start, end = phrases.day(output.get("window_start")), phrases.day(output.get("window_end"))
    span = f" over the history from {start} to {end}" if start and end else ""
    items = sorted(rows(output, "items"), key=lambda row: -number(row, "weight"))
    if not any(phrases.percent(row.get("weight")) for row in items):
        reason = undefined(output, "weights") or "the history is too short, or the limits leave no mix"
        return f"No weights can be given{span}: {reason}."
    body = [
        [text(row, "symbol"), phrases.percent(row.get("weight_now")) or "-", phrases.percent(row.get("weight"))]
        for row in items[:_ROWS]
    ]
    lines = [f"Weights by {method}{span}:", "", phrases.table(["Symbol", "Weight now", "Weight by the method"], body)]
    figures = (
        ("Volatility", "volatility", phrases.percent),
        ("Mean return, yearly", "expected_return", phrases.percent),
        ("Sharpe ratio", "sharpe", phrases.ratio),
    )
    compared = [
        [name, form(now.get(key)) or "undefined", form(proposed.get(key))]
        for name, key, form in figures
        if form(proposed.get(key))
    ]
    if compared:
        lines += ["", phrases.table(["", "Now", "By the method"], compared)]
    left_out = [f"{name} ({reason})" for name, reason in entries(output, "left_out")]
    if left_out:
        lines.append(f"Left out: {phrases.listed(left_out)}.")
    return "\n".join(
        [
            *lines,
            "",
            "These weights fit the past; they are no forecast and no advice. Nothing is traded.",
            *phrases.notes(output),
        ]
    )


def proposal(output: JsonObject) -> str:
    """An entry that waits for the user's click."""
    summary = text(obj(output, "proposal"), "summary")
    if not summary:
        return "I prepared the entry; it waits for your approval below. Nothing is recorded yet."
    return (
        f"I prepared this entry: **{summary}**. It waits for your approval below; nothing"
        f" is recorded until you approve it."
    )


def portfolios(output: JsonObject) -> str:
    """Portfolios with their accounts."""
    items = rows(output, "items")
    if not items:
        return "You have no portfolio yet."
    lines = []
    for item in items[:_ROWS]:
        accounts = [f"{_word(row.get('name'))} ({_word(row.get('currency'))})" for row in rows(item, "accounts")]
        lines.append(
            f"- **{_word(item.get('name'))}** in {_word(item.get('base_currency'))}"
            + (f": {phrases.listed(accounts)}" if accounts else "")
        )
    return "\n".join(["Your portfolios:", *lines])


def _word(value: Json) -> str:
    return value if isinstance(value, str) else ""
