"""Paragraphs about one symbol's history, company and calendar, and about the day's movers."""

from __future__ import annotations

from stocktool_analyst.domain import phrases
from stocktool_analyst.domain.results import entries, obj, rows, text, undefined
from stocktool_analyst.domain.tools import Json, JsonObject
from stocktool_analyst.domain.wording import Wording

_ROWS = 10


def bars(output: JsonObject, say: Wording) -> str:
    """First, last, highest and lowest close, and the newest rows."""
    symbol, currency = text(output, "symbol"), output.get("currency")
    closes = [
        (str(day), close)
        for day, close in zip(_list(output, "dates"), _list(output, "close"), strict=False)
        if isinstance(close, int | float)
    ]
    if not closes:
        return say("There are no prices of {symbol} in this range.", symbol=symbol)

    def price(close: Json) -> str:
        return phrases.money({"amount": close, "currency": currency})

    (first_day, first), (last_day, last) = closes[0], closes[-1]
    stale = say(" These prices are stale: the data end there.") if output.get("stale") is True else ""
    if len(closes) == 1:
        words = say("{symbol} closed at **{price}** on {day}.", symbol=symbol, price=price(last), day=last_day)
        return f"{words}{stale}"
    high, low = max(closes, key=lambda each: each[1]), min(closes, key=lambda each: each[1])
    template = (
        "{symbol} closed at **{last}** on {day}, as it did on {first_day}."
        if last == first
        else "{symbol} closed at **{last}** on {day}, higher than on {first_day}, when it was {first}."
        if last > first
        else "{symbol} closed at **{last}** on {day}, lower than on {first_day}, when it was {first}."
    )
    lines = [
        say(template, symbol=symbol, last=price(last), day=last_day, first_day=first_day, first=price(first)),
        say(
            "The highest close was {high} on {high_day}, the lowest {low} on {low_day}.",
            high=price(high[1]),
            high_day=high[0],
            low=price(low[1]),
            low_day=low[0],
        )
        + stale,
    ]
    body = [[day, price(close)] for day, close in closes[-_ROWS:]]
    left_out = ["", say("Earlier days are left out of this table.")] if len(closes) > _ROWS else []
    return "\n".join([say.paragraph(lines), "", phrases.table([say("Day"), say("Close")], body), *left_out])


_KINDS = {"EQUITY": "a company", "ETF": "an exchange-traded fund"}


def profile(output: JsonObject, say: Wording) -> str:
    """What an instrument is, in one or two sentences."""
    name, symbol = text(output, "name"), text(output, "symbol")
    sector, industry = say.word(text(output, "sector")), text(output, "industry")
    seat, currency, exchange = text(output, "headquarters"), text(output, "currency"), text(output, "exchange")
    where = say(" in the sector {sector}", sector=sector) if sector else ""
    where += f" ({industry})" if industry else ""
    first = say(
        "{name} is {kind}{where}{seat}.",
        name=f"{name} ({symbol})" if name else symbol,
        kind=say(_KINDS.get(text(output, "type").upper(), "an instrument")),
        where=where,
        seat=say(", based in {seat}", seat=seat) if seat else "",
    )
    since = phrases.day(output.get("first_trade_date"))
    second = (
        say(
            "It trades in {currency}{exchange}{since}.",
            currency=currency,
            exchange=say(" on {exchange}", exchange=exchange) if exchange else "",
            since=say(", with prices since {day}", day=since) if since else "",
        )
        if currency
        else ""
    )
    return say.paragraph([first, second])


NAMES = {
    "market_cap": "Market value of the company",
    "revenue": "Revenue",
    "earnings_per_share": "Earnings per share",
    "year_low": "Lowest price in a year",
    "year_high": "Highest price in a year",
    "trailing_pe": "Price to earnings, trailing",
    "forward_pe": "Price to earnings, forward",
    "price_to_book": "Price to book",
    "dividend_yield": "Dividend yield",
    "payout_ratio": "Payout ratio",
    "beta": "Beta",
    "shares_outstanding": "Shares outstanding",
    "profit_margin": "Profit margin",
    "return_on_equity": "Return on equity",
    "debt_to_equity": "Debt to equity",
}
_PERCENTS = frozenset({"dividend_yield", "payout_ratio", "profit_margin", "return_on_equity"})


def fundamentals(output: JsonObject, say: Wording) -> str:
    """A company's figures in a table, and which are unknown."""
    amounts = [[_name(key, say), phrases.money(value)] for key, value in entries(output, "amounts")]
    numbers = [[_name(key, say), _number(key, value)] for key, value in entries(output, "numbers")]
    body = [row for row in (*amounts, *numbers) if row[1]]
    symbol = text(output, "symbol")
    if not body:
        reason = next((str(reason) for _, reason in entries(output, "undefined")), say("the source gives none"))
        return say("No figures of {symbol} are known: {reason}.", symbol=symbol, reason=reason)
    head = say("Figures of {symbol}{as_of}:", symbol=symbol, as_of=_as_of(output, say))
    lines = [head, "", phrases.table([say("Figure"), say("Value")], body)]
    unknown = [_name(key, say).lower() for key, _ in entries(output, "undefined")]
    return "\n".join([*lines, *(["", say("Not known: {names}.", names=say.listed(unknown))] if unknown else [])])


