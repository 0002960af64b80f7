"""Paragraphs about one symbol's history, company and calendar, and about the day's movers."""

from __future__ import annotations

from stocktool_analyst.domain import phrases
from stocktool_analyst.domain.results import entries, obj, rows, text, undefined
from stocktool_analyst.domain.tools import Json, JsonObject

_ROWS = 10


def bars(output: JsonObject) -> str:
    """First, last, highest and lowest close, and the newest rows."""
    symbol, currency = text(output, "symbol"), output.get("currency")
    closes = [
        (str(day), close)
        for day, close in zip(_list(output, "dates"), _list(output, "close"), strict=False)
        if isinstance(close, int | float)
    ]
    if not closes:
        return f"There are no prices of {symbol} in this range."

    def price(close: Json) -> str:
        return phrases.money({"amount": close, "currency": currency})

    (first_day, first), (last_day, last) = closes[0], closes[-1]
    if len(closes) == 1:
        return f"{symbol} closed at **{price(last)}** on {last_day}.{_stale(output)}"
    high, low = max(closes, key=lambda each: each[1]), min(closes, key=lambda each: each[1])
    way = "higher than" if last > first else "lower than" if last < first else "where it was"
    lines = [
        f"{symbol} closed at **{price(last)}** on {last_day}, {way} on {first_day}, when it was {price(first)}."
        if way != "where it was"
        else f"{symbol} closed at **{price(last)}** on {last_day}, as it did on {first_day}.",
        f"The highest close was {price(high[1])} on {high[0]}, the lowest {price(low[1])} on {low[0]}.{_stale(output)}",
    ]
    body = [[day, price(close)] for day, close in closes[-_ROWS:]]
    left_out = ["", "Earlier days are left out of this table."] if len(closes) > _ROWS else []
    return "\n".join([" ".join(lines), "", phrases.table(["Day", "Close"], body), *left_out])


def profile(output: JsonObject) -> str:
    """What an instrument is, in one or two sentences."""
    name, symbol = text(output, "name"), text(output, "symbol")
    kind = {"EQUITY": "a company", "ETF": "an exchange-traded fund"}.get(text(output, "type").upper(), "an instrument")
    sector, industry = text(output, "sector"), text(output, "industry")
    where = f" in the sector {sector}" if sector else ""
    where += f" ({industry})" if industry else ""
    seat = f", based in {text(output, 'headquarters')}" if text(output, "headquarters") else ""
    traded = f" It trades in {text(output, 'currency')}" if text(output, "currency") else ""
    traded += f" on {text(output, 'exchange')}" if traded and text(output, "exchange") else ""
    since = phrases.day(output.get("first_trade_date"))
    traded += f", with prices since {since}" if traded and since else ""
    return f"{f'{name} ({symbol})' if name else symbol} is {kind}{where}{seat}.{f'{traded}.' if traded else ''}"


_NAMES = {
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


def fundamentals(output: JsonObject) -> str:
    """A company's figures in a table, and which are unknown."""
    amounts = [[_NAMES.get(key, key), phrases.money(value)] for key, value in entries(output, "amounts")]
    numbers = [[_NAMES.get(key, key), _number(key, value)] for key, value in entries(output, "numbers")]
    body = [row for row in (*amounts, *numbers) if row[1]]
    symbol = text(output, "symbol")
    if not body:
        reason = next((str(reason) for _, reason in entries(output, "undefined")), "the source gives none")
        return f"No figures of {symbol} are known: {reason}."
    lines = [f"Figures of {symbol}{_as_of(output)}:", "", phrases.table(["Figure", "Value"], body)]
    unknown = [_NAMES.get(key, key).lower() for key, _ in entries(output, "undefined")]
    return "\n".join([*lines, *(["", f"Not known: {phrases.listed(unknown)}."] if unknown else [])])


def _number(key: str, value: Json) -> str:
    if key in _PERCENTS:
        return phrases.percent(value)
    return phrases.quantity(value) if key == "shares_outstanding" else phrases.ratio(value)


def earnings(output: JsonObject) -> str:
    """The next day a company reports."""
    symbol, following = text(output, "symbol"), phrases.day(output.get("next"))
    if not following:
        reason = undefined(output, "next") or undefined(output, "days") or "the source gives none"
        return f"No coming earnings day of {symbol} is known: {reason}."
    estimated = output.get("estimated")
    sure = (
        " (estimated, not confirmed by the company)"
        if estimated is True
        else " (confirmed)"
        if estimated is False
        else ""
    )
    line = f"{symbol} is expected to report earnings on **{following}**{sure}."
    without = phrases.day(output.get("ex_dividend_day"))
    return f"{line} Its ex-dividend day is {without}." if without else line


def dividends(output: JsonObject) -> str:
    """Dividends and splits of a symbol, the newest first."""
    symbol = text(output, "symbol")
    paid = sorted(rows(output, "dividends"), key=lambda row: str(row.get("ex_date")), reverse=True)
    split = sorted(rows(output, "splits"), key=lambda row: str(row.get("ex_date")), reverse=True)
    if not paid and not split:
        reason = undefined(output, "dividends")
        return f"No dividends or splits of {symbol} are known{f': {reason}' if reason else ' in this range'}."
    lines = []
    if paid:
        body = [[phrases.day(row.get("ex_date")), phrases.price(row.get("amount"))] for row in paid[:_ROWS]]
        lines += [
            f"Dividends of {symbol} for each share, the newest first:",
            "",
            phrases.table(["Ex-date", "Amount"], body),
        ]
        if len(paid) > _ROWS:
            lines.append("Earlier ones are left out.")
    else:
        lines.append(
            f"No dividends of {symbol} are known{f': {reason}' if (reason := undefined(output, 'dividends')) else ''}."
        )
    if split:
        told = [
            f"{phrases.quantity(row.get('ratio'))} new for one old on {phrases.day(row.get('ex_date'))}"
            for row in split[:5]
        ]
        lines += ["", f"Splits: {phrases.listed(told)}."]
    return "\n".join(lines)


def movers(output: JsonObject) -> str:
    """The day's largest rises and falls."""
    lines: list[str] = []
    for title, key in (("Largest rises", "gainers"), ("Largest falls", "losers")):
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
        lines += [
            f"{title}{f' of {day}' if day else ''}:",
            "",
            phrases.table(["Symbol", "Name", "Price", "Change"], body),
            "",
        ]
    considered = phrases.quantity(output.get("considered"))
    if not lines:
        return "No symbol moved today, or no price is fresh enough to tell."
    return "\n".join([*lines, f"Looked at: {considered} symbols." if considered else ""]).rstrip()


def page(output: JsonObject) -> str:
    """The text of a page, shortened."""
    body = " ".join(text(output, "text").split())
    shown = body if len(body) <= 1500 else body[:1500].rsplit(" ", 1)[0] + " …"
    marker = text(output, "citation")
    name = text(output, "document_name") or "The document"
    return f"{name}, page {text(output, 'page')}{f' [{marker}]' if marker else ''}:\n\n> {shown}"


def _as_of(output: JsonObject) -> str:
    provenance = obj(output, "provenance")
    day = phrases.day(provenance.get("as_of"))
    return f" as of {day}{' (stale)' if provenance.get('stale') else ''}" if day else ""


def _stale(output: JsonObject) -> str:
    return " These prices are stale: the data end there." if output.get("stale") is True else ""


def _list(output: JsonObject, key: str) -> list[Json]:
    value = output.get(key)
    return value if isinstance(value, list) else []


def _word(value: Json) -> str:
    return value if isinstance(value, str) else ""
