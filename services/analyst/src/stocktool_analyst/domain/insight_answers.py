"""Paragraphs on where a portfolio's figures come from: contributions, income, sales, trails and the X-ray."""

from __future__ import annotations

from stocktool_analyst.domain import phrases
from stocktool_analyst.domain.results import entries, number, obj, rows, span_of, text, undefined
from stocktool_analyst.domain.tools import Json, JsonObject

_ROWS = 10


def contribution(output: JsonObject) -> str:
    """What each part gave to the return, the largest help and drag first."""
    items = sorted(rows(output, "items"), key=lambda row: -number(row, "contribution"))
    if not items:
        reason = undefined(output, "total_return") or "the portfolio had no return"
        return f"There is nothing to attribute{span_of(output)}: {reason}."
    best, worst = items[0], items[-1]
    total = phrases.percent(output.get("total_return"))
    lines = [
        f"Your portfolio's return{span_of(output)} was **{total}**, time-weighted."
        if total
        else f"What gave your return{span_of(output)}:"
    ]
    if number(best, "contribution") > 0:
        lines.append(
            f"**{_label(best)}** helped most: {phrases.percent(best.get('contribution'))} of return, {_gain(best)}."
        )
    if number(worst, "contribution") < 0 and worst is not best:
        lines.append(
            f"**{_label(worst)}** hurt most: {phrases.percent(worst.get('contribution'))} of return, {_gain(worst)}."
        )
    shown = items if len(items) <= _ROWS else [*items[: _ROWS - 4], *items[-4:]]
    body = [
        [
            _label(row),
            phrases.percent(row.get("contribution")),
            phrases.money(row.get("gain")),
            phrases.percent(row.get("average_weight")),
        ]
        for row in shown
    ]
    table = phrases.table([(text(output, "by") or "part").capitalize(), "Contribution", "Gain", "Average weight"], body)
    notes = ["", "The parts in the middle are left out."] if len(shown) < len(items) else []
    return "\n".join([" ".join(lines), "", table, *notes])


def _label(row: JsonObject) -> str:
    return text(row, "label") or text(row, "key")


def _gain(row: JsonObject) -> str:
    amount = phrases.money(row.get("gain"))
    return f"a result of {amount}" if amount else "no amount is known"


def income(output: JsonObject) -> str:
    """What was paid, by holding, and what may come."""
    received = obj(output, "received")
    gross, net, tax = (phrases.money(received.get(key)) for key in ("gross", "net", "tax"))
    if not gross:
        return "No income can be given: the result names none."
    payments = phrases.quantity(received.get("payments"))
    lines = [
        (
            f"Dividends and interest received{span_of(output)}: **{gross}** before tax, {net}"
            f" after tax of {tax}, in {payments} payments."
        )
    ]
    trailing = phrases.money(obj(output, "trailing_12_months").get("gross"))
    if trailing:
        lines.append(f"Over the last twelve months it was {trailing}.")
    shares = [("on the current value", "trailing_yield"), ("on what you paid", "yield_on_cost")]
    yields = [
        f"{phrases.percent(output.get(key))} {words}" for words, key in shares if phrases.percent(output.get(key))
    ]
    if yields:
        lines.append(f"That is a yield of {phrases.listed(yields)}.")
    expected = phrases.money(output.get("expected"))
    if expected:
        lines.append(
            f"What may come in the next twelve months, if the payments stay as they were: **{expected}** before tax."
        )
    elif reason := undefined(output, "expected"):
        lines.append(f"What is to come cannot be told: {reason}.")
    paid = [row for row in rows(output, "by_holding") if phrases.money(obj(row, "received").get("gross"))]
    body = [
        [
            text(row, "symbol") or "Interest",
            phrases.money(obj(row, "received").get("gross")),
            phrases.money(row.get("expected")) or "unknown",
        ]
        for row in paid[:_ROWS]
    ]
    table = ["", phrases.table(["Holding", "Received", "Expected in twelve months"], body)] if body else []
    return "\n".join([" ".join(lines), *table, *phrases.notes(output)])


def tax_lots(output: JsonObject) -> str:
    """What sales realised, short and long term, by symbol and sale."""
    total = obj(output, "total")
    sales = rows(output, "items")
    if not sales and not rows(output, "by_symbol"):
        return f"Nothing was sold{span_of(output)}, so nothing is realised."
    gain = total.get("gain")
    word = "loss" if phrases.negative(gain) else "gain"
    lines = [
        (
            f"Your sales{span_of(output)} realised a {word} of **{phrases.money(gain)}**: proceeds of"
            f" {phrases.money(total.get('proceeds'))} for lots that cost {phrases.money(total.get('cost'))}."
        ),
        f"Held short: {phrases.money(total.get('short_term'))}; held long: {phrases.money(total.get('long_term'))}.",
    ]
    body = [
        [
            phrases.day(sale.get("date")),
            text(sale, "symbol"),
            phrases.quantity(sale.get("quantity")),
            phrases.money(sale.get("proceeds")),
            phrases.money(sale.get("gain")),
        ]
        for sale in sales[:_ROWS]
    ]
    washed = list(dict.fromkeys(text(sale, "symbol") for sale in sales if sale.get("wash_sale") is True))
    notes = [f"Sales that may count as wash sales: {phrases.listed(washed)}."] if washed else []
    if len(sales) > _ROWS or text(output, "next_page_token"):
        notes.append("Further sales are left out of this table.")
    table = ["", phrases.table(["Date", "Symbol", "Quantity", "Proceeds", "Gain"], body)] if body else []
    return "\n".join([" ".join(lines), *table, *(["", " ".join(notes)] if notes else [])])