def _name(key: str, say: Wording) -> str:
    return say.word(NAMES.get(key, key))


def _number(key: str, value: Json) -> str:
    if key in _PERCENTS:
        return phrases.percent(value)
    return phrases.quantity(value) if key == "shares_outstanding" else phrases.ratio(value)


def earnings(output: JsonObject, say: Wording) -> str:
    """The next day a company reports."""
    symbol, following = text(output, "symbol"), phrases.day(output.get("next"))
    if not following:
        reason = undefined(output, "next") or undefined(output, "days") or say("the source gives none")
        return say("No coming earnings day of {symbol} is known: {reason}.", symbol=symbol, reason=reason)
    estimated = output.get("estimated")
    sure = (
        say(" (estimated, not confirmed by the company)")
        if estimated is True
        else say(" (confirmed)")
        if estimated is False
        else ""
    )
    without = phrases.day(output.get("ex_dividend_day"))
    return say.paragraph(
        [
            say("{symbol} is expected to report earnings on **{day}**{sure}.", symbol=symbol, day=following, sure=sure),
            say("Its ex-dividend day is {day}.", day=without) if without else "",
        ]
    )


def dividends(output: JsonObject, say: Wording) -> str:
    """Dividends and splits of a symbol, the newest first."""
    symbol = text(output, "symbol")
    paid = sorted(rows(output, "dividends"), key=lambda row: str(row.get("ex_date")), reverse=True)
    split = sorted(rows(output, "splits"), key=lambda row: str(row.get("ex_date")), reverse=True)
    reason = undefined(output, "dividends")
    because = f": {reason}" if reason else ""
    if not paid and not split:
        if reason:
            return say("No dividends or splits of {symbol} are known{because}.", symbol=symbol, because=because)
        return say("No dividends or splits of {symbol} are known in this range.", symbol=symbol)
    lines = []
    if paid:
        body = [[phrases.day(row.get("ex_date")), phrases.price(row.get("amount"))] for row in paid[:_ROWS]]
        lines += [
            say("Dividends of {symbol} for each share, the newest first:", symbol=symbol),
            "",
            phrases.table([say("Ex-date"), say("Amount")], body),
        ]
        if len(paid) > _ROWS:
            lines.append(say("Earlier ones are left out."))
    else:
        lines.append(say("No dividends of {symbol} are known{because}.", symbol=symbol, because=because))
    if split:
        told = [
            say(
                "{ratio} new for one old on {day}",
                ratio=phrases.quantity(row.get("ratio")),
                day=phrases.day(row.get("ex_date")),
            )
            for row in split[:5]
        ]
        lines += ["", say("Splits: {splits}.", splits=say.listed(told))]
    return "\n".join(lines)


def movers(output: JsonObject, say: Wording) -> str:
    """The day's largest rises and falls."""
    lines: list[str] = []
    for title, key in (("Largest rises{of}:", "gainers"), ("Largest falls{of}:", "losers")):
        found = rows(output, key)
        if not found:
            continue
        day = phrases.day(found[0].get("as_of"))
        body = [
            [
                text(row, "symbol"),
                _word(row.get("name")),
                phrases.money(row.get("price")),
                phrases.percent(row.get("change_fraction")),
            ]
            for row in found[:_ROWS]
        ]
        header = [say(name) for name in ("Symbol", "Name", "Price", "Change")]
        lines += [say(title, of=say(" of {day}", day=day) if day else ""), "", phrases.table(header, body), ""]
    considered = phrases.quantity(output.get("considered"))
    if not lines:
        return say("No symbol moved today, or no price is fresh enough to tell.")
    looked = say("Looked at: {count} symbols.", count=considered) if considered else ""
    return "\n".join([*lines, looked]).rstrip()


def page(output: JsonObject, say: Wording) -> str:
    """The text of a page, shortened."""
    body = " ".join(text(output, "text").split())
    shown = body if len(body) <= 1500 else body[:1500].rsplit(" ", 1)[0] + " …"
    marker = text(output, "citation")
    name = text(output, "document_name") or say("The document")
    place = say("{name}, page {page}", name=name, page=text(output, "page"))
    return f"{place}{f' [{marker}]' if marker else ''}:\n\n> {shown}"


def _as_of(output: JsonObject, say: Wording) -> str:
    provenance = obj(output, "provenance")
    day = phrases.day(provenance.get("as_of"))
    if not day:
        return ""
    return say(" as of {day} (stale)", day=day) if provenance.get("stale") else say(" as of {day}", day=day)


def _list(output: JsonObject, key: str) -> list[Json]:
    value = output.get(key)
    return value if isinstance(value, list) else []


def _word(value: Json) -> str:
    return value if isinstance(value, str) else ""
