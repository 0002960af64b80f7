"""Paragraphs on errands: indicators, the market, years ahead, watches, background work, sums, the web."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stocktool_analyst.domain import phrases
from stocktool_analyst.domain.results import number, obj, rows, text
from stocktool_analyst.domain.tools import Json, JsonObject
from stocktool_analyst.domain.wording import Wording

_ROWS = 12
_PAGES = 5


def indicators(output: JsonObject, say: Wording) -> str:
    """The newest day of each line, with its close."""
    days = rows(output, "items")
    if not days:
        return say("There are no prices to work indicators out from.")
    last, currency = days[-1], text(output, "currency")
    symbol, day = text(output, "symbol"), text(last, "date")
    close = phrases.money({"amount": last.get("close"), "currency": currency})
    lead = say("{symbol} closed at **{close}** on {day}.", symbol=symbol, close=close, day=day)
    body = []
    for line in rows(last, "lines"):
        value = line.get("value") if "value" in line else line.get("points")
        shown = phrases.money({"amount": value, "currency": currency}) if "value" in line else phrases.ratio(value)
        # Named in each row: a figure belongs to the instrument that was named last before it.
        body.append([f"{symbol} {_line(text(line, 'name'), say)}", shown or say("undefined")])
    lines = [lead, "", phrases.table([say("Indicator"), say("Value")], body)] if body else [lead]
    reasons = [f"{_line(name, say)}: {reason}" for name, reason in sorted(obj(output, "undefined").items())]
    lines += [say("Undefined: {reasons}.", reasons="; ".join(reasons))] if reasons else []
    lines += [say("The prices are stale.")] if output.get("stale") is True else []
    source = text(output, "source")
    lines.append(
        say("Worked out from daily prices ({source}), adjusted for splits; this is no advice.", source=source or "-")
    )
    return "\n".join(lines)


_LINES = {
    "sma": "{days}-day average",
    "ema": "{days}-day exponential average",
    "rsi": "{days}-day RSI",
    "atr": "{days}-day ATR",
}


def _line(name: str, say: Wording) -> str:
    """`50-day average` of "sma:50", `MACD signal` of "macd:12:26:9.signal": no number looks like a figure."""
    kind, _, rest = name.partition(":")
    part = rest.rpartition(".")[2] if "." in rest else ""
    if kind in _LINES:
        return say(_LINES[kind], days=rest)
    band = {"macd": "MACD", "bollinger": "Bollinger"}.get(kind, kind)
    return f"{band} {say.word(part)}".strip()


def overview(output: JsonObject, say: Wording) -> str:
    """Whether the market is open, broad funds, and who moved most."""
    market = obj(output, "market")
    now = text(market, "now").replace("T", " ")[:16]
    state = "The market is open" if market.get("open") is True else "The market is closed"
    parts = [say("{state} (now {now} UTC).", state=say(state), now=now) if now else say("{state}.", state=say(state))]
    for title, key in (("Broad funds", "broad"), ("Largest rises", "gainers"), ("Largest falls", "losers")):
        body = [_quote(row, say) for row in rows({key: output.get(key)}, key)[:_ROWS]]
        if body:
            header = [say("Symbol"), say("Price"), say("Change")]
            parts += ["", f"**{say(title)}**", "", phrases.table(header, body)]
    considered = output.get("considered")
    if isinstance(considered, int | float) and not isinstance(considered, bool) and considered > 0:
        parts += ["", say("Symbols considered: {count}.", count=phrases.quantity(considered))]
    return "\n".join(parts)


def _quote(row: JsonObject, say: Wording) -> list[str]:
    price = phrases.money(row.get("price"))
    stale = say(" (stale)") if row.get("stale") is True else ""
    return [text(row, "symbol"), f"{price}{stale}", phrases.percent(row.get("change_fraction")) or say("undefined")]


def outlook(output: JsonObject, say: Wording) -> str:
    """The fan of the last year, and what may go wrong."""
    fan = rows(output, "fan")
    if not fan:
        return say("Nothing can be projected.")
    last = fan[-1]
    lead = say(
        "From **{initial}** on {day}, the simulation of {paths} paths sees these values after {years} years:",
        initial=phrases.money(output.get("initial")),
        day=phrases.day(output.get("as_of")),
        paths=phrases.quantity(output.get("paths")),
        years=phrases.quantity(last.get("year")),
    )
    names = (
        ("in the worst twentieth at most", "p05"),
        ("in the lowest quarter at most", "p25"),
        ("in the median case", "p50"),
        ("in the best quarter at least", "p75"),
        ("in the best twentieth at least", "p95"),
    )
    body = [[say(name), phrases.money(last.get(key))] for name, key in names if phrases.money(last.get(key))]
    lines = [lead, "", phrases.table(["", say("Value")], body)]
    facts = [
        say(template, share=share)
        for template, key in (
            ("The probability of ending with a loss is {share}.", "prob_loss"),
            ("The probability that the money is depleted is {share}.", "prob_depleted"),
        )
        if (share := phrases.percent(last.get(key)))
    ]
    sustainable = phrases.money(output.get("sustainable_withdrawal"))
    if sustainable:
        facts.append(say("A monthly withdrawal of {amount} would last in most cases.", amount=sustainable))
    growth = say(
        "It assumes a yearly drift of {drift} and a volatility of {volatility}",
        drift=phrases.percent(output.get("drift")),
        volatility=phrases.percent(output.get("volatility")),
    )
    estimated = output.get("estimated")
    start = phrases.day(output.get("history_start"))
    taken = (
        say(", from your history since {day}", day=start) if isinstance(estimated, list) and estimated and start else ""
    )
    facts.append(say("{growth}{taken}.", growth=growth, taken=taken))
    return "\n".join(
        [*lines, "", say.paragraph(facts), say("This is a simulation, no forecast."), *phrases.notes(output, say)]
    )


def watches(output: JsonObject, say: Wording) -> str:
    """The watches there are."""
    items = rows(output, "items")
    if not items:
        return say("You have no watch yet.")
    body = [
        [
            text(row, "name"),
            text(row, "text"),
            say.word(text(row, "status")),
            phrases.day(row.get("fired_at")) or "-",
        ]
        for row in items[:_ROWS]
    ]
    header = [say("Watch"), say("Fires when"), say("State"), say("Last fired")]
    return "\n".join([say("Your watches:"), "", phrases.table(header, body)])


def proposed(output: JsonObject, say: Wording) -> str:
    """A watch that waits for the user's click."""
    summary = text(obj(output, "proposal"), "summary")
    return say(
        "I prepared this watch: **{summary}**. It waits for your approval below; nothing is set until you approve it.",
        summary=summary,
    )


