"""Paragraphs about the user's own portfolio, each written from one tool result."""

from __future__ import annotations

from collections.abc import Sequence

from stocktool_analyst.domain import phrases
from stocktool_analyst.domain.results import find, find_object, rows, text, undefined
from stocktool_analyst.domain.tools import Json, JsonObject

_ROWS = 12


def performance(output: JsonObject) -> str:
    """Returns, gain and the benchmark's return over the same days."""
    span = _span(output)
    twr = phrases.percent(find(output, "twr"))
    lines = []
    if twr:
        fell = phrases.negative(find(output, "twr"))
        verb = "lost" if fell else "returned"
        lines.append(f"Your portfolio {verb} **{twr}** (time-weighted){span}.")
    else:
        lines.append(f"Your time-weighted return{span} is undefined: {undefined(output, 'twr') or 'no reason given'}.")
    lines += [line for line in (_benchmark(output), _gain(output)) if line]
    xirr = phrases.percent(find(output, "xirr"))
    if xirr:
        lines.append(f"Money-weighted, your own timing included (XIRR, a yearly rate): {xirr}.")
    elif reason := undefined(output, "xirr"):
        lines.append(f"The money-weighted return (XIRR) is undefined: {reason}.")
    lines += _freshness(output)
    return " ".join(lines)


def _gain(output: JsonObject) -> str:
    gain = find(output, "gain")
    amount, value = phrases.money(gain), phrases.money(find(output, "value_end"))
    if not amount:
        return ""
    flows = phrases.money(find(output, "net_flows"))
    sentence = f"The gain is **{amount}**" if not phrases.negative(gain) else f"The loss is **{amount}**"
    sentence += f" on net deposits of {flows}" if flows else ""
    return f"{sentence}, and the portfolio was worth {value} at the end." if value else f"{sentence}."


def _benchmark(output: JsonObject) -> str:
    benchmark = find_object(output, "benchmark")
    symbol = text(benchmark, "symbol")
    if not symbol:
        return ""
    theirs, mine = benchmark.get("twr"), find(output, "twr")
    if not phrases.percent(theirs):
        return f"The return of {symbol} over these days is undefined: {undefined(benchmark, 'twr') or 'no prices'}."
    verdict = ""
    if isinstance(theirs, int | float) and isinstance(mine, int | float):
        verdict = ", so you were ahead of it" if mine > theirs else ", so you were behind it" if mine < theirs else ""
    return f"{symbol} returned **{phrases.percent(theirs)}** over the same days{verdict}."


def risk(output: JsonObject) -> str:
    """Volatility, drawdown, value at risk and the ratios, one line each."""
    metrics = find_object(output, "metrics") or output
    peak, trough = (phrases.day(metrics.get(f"max_drawdown_{end}")) for end in ("peak", "trough"))
    days = f" (from {peak} to {trough})" if peak and trough else ""
    versus = f" against {text(output, 'benchmark')}" if isinstance(find(output, "benchmark"), str) else ""
    entries = (
        ("Volatility, annualised", phrases.percent(metrics.get("volatility")), ""),
        ("Largest fall from a peak", phrases.percent(metrics.get("max_drawdown")), days),
        ("One-day VaR (95%), historical", phrases.percent(metrics.get("var95_hist")), ""),
        ("Mean of the days beyond it (CVaR)", phrases.percent(metrics.get("cvar95_hist")), ""),
        ("Sharpe ratio", phrases.ratio(metrics.get("sharpe")), ""),
        ("Beta", phrases.ratio(metrics.get("beta")), versus),
        ("Correlation", phrases.ratio(metrics.get("correlation")), versus),
    )
    lines = [f"- {name}: **{figure}**{more}" for name, figure, more in entries if figure]
    if not lines:
        return f"No risk figure can be given: {undefined(output, 'volatility') or 'too few returns'}."
    reasons = [name for name in ("sharpe", "beta", "correlation") if undefined(output, name)]
    absent = [f"{name} is undefined: {undefined(output, name)}." for name in reasons]
    return "\n".join([f"Risk of your portfolio{_span(output)}:", *lines, *absent, *_freshness(output)])


def holdings(output: JsonObject, symbols: Sequence[str] = ()) -> str:
    """What is held, its value, cash and the total; of some symbols alone when they are named."""
    items = rows(output, "items", "holdings")
    if symbols:
        return _positions(output, [item for item in items if text(item, "symbol") in symbols], symbols)
    as_of = phrases.day(find(output, "as_of"))
    lines = [f"Your portfolio is worth **{phrases.money(find(output, 'total'))}**{f' on {as_of}' if as_of else ''}."]
    if items:
        header = ["Symbol", "Quantity", "Price", "Value", "Unrealised", "Weight"]
        ordered = sorted(items, key=lambda item: -_weight(item))
        lines += ["", phrases.table(header, [_holding(item) for item in ordered[:_ROWS]])]
        if len(items) > _ROWS:
            lines.append("The smallest positions are left out of this table.")
    cash = [amount for each in _list(find(output, "cash")) if (amount := phrases.money(each))]
    if cash:
        lines += ["", f"Cash: {phrases.listed(cash)}."]
    return "\n".join([*lines, *_freshness(output)])


