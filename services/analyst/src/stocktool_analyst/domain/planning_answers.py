"""Paragraphs on plans: trades tried, weights aimed at, and entries that wait for approval."""

from __future__ import annotations

from stocktool_analyst.domain import phrases
from stocktool_analyst.domain.results import entries, number, obj, rows, text, undefined
from stocktool_analyst.domain.tools import Json, JsonObject
from stocktool_analyst.domain.wording import Wording

_ROWS = 12


def what_if(output: JsonObject, say: Wording) -> str:
    """The portfolio before and after the trades."""
    before, after = obj(output, "before"), obj(output, "after")
    trades = [
        say(
            "{side} {quantity} {symbol}",
            side=say.word(text(row, "type")),
            quantity=phrases.quantity(row.get("quantity")),
            symbol=text(row, "symbol"),
        )
        for row in rows(output, "trades")
    ]
    day = phrases.day(output.get("as_of"))
    at = say(" at the prices of {day}", day=day) if day else ""
    named = say("If you did this{at} ({trades}):", at=at, trades=say.listed(trades)) if trades else ""
    lead = [named or say("If you did this:")]
    gain = output.get("gain")
    if rows(output, "sales") and phrases.money(gain):
        lead.append(_realised(gain, say))
    pairs = (
        (say("Total"), phrases.money(before.get("total")), phrases.money(after.get("total"))),
        (say("Cash"), phrases.money(before.get("cash_value")), phrases.money(after.get("cash_value"))),
        *(
            (say(name), form(obj(before, "risk").get(key)), form(obj(after, "risk").get(key)))
            for name, key, form in RISKS
        ),
    )
    body = [[name, then, now] for name, then, now in pairs if then and now]
    lines = list(lead)  # a line each: the gain is that of all sales, and of no symbol named before it
    lines += ["", phrases.table(["", say("Before"), say("After")], body)] if body else []
    lines += _direction(obj(before, "risk"), obj(after, "risk"), say)
    held = sorted(rows(after, "holdings"), key=lambda row: -number(row, "weight"))[:5]
    if held:
        weights = {text(row, "symbol"): phrases.percent(row.get("weight")) for row in rows(before, "holdings")}
        table = [
            [text(row, "symbol"), weights.get(text(row, "symbol")) or "-", phrases.percent(row.get("weight"))]
            for row in held
        ]
        header = [say("Largest after"), say("Weight before"), say("Weight after")]
        lines += ["", phrases.table(header, table)]
    return "\n".join([*lines, "", say("Nothing is traded or stored by this."), *phrases.notes(output, say)])


def _realised(gain: Json, say: Wording) -> str:
    template = (
        "The sales would realise a loss of **{gain}**."
        if phrases.negative(gain)
        else "The sales would realise a gain of **{gain}**."
    )
    return say(template, gain=phrases.money(gain))


RISKS = (
    ("Volatility, annualised", "volatility", phrases.percent),
    ("Largest fall", "max_drawdown", phrases.percent),
    ("Sharpe ratio", "sharpe", phrases.ratio),
    ("Beta", "beta", phrases.ratio),
    ("Concentration (HHI)", "hhi", phrases.ratio),
)


def _direction(before: JsonObject, after: JsonObject, say: Wording) -> list[str]:
    then, now = before.get("volatility"), after.get("volatility")
    if (
        not isinstance(then, int | float)
        or not isinstance(now, int | float)
        or phrases.percent(then) == phrases.percent(now)
    ):
        return []
    more, less = "The portfolio would swing more than it does.", "The portfolio would swing less than it does."
    return ["", say(more if now > then else less)]


def rebalance(output: JsonObject, say: Wording) -> str:
    """Trades towards the targets, and what they would change."""
    trades = rows(output, "trades")
    day = phrases.day(output.get("as_of"))
    if not trades:
        reason = text(output, "no_trades_because") or say("the weights are within their bands")
        as_of = say(" as of {day}", day=day) if day else ""
        return say("No trade is needed{as_of}: {reason}.", as_of=as_of, reason=reason)
    closes = say(", at the closes of {day}", day=day) if day else ""
    lines = [say("Trades that would bring you to the targets{closes}:", closes=closes), "", trade_table(trades, say)]
    facts = [
        say(template, amount=amount)
        for template, key in (
            ("bought: {amount}", "bought"),
            ("sold: {amount}", "sold"),
            ("fees: {amount}", "fees"),
            ("cash left: {amount}", "cash_left"),
        )
        if (amount := phrases.money(output.get(key)))
    ]
    lines += ["", say("In sum, {facts}.", facts="; ".join(facts))] if facts else []
    gain = output.get("gain")
    if any(trade.get("side") == "sell" for trade in trades) and phrases.money(gain):
        lines.append(_realised(gain, say))
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
        lines += ["", phrases.table(["", say("Weight now"), say("Target"), say("Weight after")], body)]
    unreachable = output.get("unreachable")
    if isinstance(unreachable, list) and unreachable:
        names = say.listed([str(each) for each in unreachable])
        lines.append(say("These targets cannot be reached: {names}.", names=names))
    return "\n".join([*lines, "", say("Nothing is traded by this plan."), *phrases.notes(output, say)])