def backtest(output: JsonObject, say: Wording) -> str:
    """On which days a rule would have fired."""
    rule, count = text(output, "text"), number(output, "fired_count")
    fired = output.get("fired")
    days = [str(day) for day in fired if isinstance(day, str)] if isinstance(fired, list) else []
    span = say(" from {start} to {end}", start=phrases.day(output.get("start")), end=phrases.day(output.get("end")))
    if not days:
        lead = say('The rule "{rule}" would not have fired{span}.', rule=rule, span=span)
    else:
        template = (
            'The rule "{rule}" would have fired **once**{span}: on {days}.'
            if len(days) == 1
            else 'The rule "{rule}" would have fired **{count} times**{span}: on {days}.'
        )
        shown = say.listed(days[-_ROWS:])
        lead = say(template, rule=rule, span=span, days=shown, count=phrases.quantity(count))
    held = say(
        "It held on {held} of {days} days.",
        held=phrases.quantity(output.get("true_days")),
        days=phrases.quantity(output.get("days_looked_at")),
    )
    reasons = [str(reason) for _, reason in sorted(obj(output, "undefined").items())]
    unknown = say("On some days it could not be told: {reasons}.", reasons="; ".join(reasons)) if reasons else ""
    return say.paragraph([lead, held, unknown, say("Nothing is stored by this.")])


_KINDS = {
    "portfolio": "portfolio analysis",
    "optimisation": "optimisation",
    "projection": "projection",
    "tax_lots": "tax report",
    "statement": "statement",
}


def started(output: JsonObject, say: Wording) -> str:
    """That an analysis is under way, and by which name."""
    analysis = obj(output, "analysis")
    return say(
        "I started the {kind} in the background; you are told when it has ended. Its id is {id}.",
        kind=say(_KINDS.get(text(analysis, "kind"), "analysis")),
        id=text(analysis, "id"),
    )


def analysis(output: JsonObject, say: Wording) -> str:
    """How far an analysis is, and its first figures once done."""
    found = obj(output, "analysis")
    kind = say(_KINDS.get(text(found, "kind"), "analysis"))
    state = text(found, "state")
    if state == "failed":
        problem = text(obj(found, "error"), "message").rstrip(".")
        return say("The {kind} failed: {problem}.", kind=kind, problem=problem)
    if state != "done":
        steps = say.listed([text(step, "name").replace("_", " ") for step in rows(found, "steps")])
        so_far = say(" Finished so far: {steps}.", steps=steps) if steps else ""
        return say("The {kind} is still {state}.", kind=kind, state=say.word(state)) + so_far
    lines = [say("The {kind} of {day} is done.", kind=kind, day=phrases.day(found.get("finished_at")))]
    facts = [f"- {name}: {value}" for name, value in _figures(text(found, "kind"), obj(found, "result"), say)]
    lines += ["", *facts] if facts else []
    files = [text(row, "name").rpartition(".")[2].upper() for row in rows({"files": found.get("files")}, "files")]
    if files:
        lines += ["", say("Its files wait on the page of reports: {names}.", names=say.listed(files))]
    return "\n".join(lines)


