"""Paragraphs about the user's own portfolio, each written from one tool result."""

from __future__ import annotations

from collections.abc import Sequence

from stocktool_analyst.domain import phrases
from stocktool_analyst.domain.results import find, find_object, rows, text, undefined
from stocktool_analyst.domain.tools import Json, JsonObject
from stocktool_analyst.domain.wording import Wording

_ROWS = 12


def performance(output: JsonObject, say: Wording) -> str:
    """Returns, gain and the benchmark's return over the same days."""
    span = _span(output, say)
    twr = phrases.percent(find(output, "twr"))
    lines = []
    if twr:
        template = (
            "Your portfolio lost **{twr}** (time-weighted){span}."
            if phrases.negative(find(output, "twr"))
            else "Your portfolio returned **{twr}** (time-weighted){span}."
        )
        lines.append(say(template, twr=twr, span=span))
    else:
        reason = undefined(output, "twr") or say("no reason given")
        lines.append(say("Your time-weighted return{span} is undefined: {reason}.", span=span, reason=reason))
    lines += [_benchmark(output, say), _gain(output, say)]
    xirr = phrases.percent(find(output, "xirr"))
    if xirr:
        lines.append(say("Money-weighted, your own timing included (XIRR, a yearly rate): {xirr}.", xirr=xirr))
    elif reason := undefined(output, "xirr"):
        lines.append(say("The money-weighted return (XIRR) is undefined: {reason}.", reason=reason))
    return say.paragraph([*lines, *_freshness(output, say)])


def _gain(output: JsonObject, say: Wording) -> str:
    gain = find(output, "gain")
    amount, value = phrases.money(gain), phrases.money(find(output, "value_end"))
    if not amount:
        return ""
    flows = phrases.money(find(output, "net_flows"))
    on = say(" on net deposits of {flows}", flows=flows) if flows else ""
    end = say(", and the portfolio was worth {value} at the end", value=value) if value else ""
    template = "The loss is **{amount}**{on}{end}." if phrases.negative(gain) else "The gain is **{amount}**{on}{end}."
    return say(template, amount=amount, on=on, end=end)


def _benchmark(output: JsonObject, say: Wording) -> str:
    benchmark = find_object(output, "benchmark")
    symbol = text(benchmark, "symbol")
    if not symbol:
        return ""
    theirs, mine = benchmark.get("twr"), find(output, "twr")
    if not phrases.percent(theirs):
        reason = undefined(benchmark, "twr") or say("no prices")
        return say("The return of {symbol} over these days is undefined: {reason}.", symbol=symbol, reason=reason)
    verdict = ""
    if isinstance(theirs, int | float) and isinstance(mine, int | float) and mine != theirs:
        verdict = say(", so you were ahead of it") if mine > theirs else say(", so you were behind it")
    return say(
        "{symbol} returned **{theirs}** over the same days{verdict}.",
        symbol=symbol,
        theirs=phrases.percent(theirs),
        verdict=verdict,
    )


def risk(output: JsonObject, say: Wording) -> str:
    """Volatility, drawdown, value at risk and the ratios, one line each."""
    metrics = find_object(output, "metrics") or output
    peak, trough = (phrases.day(metrics.get(f"max_drawdown_{end}")) for end in ("peak", "trough"))
    days = say(" (from {peak} to {trough})", peak=peak, trough=trough) if peak and trough else ""
    benchmark = text(output, "benchmark") if isinstance(find(output, "benchmark"), str) else ""
    versus = say(" against {benchmark}", benchmark=benchmark) if benchmark else ""
    entries = (
        (say("Volatility, annualised"), phrases.percent(metrics.get("volatility")), ""),
        (say("Largest fall from a peak"), phrases.percent(metrics.get("max_drawdown")), days),
        (say("One-day VaR (95%), historical"), phrases.percent(metrics.get("var95_hist")), ""),
        (say("Mean of the days beyond it (CVaR)"), phrases.percent(metrics.get("cvar95_hist")), ""),
        (say("Sharpe ratio"), phrases.ratio(metrics.get("sharpe")), ""),
        (say("Beta"), phrases.ratio(metrics.get("beta")), versus),
        (say("Correlation"), phrases.ratio(metrics.get("correlation")), versus),
    )
    lines = [f"- {name}: **{figure}**{more}" for name, figure, more in entries if figure]
    if not lines:
        reason = undefined(output, "volatility") or say("too few returns")
        return say("No risk figure can be given: {reason}.", reason=reason)
    names = {"sharpe": say("Sharpe ratio"), "beta": say("Beta"), "correlation": say("Correlation")}
    absent = [
        say("{name} is undefined: {reason}.", name=name, reason=reason)
        for key, name in names.items()
        if (reason := undefined(output, key))
    ]
    head = say("Risk of your portfolio{span}:", span=_span(output, say))
    return "\n".join([head, *lines, *absent, *_freshness(output, say)])


def holdings(output: JsonObject, say: Wording, symbols: Sequence[str] = ()) -> str:
    """What is held, its value, cash and the total; of some symbols alone when they are named."""
    items = rows(output, "items", "holdings")
    if symbols:
        return _positions(output, [item for item in items if text(item, "symbol") in symbols], symbols, say)
    total = phrases.money(find(output, "total"))
    lines = [say("Your portfolio is worth **{total}**{on}.", total=total, on=_on(output, say))]
    if items:
        header = [say(name) for name in ("Symbol", "Quantity", "Price", "Value", "Unrealised", "Weight")]
        ordered = sorted(items, key=lambda item: -_weight(item))
        lines += ["", phrases.table(header, [_holding(item, say) for item in ordered[:_ROWS]])]
        if len(items) > _ROWS:
            lines.append(say("The smallest positions are left out of this table."))
    cash = [amount for each in _list(find(output, "cash")) if (amount := phrases.money(each))]
    if cash:
        lines += ["", say("Cash: {cash}.", cash=say.listed(cash))]
    return "\n".join([*lines, *_freshness(output, say)])