_WORDS_FOR_NUMBERS = (
    ("252", "trading days a year"),
    ("365", "days a year"),
    ("5 % quantile", "one-in-twenty quantile"),
)


def explained(output: JsonObject) -> str:
    """A figure with its formula, inputs and first rows."""
    figure = text(output, "figure").replace("_", " ")
    value = phrases.money(output.get("amount")) or _ratio(text(output, "figure"), output.get("value"))
    if not value:
        reason = undefined(output, text(output, "figure")) or "no reason is given"
        return f"The figure {figure}{span_of(output)} is undefined: {reason}."
    formula = text(output, "formula")
    for digits, words in _WORDS_FOR_NUMBERS:
        formula = formula.replace(digits, words)
    source = text(output, "formula_source")
    lines = [f"**{figure}**{span_of(output)} is **{value}**."]
    if formula:
        lines.append(f"It is worked out as: {formula}{f' (after {source})' if source else ''}.")
    totals = [
        f"{name.replace('_', ' ')} ({phrases.quantity(count)})"
        for name, count in entries(output, "totals")
        if phrases.quantity(count) not in ("", "0")
    ]
    if totals:
        lines.append(f"It rests on these rows: {phrases.listed(totals)}.")
    inputs = [[name.replace("_", " "), _input(given)] for name, given in entries(output, "inputs") if _input(given)]
    if inputs:
        lines += ["", phrases.table(["Input", "Value"], inputs[:_ROWS])]
    flows = rows(output, "flows")[:_ROWS]
    if flows:
        body = [
            [phrases.day(row.get("date")), text(row, "kind"), text(row, "symbol"), phrases.amount(row, "amount")]
            for row in flows
        ]
        lines += ["", phrases.table(["Date", "Flow", "Symbol", "Amount"], body)]
    return "\n".join(lines)


_PLAIN_RATIOS = frozenset(
    {"sharpe", "sortino", "calmar", "beta", "correlation", "skew", "kurtosis", "information_ratio", "hhi"}
)


def _ratio(figure: str, value: Json) -> str:
    return phrases.ratio(value) if figure in _PLAIN_RATIOS else phrases.percent(value)


def _input(value: Json) -> str:
    return phrases.significant(value) if isinstance(value, str | int | float) else ""


def xray(output: JsonObject) -> str:
    """Rules that fail or warn, with what is behind them, and how many were well."""
    rules = rows(output, "rules")
    if not rules:
        return "The examination gave no findings."
    as_of = phrases.day(output.get("as_of"))
    found = [rule for state in ("fail", "warn") for rule in rules if rule.get("state") == state]
    passed = [rule for rule in rules if rule.get("state") == "pass"]
    unknown = [rule for rule in rules if rule.get("state") == "unknown"]
    lead = f"Examined{f' on {as_of}' if as_of else ''} by rules:"
    counts = obj(output, "counts")
    told = [
        f"{phrases.quantity(counts.get(state))} {words}"
        for state, words in (("fail", "fail"), ("warn", "warn"), ("pass", "pass"), ("unknown", "cannot be told"))
        if phrases.quantity(counts.get(state))
    ]
    lines = [f"{lead} {phrases.listed(told)}." if told else lead]
    if not found:
        lines.append("Nothing stands out." if passed else "No rule could be checked.")
    lines += [_finding(rule) for rule in found]
    if unknown:
        lines += [
            "",
            "Not known: "
            + "; ".join(f"{text(rule, 'title')} ({rule.get('reason') or 'data are missing'})" for rule in unknown[:5])
            + ".",
        ]
    return "\n".join([*lines, *phrases.notes(output)])


def _finding(rule: JsonObject) -> str:
    state = "fails" if rule.get("state") == "fail" else "warns"
    limit = rule.get("threshold") if state == "fails" else rule.get("warn_threshold")
    unit = str(rule.get("unit"))
    behind = [_behind(row, unit) for row in rows(rule, "positions")[:3]]
    tail = f" Positions: {phrases.listed(behind)}." if behind else ""
    return (
        f"- **{text(rule, 'title')}** ({state}): {_by_unit(rule.get('value'), unit)}, limit"
        f" {_by_unit(limit, unit)}.{tail}"
    )


def _behind(row: JsonObject, unit: str) -> str:
    figure = _by_unit(row.get("figure"), unit) if unit == "fraction" else ""
    return f"{text(row, 'key')} ({figure})" if figure else text(row, "key")


def _by_unit(value: Json, unit: str) -> str:
    if unit == "fraction":
        return phrases.percent(value)
    return phrases.quantity(value) if unit == "count" else phrases.ratio(value)
