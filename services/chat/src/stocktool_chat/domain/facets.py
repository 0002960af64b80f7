"""Opposites that one field is and its neighbour is not: gross and net, short-term and long-term, bought and sold."""

from __future__ import annotations

import re
from collections.abc import Sequence

from stocktool_chat.domain.words import beginnings, matches

_ON_COST = (
    r"yield on cost|on (?:your |its |their |the )?(?:purchase )?cost|on what (?:you|it|they)(?:'ve)? (?:paid|cost)"
    r"|(?:on|of) (?:your|the) purchase price|取得利回り|取得[^、。]{0,5}に対"
)
_ON_PRICE = (
    r"trailing yield|on (?:today's|the current|its current|the present|current) (?:price|value|worth)"
    r"|current yield|現在の(?:株価|評価額|価格)(?:に対|比)"
)
_BEFORE_TAX = (
    r"before (?:any |withholding )?tax(?:es)?|pre-tax|gross|before(?= and [^;]{0,28}after (?:any )?tax)|税引き?前"
)
_AFTER_TAX = (
    r"after (?:any |withholding |withheld )?tax(?:es)?|after-tax|net of tax"
    r"|net(?= dividend| income| [$\u20ac\u00a3]|,|\.|\)|$| of withh)|税引き?後|手取り"
)
_BOUGHT = (
    r"b[ou]ys?|buying|bought|purchas\w+|pick(?:ed|s)? up|acquired|add(?:ed)? to|put(?= [$\u20ac\d])|買付|買い|購入"
)
_SOLD = r"sells?|selling|sold|sales?|let(?:ting)? go|dispos\w+|part(?:ed)? with|売却|売り"
_COST = r"costs?|paid|invested|purchase price|取得(?:額|コスト|価額|原価)"
_WORTH = r"worth|now(?= [$\u20ac\u00a3\d])|valued|market value|current value|評価額|時価(?!総額)"
_EXPECTED = (
    r"should pay|will pay|expected|expects?|forecast|projected|coming year|next (?:year|12 months|twelve months)|見込み"
)
# Each side of each family: the words for it in a text, and the names that hold it.
_SIDES = {
    "term_short": (r"short[- ]term|短期", r"short_term"),
    "term_long": (r"long[- ]term|長期", r"long_term"),
    "tax_before": (_BEFORE_TAX, r"gross"),
    "tax_after": (_AFTER_TAX, r"net"),
    "yield_cost": (_ON_COST, r"yield_on_cost"),
    "yield_now": (_ON_PRICE, r"trailing_yield|dividend_yield"),
    "earnings_past": (r"trailing|on past|past earnings|last year's earnings|実績", r"trailing_pe"),
    "earnings_next": (
        r"forward|on expected|expected earnings|(?:this|next) year's (?:expected )?earnings|estimated earnings|予想",
        r"forward_pe",
    ),
    "trade_buy": (_BOUGHT, r"buy|bought"),
    "trade_sell": (_SOLD, r"sell|sold"),
    "flow_in": (r"deposit\w*|pa(?:y|id) in|put in|入金", r"deposit"),
    "flow_out": (r"withdr[ae]w\w*|took out|taken out|take out|出金", r"withdrawal"),
    "range_low": (r"lows?|lowest|bottom\w*|安値", r"low|year_low"),
    "range_high": (r"highs?|highest|peak\w*|高値", r"high|year_high"),
    "check_pass": (r"pass(?:ed|es)?|合格", r"pass"),
    "check_warn": (r"warn(?:ings?|ed|s)?|警告", r"warn|warn_threshold"),
    "check_fail": (r"fail(?:ed|s|ures?)?|不合格", r"fail"),
    "kept_real": (r"reali[sz]ed?|booked|locked in|実現", r"realised"),
    "kept_paper": (r"unreali[sz]ed|paper|含み", r"unrealised"),
    "kind_cost": (_COST, r"cost_basis|cost"),
    "kind_worth": (_WORTH, r"market_value|value|value_end|value_start|total"),
    "kind_got": (r"brought(?! in)|fetched|sold for|proceeds|売却額", r"proceeds"),
    "when_received": (r"received|collected|has paid|have paid|so far|brought in|arrived|受け取", r"received"),
    "when_expected": (_EXPECTED, r"expected"),
}
_TEXT = re.compile(
    "|".join(rf"(?P<{side}>(?<![A-Za-z-])(?:{words})(?![A-Za-z]))" for side, (words, _) in _SIDES.items()),
    re.IGNORECASE,
)
_FIRST = beginnings(
    "short long before pre gross after net yield on of trailing current past last forward expected this next estimated"
    " buy bought purchase pick acquired add sell sold sale let letting dispose part deposit paid pay put withdraw"
    " withdrew took taken take low bottom high peak pass warn fail real realise booked locked unreal paper received"
    " has have so brought arrived cost costs invested purchase worth valued market should will fetched proceeds now"
    " collected expect forecast project coming"
)
_JAPANESE = re.compile(
    r"短期|長期|評価額|時価|税引|手取り|取得|現在の|実績|予想|買|購入|売|入金|出金|安値|高値|合格|不合格|警告|実現|含み|受け取|見込み"
)
_KEYS = {side: re.compile(rf"(?:{keys})") for side, (_, keys) in _SIDES.items()}
# What a sale holds of the purchase before it, and the other way round.
_OF_BOTH = frozenset({"cost", "acquired", "days_held", "cost_basis", "lots"})

