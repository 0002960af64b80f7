"""Paragraphs on where a portfolio's figures come from: contributions, income, sales, trails and the X-ray."""

from __future__ import annotations

from stocktool_analyst.domain import phrases
from stocktool_analyst.domain.results import entries, number, obj, rows, text, undefined
from stocktool_analyst.domain.tools import Json, JsonObject
from stocktool_analyst.domain.wording import Wording

_ROWS = 10


def contribution(output: JsonObject, say: Wording) -> str:
    """What each part gave to the return, the largest help and drag first."""
    items = sorted(rows(output, "items"), key=lambda row: -number(row, "contribution"))
    span = _span(output, say)
    if not items:
        reason = undefined(output, "total_return") or say("the portfolio had no return")
        return say("There is nothing to attribute{span}: {reason}.", span=span, reason=reason)
    best, worst = items[0], items[-1]
    total = phrases.percent(output.get("total_return"))
    lines = [
        say("Your portfolio's return{span} was **{total}**, time-weighted.", span=span, total=total)
        if total
        else say("What gave your return{span}:", span=span)
    ]
    if number(best, "contribution") > 0:
        lines.append(say("**{part}** helped most: {share} of return, {gain}.", **_part(best, say)))
    if number(worst, "contribution") < 0 and worst is not best:
        lines.append(say("**{part}** hurt most: {share} of return, {gain}.", **_part(worst, say)))
    shown = items if len(items) <= _ROWS else [*items[: _ROWS - 4], *items[-4:]]
    body = [
        [
            _label(row, say),
            phrases.percent(row.get("contribution")),
            phrases.money(row.get("gain")),
            phrases.percent(row.get("average_weight")),
        ]
        for row in shown
    ]
    header = [
        say.word(text(output, "by") or "part").capitalize(),
        say("Contribution"),
        say("Gain"),
        say("Average weight"),
    ]
    notes = ["", say("The parts in the middle are left out.")] if len(shown) < len(items) else []
    return "\n".join([say.paragraph(lines), "", phrases.table(header, body), *notes])


def _label(row: JsonObject, say: Wording) -> str:
    return say.word(text(row, "label") or text(row, "key"))


def _part(row: JsonObject, say: Wording) -> dict[str, str]:
    amount = phrases.money(row.get("gain"))
    return {
        "part": _label(row, say),
        "share": phrases.percent(row.get("contribution")),
        "gain": say("a result of {amount}", amount=amount) if amount else say("no amount is known"),
    }


def income(output: JsonObject, say: Wording) -> str:
    """What was paid, by holding, and what may come."""
    received = obj(output, "received")
    gross, net, tax = (phrases.money(received.get(key)) for key in ("gross", "net", "tax"))
    if not gross:
        return say("No income can be given: the result names none.")
    lines = [
        say(
            "Dividends and interest received{span}: **{gross}** before tax, {net} after tax of {tax}, in {payments}"
            " payments.",
            span=_span(output, say),
            gross=gross,
            net=net,
            tax=tax,
            payments=phrases.quantity(received.get("payments")),
        )
    ]
    trailing = phrases.money(obj(output, "trailing_12_months").get("gross"))
    if trailing:
        lines.append(say("Over the last twelve months it was {amount}.", amount=trailing))
    yields = [
        say(template, share=share)
        for template, key in (
            ("{share} on the current value", "trailing_yield"),
            ("{share} on what you paid", "yield_on_cost"),
        )
        if (share := phrases.percent(output.get(key)))
    ]
    if yields:
        lines.append(say("That is a yield of {yields}.", yields=say.listed(yields)))
    expected = phrases.money(output.get("expected"))
    if expected:
        lines.append(
            say(
                "What may come in the next twelve months, if the payments stay as they were: **{amount}** before tax.",
                amount=expected,
            )
        )
    elif reason := undefined(output, "expected"):
        lines.append(say("What is to come cannot be told: {reason}.", reason=reason))
    paid = [row for row in rows(output, "by_holding") if phrases.money(obj(row, "received").get("gross"))]
    body = [
        [
            text(row, "symbol") or say("Interest"),
            phrases.money(obj(row, "received").get("gross")),
            phrases.money(row.get("expected")) or say("unknown"),
        ]
        for row in paid[:_ROWS]
    ]
    header = [say("Holding"), say("Received"), say("Expected in twelve months")]
    table = ["", phrases.table(header, body)] if body else []
    return "\n".join([say.paragraph(lines), *table, *phrases.notes(output, say)])