def trade_table(trades: list[JsonObject], say: Wording) -> str:
    """Trades, one a row."""
    body = [
        [
            say.word(text(row, "side")),
            text(row, "symbol"),
            phrases.quantity(row.get("quantity")),
            phrases.money(row.get("price")),
            phrases.money(row.get("amount")),
        ]
        for row in trades[:_ROWS]
    ]
    return phrases.table([say(name) for name in ("Trade", "Symbol", "Quantity", "Price", "Amount")], body)


_METHODS = {
    "min_variance": "least variance",
    "max_sharpe": "the best Sharpe ratio",
    "risk_parity": "risk parity",
    "hrp": "hierarchical risk parity",
}


def optimise(output: JsonObject, say: Wording) -> str:
    """Weights now and proposed, and both mixes over the history looked at."""
    now, proposed = obj(output, "now"), obj(output, "proposed")
    method = say.word(_METHODS.get(text(output, "method"), text(output, "method")))
    start, end = phrases.day(output.get("window_start")), phrases.day(output.get("window_end"))
    span = say(" over the history from {start} to {end}", start=start, end=end) if start and end else ""
    items = sorted(rows(output, "items"), key=lambda row: -number(row, "weight"))
    if not any(phrases.percent(row.get("weight")) for row in items):
        reason = undefined(output, "weights") or say("the history is too short, or the limits leave no mix")
        return say("No weights can be given{span}: {reason}.", span=span, reason=reason)
    body = [
        [text(row, "symbol"), phrases.percent(row.get("weight_now")) or "-", phrases.percent(row.get("weight"))]
        for row in items[:_ROWS]
    ]
    header = [say("Symbol"), say("Weight now"), say("Weight by the method")]
    lines = [say("Weights by {method}{span}:", method=method, span=span), "", phrases.table(header, body)]
    figures = (
        ("Volatility", "volatility", phrases.percent),
        ("Mean return, yearly", "expected_return", phrases.percent),
        ("Sharpe ratio", "sharpe", phrases.ratio),
    )
    compared = [
        [say(name), form(now.get(key)) or say("undefined"), form(proposed.get(key))]
        for name, key, form in figures
        if form(proposed.get(key))
    ]
    if compared:
        lines += ["", phrases.table(["", say("Now"), say("By the method")], compared)]
    left_out = [f"{name} ({reason})" for name, reason in entries(output, "left_out")]
    if left_out:
        lines.append(say("Left out: {names}.", names=say.listed(left_out)))
    end_words = say("These weights fit the past; they are no forecast and no advice. Nothing is traded.")
    return "\n".join([*lines, "", end_words, *phrases.notes(output, say)])


def proposal(output: JsonObject, say: Wording) -> str:
    """An entry that waits for the user's click."""
    summary = text(obj(output, "proposal"), "summary")
    if not summary:
        return say("I prepared the entry; it waits for your approval below. Nothing is recorded yet.")
    return say(
        "I prepared this entry: **{summary}**. It waits for your approval below; nothing is recorded until you"
        " approve it.",
        summary=summary,
    )


def portfolios(output: JsonObject, say: Wording) -> str:
    """Portfolios with their accounts."""
    items = rows(output, "items")
    if not items:
        return say("You have no portfolio yet.")
    lines = []
    for item in items[:_ROWS]:
        accounts = [f"{_word(row.get('name'))} ({_word(row.get('currency'))})" for row in rows(item, "accounts")]
        lines.append(
            say(
                "- **{name}** in {currency}{accounts}",
                name=_word(item.get("name")),
                currency=_word(item.get("base_currency")),
                accounts=f": {say.listed(accounts)}" if accounts else "",
            )
        )
    return "\n".join([say("Your portfolios:"), *lines])


def _word(value: Json) -> str:
    return value if isinstance(value, str) else ""