def _positions(output: JsonObject, items: list[JsonObject], symbols: Sequence[str]) -> str:
    as_of = phrases.day(find(output, "as_of"))
    lines = []
    for item in items:
        paid, made = phrases.money(item.get("cost_basis")), phrases.money(item.get("unrealised"))
        line = f"You hold **{phrases.quantity(item.get('quantity'))} {text(item, 'symbol')}**"
        worth = phrases.money(item.get("market_value"))
        line += f", worth {worth}{f' on {as_of}' if as_of else ''}" if worth else ", without a known price"
        line += f", for which you paid {paid}" if paid else ""
        word = "loss" if phrases.negative(item.get("unrealised")) else "gain"
        line += f": an unrealised {word} of {made}" if made else ""
        weight = phrases.percent(item.get("weight"))
        lines.append(f"{line}. It is {weight} of the portfolio." if weight else f"{line}.")
    missing = [symbol for symbol in symbols if symbol not in {text(item, "symbol") for item in items}]
    if missing:
        lines.append(f"You hold no {phrases.listed(missing)}{f' as of {as_of}' if as_of else ''}.")
    return "\n".join(lines)


def _holding(item: JsonObject) -> list[str]:
    price = phrases.money(item.get("price"))
    return [
        text(item, "symbol"),
        phrases.quantity(item.get("quantity")),
        f"{price} (stale, {phrases.day(item.get('price_as_of'))})" if item.get("stale") else price,
        phrases.money(item.get("market_value")),
        phrases.money(item.get("unrealised")),
        phrases.percent(item.get("weight")),
    ]


def allocation(output: JsonObject) -> str:
    """Slices with value and weight."""
    slices = rows(output, "slices", "items")
    if not slices:
        return "There is nothing to split: the portfolio holds no priced position."
    by = (text(output, "by") or "sector").removeprefix("ALLOCATION_BY_").lower()
    body = [
        [
            text(each, "label") or text(each, "key"),
            phrases.money(each.get("value")),
            phrases.percent(each.get("weight")),
        ]
        for each in sorted(slices, key=lambda each: -_weight(each))
    ]
    largest = body[0]
    lead = f"By {by}, the largest part of your portfolio is **{largest[0]}** at **{largest[2]}**."
    return "\n".join([lead, "", phrases.table([by.capitalize(), "Value", "Weight"], body), *_freshness(output)])


def transactions(output: JsonObject) -> str:
    """The latest ledger entries."""
    items = rows(output, "items", "transactions")
    if not items:
        return "Your ledger has no entries."
    latest = sorted(items, key=lambda item: text(item, "date"), reverse=True)[:_ROWS]
    header = ["Date", "Type", "Symbol", "Quantity", "Price", "Amount"]
    body = [
        [
            phrases.day(item.get("date")),
            text(item, "type").removeprefix("TRANSACTION_TYPE_").lower().replace("_", " "),
            text(item, "symbol"),
            phrases.quantity(item.get("quantity")),
            _amount(item, "price"),
            _amount(item, "amount"),
        ]
        for item in latest
    ]
    return "The latest entries of your ledger:\n\n" + phrases.table(header, body)


def _amount(item: JsonObject, key: str) -> str:
    value = item.get(key)
    if isinstance(value, dict):
        return phrases.money(value)
    return phrases.money({"amount": value, "currency": item.get("currency")}) if value else ""


def _span(output: JsonObject) -> str:
    start = phrases.day(find(output, "start")) or phrases.day(find(output, "first_date"))
    end = phrases.day(find(output, "end")) or phrases.day(find(output, "last_date"))
    return f" from {start} to {end}" if start and end else ""


def _freshness(output: JsonObject) -> list[str]:
    stale = find(output, "stale_prices")
    lines = []
    if isinstance(stale, int) and not isinstance(stale, bool) and stale > 0:
        lines.append(f"{stale} of the prices {'is' if stale == 1 else 'are'} stale.")
    warnings = find(output, "warnings")
    lines += [f"Note: {warning}." for warning in _list(warnings) if isinstance(warning, str)]
    return lines


def _weight(item: JsonObject) -> float:
    weight = item.get("weight")
    return float(weight) if isinstance(weight, int | float) else 0.0


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