Place = tuple[int, int, str]
"""Where a text names a side: start, end, the side."""


def family(side: str) -> str:
    """The family of a side: "term" of "term_short"."""
    return side.partition("_")[0]


def sides_in(text: str) -> list[Place]:
    """Where a text names sides, in order."""
    also = () if text.isascii() else tuple(match.start() for match in _JAPANESE.finditer(text))
    return [(match.start(), match.end(), str(match.lastgroup)) for match in matches(_TEXT, text, _FIRST, also)]


def sides_of(key: str, above: str, about: str) -> frozenset[str]:
    """The sides a field is of, by its name, the names above it, and texts beside it."""
    names = [*above.split("."), *about.split(), key]
    found: dict[str, str] = {}
    for name in names:
        for side, keys in _KEYS.items():
            if keys.fullmatch(name) and not (family(side) == "trade" and key in _OF_BOTH):
                found[family(side)] = side
    return frozenset(found.values())


def sides_said(text: str, places: Sequence[Place], figures: Sequence[tuple[int, int]]) -> list[frozenset[str]]:
    """The sides that each figure of a sentence is said to be of.

    Words stand before their figures ("gross $10, net $8") or after them ("$10 before and $8 after tax"): as fits more
    of the figures, and more closely, none of them across a comma.

    Args:
        text: The whole text.
        places: Where the sentence names sides.
        figures: Where its figures stand, dates left out.
    """
    said: list[set[str]] = [set() for _ in figures]
    for name in {family(side) for _, _, side in places}:
        own = [place for place in places if family(place[2]) == name]
        before = [_before(text, own, figures, at) for at in range(len(figures))]
        after = [_after(text, own, figures, at) for at in range(len(figures))]
        leads = _fit(before) >= _fit(after)
        for at, found in enumerate(before if leads else after):
            if found is not None:
                said[at].add(found[1])
            elif leads and name in _VERBS and (done := _done(text, own, figures[at][0])):
                said[at].add(done)
            elif leads and at + 1 == len(figures) and (last := after[at]) is not None:
                said[at].add(last[1])
            elif not leads and at == 0 and (first := before[at]) is not None:
                said[at].add(first[1])
    return [frozenset(each) for each in said]


_Found = tuple[int, str]
"""How far a word stands from its figure, and the side it names."""


def _fit(found: Sequence[_Found | None]) -> tuple[int, int]:
    inside = [each[0] for each in found if each is not None]
    return len(inside), -sum(inside)


def _before(text: str, places: Sequence[Place], figures: Sequence[tuple[int, int]], at: int) -> _Found | None:
    """The side named between the figure before and this one, on this one's side of a comma."""
    start = figures[at][0]
    low = figures[at - 1][1] if at else 0
    found = [(end, side) for begin, end, side in places if low <= begin < start]
    if not found or (at and _COMMA.search(text, found[-1][0], start)):
        return None
    return start - found[-1][0], found[-1][1]


def _after(text: str, places: Sequence[Place], figures: Sequence[tuple[int, int]], at: int) -> _Found | None:
    """The side named between this figure and the next, on this one's side of a comma."""
    end = figures[at][1]
    high = figures[at + 1][0] if at + 1 < len(figures) else len(text)
    found = [(begin, side) for begin, _, side in places if end <= begin < high]
    if not found or _COMMA.search(text, end, found[0][0]):
        return None
    return found[0][0] - end, found[0][1]


def _done(text: str, places: Sequence[Place], start: int) -> str:
    """What was done last before a figure, within its clause."""
    found = [(end, side) for begin, end, side in places if begin < start]
    return found[-1][1] if found and ";" not in text[found[-1][0] : start] else ""


_COMMA = re.compile(r"[,;:(\u3001]")
_STRICT = frozenset({"term"})
_VERBS = frozenset({"trade", "flow", "yield"})  # what is done goes on: "you sold 10 shares for $500"


def sides_agree(said: frozenset[str], held: frozenset[str]) -> bool:
    """Whether no side that is said is the opposite of one a value is of; of a term a value has to be of the same."""
    if not said:
        return True
    if any(family(side) in _STRICT and side not in held for side in said):
        return False
    return all(side in said or family(side) not in {family(each) for each in said} for side in held)
