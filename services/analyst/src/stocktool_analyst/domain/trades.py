"""Trades to try and entries to book, read from words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from stocktool_analyst.domain.amounts import FRACTION, MONEY, NUMBER, fraction_of, money_of, plain
from stocktool_analyst.domain.spans import read_day
from stocktool_analyst.domain.symbols import positions


@dataclass(frozen=True, slots=True)
class Trade:
    """A trade to try; exactly one of quantity, amount and fraction says how much.

    Attributes:
        side: "buy" or "sell".
        symbol: The symbol, empty for every holding.
        quantity: Shares as decimal text.
        amount: Total as decimal text.
        fraction: Part of what is held; of a purchase, part of what the sale before it brings.
    """

    side: str
    symbol: str
    quantity: str = ""
    amount: str = ""
    fraction: Decimal | None = None


_SIDE = re.compile(
    r"\b(?:(?P<sell>sell(?:ing)?|sold|dump(?:ed|ing)?|get rid of|got rid of|trim(?:med"
    r"|ming)?|drop(?:ped)?|liquidat\w*|exit(?:ed|ing)?)"
    r"|(?P<buy>buy(?:ing)?|bought|purchas\w*|add(?:ed|ing)?|invest(?:ed|ing)?|put(?:ting)?|spend(?:ing)?|spent|acquir\w*))\b"
)
_SWAP = re.compile(r"\b(?:swap\w*|switch\w*|mov(?:e|ed|ing)|exchang\w*|replac\w*|rotat\w*|convert\w*)\b")
_SHARES = re.compile(
    rf"(?<![\w$€£.])(?P<count>{NUMBER})(?: (?:more|additional))?(?: shares?| units?| stocks?)?(?: (?:of"
    rf"|in))?(?: my)?\s+$",
    re.IGNORECASE,
)
_PART = re.compile(
    rf"\b(?P<part>{FRACTION})(?: of)?(?: (?:my|the|our))?(?: (?:shares?|stake|position"
    rf"|holding)s?(?: (?:of|in))?)?(?: my)?\s+$",
    re.IGNORECASE,
)
_EVERYTHING = re.compile(
    r"\b(?:everything|all (?:my |of my )?(?:holdings|positions|stocks|shares)|the whole portfolio"
    r"|my (?:whole |entire )?portfolio)\b"
)


def read_trades(text: str) -> tuple[Trade, ...]:
    """Read the trades of "sell 10 AAPL and buy 5 JPM", "sold half my Apple", "put $5,000 into SPY"."""
    lowered = text.lower()
    symbols = positions(text)
    swap = _SWAP.search(lowered)
    if swap and len(symbols) >= 2:
        gone, wanted = symbols[0][1], symbols[1][1]
        if (
            "replac" not in swap[0]
            and re.search(r"\b(?:into|to|for|with|by)\b", lowered[symbols[0][0] : symbols[1][0]]) is None
        ):
            gone, wanted = wanted, gone
        sale = _how_much("sell", gone, lowered[swap.end() : symbols[0][0]])
        return sale, Trade("buy", wanted, fraction=Decimal(1))
    sides = [("sell" if match["sell"] else "buy", match.end()) for match in _SIDE.finditer(lowered)]
    if not sides:
        return ()
    if not symbols:
        whole = _EVERYTHING.search(lowered, sides[0][1])
        part = re.search(rf"\b({FRACTION})\b", lowered)
        return (
            (Trade("sell", "", fraction=Decimal(1) if not part else fraction_of(part[1])),)
            if sides[0][0] == "sell" and whole
            else ()
        )
    trades = []
    before = 0
    for at, symbol in symbols:
        said = [side for side in sides if side[1] <= at]
        if not said:
            continue
        side, end = said[-1]
        trades.append(_how_much(side, symbol, lowered[max(end, before) : at]))
        before = at + 1
    return tuple(trades[:20])


def _how_much(side: str, symbol: str, words: str) -> Trade:
    money = re.search(MONEY, words)
    if money:
        return Trade(side, symbol, amount=money_of(money)[0])
    padded = words if words.endswith(" ") else f"{words} "
    part = _PART.search(padded)
    if part:
        return Trade(side, symbol, fraction=fraction_of(part["part"].lower()))
    count = _SHARES.search(padded)
    if count:
        return Trade(side, symbol, quantity=plain(count["count"]))
    spelt = re.search(
        r"\b(a|one|two|three|four|five|ten|twenty|fifty|a hundred)(?: more)?(?: shares?)?(?: of)?\s+$", padded
    )
    if spelt:
        numbers = {
            "a": "1",
            "one": "1",
            "two": "2",
            "three": "3",
            "four": "4",
            "five": "5",
            "ten": "10",
            "twenty": "20",
        }
        return Trade(side, symbol, quantity=numbers.get(spelt[1], "50" if spelt[1] == "fifty" else "100"))
    return Trade(side, symbol, fraction=Decimal(1)) if side == "sell" else Trade(side, symbol)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry to propose, with the fields the words give; the rest is empty."""

    type: str
    symbol: str = ""
    quantity: str = ""
    price: str = ""
    amount: str = ""
    fee: str = ""
    currency: str = ""
    date: str = ""
    account: str = ""