def tax_lots(output: JsonObject, say: Wording) -> str:
    """What sales realised, short and long term, by symbol and sale."""
    total = obj(output, "total")
    sales = rows(output, "items")
    span = _span(output, say)
    if not sales and not rows(output, "by_symbol"):
        return say("Nothing was sold{span}, so nothing is realised.", span=span)
    gain = total.get("gain")
    template = (
        "Your sales{span} realised a loss of **{gain}**: proceeds of {proceeds} for lots that cost {cost}."
        if phrases.negative(gain)
        else "Your sales{span} realised a gain of **{gain}**: proceeds of {proceeds} for lots that cost {cost}."
    )
    lines = [
        say(
            template,
            span=span,
            gain=phrases.money(gain),
            proceeds=phrases.money(total.get("proceeds")),
            cost=phrases.money(total.get("cost")),
        ),
        say(
            "Held short: {short}; held long: {long}.",
            short=phrases.money(total.get("short_term")),
            long=phrases.money(total.get("long_term")),
        ),
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
    notes = [say("Sales that may count as wash sales: {symbols}.", symbols=say.listed(washed))] if washed else []
    if len(sales) > _ROWS or text(output, "next_page_token"):
        notes.append(say("Further sales are left out of this table."))
    header = [say(name) for name in ("Date", "Symbol", "Quantity", "Proceeds", "Gain")]
    table = ["", phrases.table(header, body)] if body else []
    return "\n".join([say.paragraph(lines), *table, *(["", say.paragraph(notes)] if notes else [])])


_WORDS_FOR_NUMBERS = (
    ("252", "trading days a year"),
    ("365", "days a year"),
    ("5 % quantile", "one-in-twenty quantile"),
)


def explained(output: JsonObject, say: Wording) -> str:
    """A figure with its formula, inputs and first rows."""
    name = text(output, "figure")
    figure = say.word(name.replace("_", " "))
    span = _span(output, say)
    value = phrases.money(output.get("amount")) or _ratio(name, output.get("value"))
    if not value:
        reason = undefined(output, name) or say("no reason is given")
        return say("The figure {figure}{span} is undefined: {reason}.", figure=figure, span=span, reason=reason)
    formula = text(output, "formula")
    for digits, words in _WORDS_FOR_NUMBERS:
        formula = formula.replace(digits, words)
    lines = [say("**{figure}**{span} is **{value}**.", figure=figure, span=span, value=value)]
    if formula:
        source = text(output, "formula_source")
        after = say(" (after {source})", source=source) if source else ""
        lines.append(say("It is worked out as: {formula}{after}.", formula=formula, after=after))
    totals = [
        f"{say.word(part.replace('_', ' '))} ({phrases.quantity(count)})"
        for part, count in entries(output, "totals")
        if phrases.quantity(count) not in ("", "0")
    ]
    if totals:
        lines.append(say("It rests on these rows: {rows}.", rows=say.listed(totals)))
    inputs = [
        [say.word(part.replace("_", " ")), _input(given)] for part, given in entries(output, "inputs") if _input(given)
    ]
    if inputs:
        lines += ["", phrases.table([say("Input"), say("Value")], inputs[:_ROWS])]
    flows = rows(output, "flows")[:_ROWS]
    if flows:
        body = [
            [
                phrases.day(row.get("date")),
                say.word(text(row, "kind")),
                text(row, "symbol"),
                phrases.amount(row, "amount"),
            ]
            for row in flows
        ]
        lines += ["", phrases.table([say(each) for each in ("Date", "Flow", "Symbol", "Amount")], body)]
    return "\n".join(lines)


_PLAIN_RATIOS = frozenset(
    {"sharpe", "sortino", "calmar", "beta", "correlation", "skew", "kurtosis", "information_ratio", "hhi"}
)


def _ratio(figure: str, value: Json) -> str:
    return phrases.ratio(value) if figure in _PLAIN_RATIOS else phrases.percent(value)


def _input(value: Json) -> str:
    return phrases.significant(value) if isinstance(value, str | int | float) else ""


_COUNTS = (
    ("fail", "{count} fail"),
    ("warn", "{count} warn"),
    ("pass", "{count} pass"),
    ("unknown", "{count} cannot be told"),
)


def xray(output: JsonObject, say: Wording) -> str:
    """Rules that fail or warn, with what is behind them, and how many were well."""
    rules = rows(output, "rules")
    if not rules:
        return say("The examination gave no findings.")
    day = phrases.day(output.get("as_of"))
    found = [rule for state in ("fail", "warn") for rule in rules if rule.get("state") == state]
    passed = [rule for rule in rules if rule.get("state") == "pass"]
    unknown = [rule for rule in rules if rule.get("state") == "unknown"]
    lead = say("Examined{on} by rules:", on=say(" on {day}", day=day) if day else "")
    counts = obj(output, "counts")
    told = [say(template, count=count) for state, template in _COUNTS if (count := phrases.quantity(counts.get(state)))]
    lines = [f"{lead} {say('{counts}.', counts=say.listed(told))}" if told else lead]
    if not found:
        lines.append(say("Nothing stands out.") if passed else say("No rule could be checked."))
    lines += [_finding(rule, say) for rule in found]
    if unknown:
        names = [
            f"{say.word(text(rule, 'title'))} ({rule.get('reason') or say('data are missing')})" for rule in unknown[:5]
        ]
        lines += ["", say("Not known: {names}.", names="; ".join(names))]
    return "\n".join([*lines, *phrases.notes(output, say)])


def _finding(rule: JsonObject, say: Wording) -> str:
    fails = rule.get("state") == "fail"
    unit = str(rule.get("unit"))
    behind = [_behind(row, unit) for row in rows(rule, "positions")[:3]]
    return say(
        "- **{title}** (fails): {value}, limit {limit}.{positions}"
        if fails
        else "- **{title}** (warns): {value}, limit {limit}.{positions}",
        title=say.word(text(rule, "title")),
        value=_by_unit(rule.get("value"), unit),
        limit=_by_unit(rule.get("threshold") if fails else rule.get("warn_threshold"), unit),
        positions=say(" Positions: {names}.", names=say.listed(behind)) if behind else "",
    )


def _behind(row: JsonObject, unit: str) -> str:
    figure = _by_unit(row.get("figure"), unit) if unit == "fraction" else ""
    return f"{text(row, 'key')} ({figure})" if figure else text(row, "key")


def _by_unit(value: Json, unit: str) -> str:
    if unit == "fraction":
        return phrases.percent(value)
    return phrases.quantity(value) if unit == "count" else phrases.ratio(value)


def _span(output: JsonObject, say: Wording) -> str:
    start, end = output.get("start"), output.get("end")
    first = start[:10] if isinstance(start, str) else ""
    last = end[:10] if isinstance(end, str) else ""
    if first and last:
        return say(" from {start} to {end}", start=first, end=last)
    return say(" from {start}", start=first) if first else say(" to {end}", end=last) if last else ""