_FIGURES: Mapping[str, tuple[tuple[str, str, Callable[[Json], str]], ...]] = {
    "portfolio": (
        ("holdings.total", "Total value", phrases.money),
        ("performance.twr", "Time-weighted return", phrases.percent),
        ("performance.xirr", "Money-weighted return", phrases.percent),
        ("performance.gain", "Gain", phrases.money),
        ("risk.volatility", "Volatility, annualised", phrases.percent),
        ("risk.max_drawdown", "Largest fall", phrases.percent),
    ),
    "optimisation": (
        ("proposed.expected_return", "Mean return by the method", phrases.percent),
        ("proposed.volatility", "Volatility by the method", phrases.percent),
    ),
    "tax_lots": (
        ("gain", "Realised gain", phrases.money),
        ("short_term", "Held short", phrases.money),
        ("long_term", "Held long", phrases.money),
    ),
    "statement": (
        ("total", "Total value", phrases.money),
        ("twr", "Time-weighted return", phrases.percent),
        ("realised", "Realised gain", phrases.money),
        ("unrealised", "Unrealised gain", phrases.money),
    ),
}


def _figures(kind: str, result: JsonObject, say: Wording) -> list[tuple[str, str]]:
    """The first figures of a result, where its kind keeps them."""
    if kind == "projection":
        last = rows({"fan": result.get("fan")}, "fan")[-1:]
        return [(say("Median value at the end"), phrases.money(each.get("p50"))) for each in last]
    shown = []
    for path, name, form in _FIGURES.get(kind, ()):
        *parts, key = path.split(".")
        part = result
        for step in parts:
            part = obj(part, step)
        if value := form(part.get(key)):
            shown.append((say(name), value))
    return shown


_FORMS: Mapping[str, Callable[[Json], str]] = {
    "amount": phrases.money,
    "fraction": phrases.ratio,
    "number": phrases.quantity,
}


def computed(output: JsonObject, say: Wording) -> str:
    """The outcome, and the figures it was computed from; the call itself shows the way."""
    value = output.get("value") if "value" in output else output.get("quantity")
    used = [
        phrases.money(each.get("value")) or phrases.significant(each.get("value"))
        for each in rows(obj(output, "calculation"), "operands")
    ]
    outcome = _FORMS.get(text(output, "unit"), phrases.ratio)(value)
    return say("The value is **{outcome}**, computed from {figures}.", outcome=outcome, figures=say.listed(used))


def pages(output: JsonObject, say: Wording) -> str:
    """Pages of the web in their own words, each with its address and date."""
    items = rows(output, "items")
    if not items:
        return say("The web's search found nothing.")
    lines = [say("Found on the web ({source}); these are the words of others:", source=text(output, "source"))]
    for item in items[:_PAGES]:
        day = text(item, "date")
        quoted = " ".join(text(item, "text").split())[:300]
        dated = f", {day}" if day else ""
        lines.append(f"- **{_plain(text(item, 'title'))}**{dated}: {_plain(quoted)} <{text(item, 'url')}>")
    return "\n".join(lines)


def _plain(words: str) -> str:
    """Words of others without what Markdown would render."""
    return "".join(letter for letter in words if letter not in "[]<>*`_!|#")


WRITERS: Mapping[str, Callable[[JsonObject, Wording], str]] = {
    "get_indicators": indicators,
    "get_market_overview": overview,
    "project_portfolio": outlook,
    "list_watches": watches,
    "propose_watch": proposed,
    "backtest_watch": backtest,
    "start_analysis": started,
    "read_analysis": analysis,
    "calculate": computed,
    "web_search": pages,
}
ACTIONS: Mapping[str, str] = {
    "get_indicators": "work the indicators out",
    "get_market_overview": "look at the market",
    "project_portfolio": "project your portfolio",
    "list_watches": "list your watches",
    "propose_watch": "prepare this watch",
    "backtest_watch": "try this rule on the past",
    "start_analysis": "start this analysis",
    "read_analysis": "read the analysis",
    "calculate": "compute this",
    "web_search": "search the web",
}