def _positions(output: JsonObject, items: list[JsonObject], symbols: Sequence[str], say: Wording) -> str:
    on = _on(output, say)
    lines = []
    for item in items:
        paid, made = phrases.money(item.get("cost_basis")), phrases.money(item.get("unrealised"))
        worth, weight = phrases.money(item.get("market_value")), phrases.percent(item.get("weight"))
        loss = phrases.negative(item.get("unrealised"))
        unrealised = ": an unrealised loss of {made}" if loss else ": an unrealised gain of {made}"
        lines.append(
            say(
                "You hold **{quantity} {symbol}**{worth}{paid}{made}.{weight}",
                quantity=phrases.quantity(item.get("quantity")),
                symbol=text(item, "symbol"),
                worth=say(", worth {worth}{on}", worth=worth, on=on) if worth else say(", without a known price"),
                paid=say(", for which you paid {paid}", paid=paid) if paid else "",
                made=say(unrealised, made=made) if made else "",
                weight=say(" It is {weight} of the portfolio.", weight=weight) if weight else "",
            )
        )
    missing = [symbol for symbol in symbols if symbol not in {text(item, "symbol") for item in items}]
    if missing:
        as_of = phrases.day(find(output, "as_of"))
        day = say(" as of {day}", day=as_of) if as_of else ""
        lines.append(say("You hold no {symbols}{day}.", symbols=say.listed(missing), day=day))
    return "\n".join(lines)


def _holding(item: JsonObject, say: Wording) -> list[str]:
    price, day = phrases.money(item.get("price")), phrases.day(item.get("price_as_of"))
    return [
        text(item, "symbol"),
        phrases.quantity(item.get("quantity")),
        say("{price} (stale, {day})", price=price, day=day) if item.get("stale") else price,
        phrases.money(item.get("market_value")),
        phrases.money(item.get("unrealised")),
        phrases.percent(item.get("weight")),
    ]


def allocation(output: JsonObject, say: Wording) -> str:
    """Slices with value and weight."""
    slices = rows(output, "slices", "items")
    if not slices:
        return say("There is nothing to split: the portfolio holds no priced position.")
    by = say((text(output, "by") or "sector").removeprefix("ALLOCATION_BY_").lower())
    body = [
        [
            say.word(text(each, "label") or text(each, "key")),
            phrases.money(each.get("value")),
            phrases.percent(each.get("weight")),
        ]
        for each in sorted(slices, key=lambda each: -_weight(each))
    ]
    lead = say(
        "By {by}, the largest part of your portfolio is **{label}** at **{weight}**.",
        by=by,
        label=body[0][0],
        weight=body[0][2],
    )
    table = phrases.table([by.capitalize(), say("Value"), say("Weight")], body)
    return "\n".join([lead, "", table, *_freshness(output, say)])


def transactions(output: JsonObject, say: Wording) -> str:
    """The latest ledger entries."""
    items = rows(output, "items", "transactions")
    if not items:
        return say("Your ledger has no entries.")
    latest = sorted(items, key=lambda item: text(item, "date"), reverse=True)[:_ROWS]
    header = [say(name) for name in ("Date", "Type", "Symbol", "Quantity", "Price", "Amount")]
    body = [
        [
            phrases.day(item.get("date")),
            say.word(text(item, "type").removeprefix("TRANSACTION_TYPE_").lower().replace("_", " ")),
            text(item, "symbol"),
            phrases.quantity(item.get("quantity")),
            _amount(item, "price"),
            _amount(item, "amount"),
        ]
        for item in latest
    ]
    return f"{say('The latest entries of your ledger:')}\n\n{phrases.table(header, body)}"


def _amount(item: JsonObject, key: str) -> str:
    value = item.get(key)
    if isinstance(value, dict):
        return phrases.money(value)
    return phrases.money({"amount": value, "currency": item.get("currency")}) if value else ""


def _span(output: JsonObject, say: Wording) -> str:
    start = phrases.day(find(output, "start")) or phrases.day(find(output, "first_date"))
    end = phrases.day(find(output, "end")) or phrases.day(find(output, "last_date"))
    return say(" from {start} to {end}", start=start, end=end) if start and end else ""


def _on(output: JsonObject, say: Wording) -> str:
    as_of = phrases.day(find(output, "as_of"))
    return say(" on {day}", day=as_of) if as_of else ""


def _freshness(output: JsonObject, say: Wording) -> list[str]:
    stale = find(output, "stale_prices")
    lines = []
    if isinstance(stale, int) and not isinstance(stale, bool) and stale > 0:
        lines.append(phrases.stale_prices(stale, say))
    warnings = find(output, "warnings")
    return [
        *lines,
        *(say("Note: {warning}.", warning=warning) for warning in _list(warnings) if isinstance(warning, str)),
    ]


def _weight(item: JsonObject) -> float:
    weight = item.get("weight")
    return float(weight) if isinstance(weight, int | float) else 0.0


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