_TYPES = (
    ("dividend", r"\bdividends?\b"),
    ("interest", r"\binterest\b"),
    ("withdrawal", r"\bwithdr\w+|\btook out\b|\btaken out\b"),
    ("deposit", r"\bdeposit\w*|\bpaid in\b|\badded cash\b|\btransferr?ed in\b"),
    ("sell", r"\bsold\b|\bsell\b|\bsale\b"),
    ("buy", r"\bbought\b|\bbuy\b|\bpurchas\w*"),
    ("tax", r"\btax\b"),
    ("fee", r"\bfee\b"),
)
_MONEY = re.compile(MONEY)
_PRICE = re.compile(
    rf"(?:\bat\b|@|\bfor\b(?= (?:[$€£]?\s?(?:{NUMBER})\s?(?:[$€£]|usd|eur|gbp)? (?:each"
    rf"|a share|per share|apiece))))\s*(?:a price of )?(?P<mark>[$€£]|usd |eur |gbp )?\s?(?P<price>{NUMBER})"
)
_FEE = re.compile(
    rf"\b(?:fee|commission|costs?)s?(?: (?:of|was|were))?\s*(?P<mark>[$€£])?\s?(?P<fee>{NUMBER})"
    rf"|(?P<mark2>[$€£])?(?P<fee2>{NUMBER})\s?(?:usd|eur|gbp|dollars|euros)? (?:fee|commission)\b"
)
_ACCOUNT = re.compile(
    r"\b(?:in|into|to|from|at|on)(?: my| the)? (?P<name>[\w-]+(?: [\w-]+)?) account\b"
    r"|\baccount (?:called |named )?[\"'\u201c]?(?P<name2>[\w-]+)",
    re.IGNORECASE,
)


def read_entry(text: str, today: str) -> Entry | None:
    """Read an entry to book: "I bought 10 AAPL at 230 on 2024-11-20"; None when the words give too little."""
    lowered = text.lower()
    kind = next((kind for kind, words in _TYPES if re.search(words, lowered)), "")
    symbols = [symbol for _, symbol in positions(text)]
    symbol = symbols[0] if symbols else ""
    account = _ACCOUNT.search(text)
    name = (account["name"] or account["name2"] or "") if account else ""
    day = read_day(lowered, today)
    rest = re.sub(r"\b(?:19|20)\d{2}-\d{2}-\d{2}\b", " ", lowered)
    fee = _FEE.search(rest) if kind != "fee" else None
    without_fee = rest[: fee.start()] + rest[fee.end() :] if fee else rest
    price = _PRICE.search(without_fee) if kind in {"buy", "sell"} else None
    without_price = without_fee[: price.start()] + without_fee[price.end() :] if price else without_fee
    money = _MONEY.search(without_price)
    amount, currency = money_of(money) if money else ("", "")
    mark = (price["mark"] or "").strip() if price else ""
    if mark and not currency:
        currency = {"$": "USD", "€": "EUR", "£": "GBP"}.get(mark, mark.upper())
    quantity = ""
    if kind in {"buy", "sell"}:
        rest_text = without_price[: money.start()] + without_price[money.end() :] if money else without_price
        count = re.search(rf"(?<![\w.,$€£-])({NUMBER})(?![\w%-])", rest_text)
        quantity = plain(count[1]) if count else ""
        if not symbol or not quantity:
            return None
    elif kind:
        if not amount:
            bare = re.search(rf"(?<![\w.-])({NUMBER})\s?(k\b|thousand\b)?(?![\w%-])", without_price)
            amount = plain(bare[1], bare[2]) if bare else ""
        if not amount or (kind == "dividend" and not symbol):
            return None
    else:
        return None
    return Entry(
        type=kind,
        symbol=symbol if kind in {"buy", "sell", "dividend"} else "",
        quantity=quantity,
        price=plain(price["price"]) if price else "",
        amount=amount,
        fee=plain(fee["fee"] or fee["fee2"]) if fee else "",
        currency=currency,
        date=day,
        account=name if name.lower() not in {"my", "the", "this"} else "",
    )
