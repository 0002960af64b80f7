"""Symbols in a text, written as symbols or as names of companies."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stocktool_analyst.domain.companies import known_symbols, mentions
from stocktool_analyst.domain.vocabulary import word_set

_SYMBOL = re.compile(r"(?<![\w&.$€£])\^?[A-Z]{1,5}(?:[.=-][A-Z]{1,2})?(?![\w&])")
_NAME = re.compile(r"(?<![.!?]\s)(?<!^)\b[A-Z][a-z]+(?:\s+[A-Z][a-z]+)*")
NO_SYMBOLS = word_set(
    "I A AN THE AND OR OF IN ON TO MY ME IS IT AM DO DID HOW WHAT WHY WHO WHEN S P USD EUR GBP CHF JPY CAD "
    "AUD YTD TWR XIRR IRR ETF ETFS VAR CVAR PDF CSV FX USA US UK EU AI API OK CEO CFO Q FY P E PE EPS ROI HHI "
    "ESG IPO NAV VS CAGR FIFO LIFO HIFO HRP P&L PNL MWR ROE AND IF BUY SELL ALL NOT NO YES FOR WITH FROM HELP SHOW "
    "LIST PLEASE NOW CASH X PLN SEK NOK DKK INR TLDR TL DR FAQ ADR REIT OHLC OHLCV MA200 SMA RSI TTM EMA MACD ATR"
)
_NO_NAMES = word_set(
    "January February March April May June July August September October November December Monday Tuesday "
    "Wednesday Thursday Friday Saturday Sunday Sharpe Sortino English Portfolio Calmar Herfindahl Q Treynor Jensen"
)
_BENCHMARK = re.compile(
    r"(?:against|versus|vs\.?|compared? (?:to|with|against)|relative to|beat(?:en|ing)?"
    r"|outperform\w*|underperform\w*|than|behind"
    r"|ahead of|benchmark(?:ed)?(?: is| of| against)?|next to|alongside"
    r"|correlat\w*(?: (?:am i|are we|is (?:my portfolio|it)))? (?:with|to|and))\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_MARKET = re.compile(
    r"(?:against|versus|vs\.?|compared? (?:to|with|against)|relative to|beat(?:en|ing)?"
    r"|outperform\w*|underperform\w*|than|behind"
    r"|ahead of|lag(?:ged|ging)?)\s+(?:the\s+)?(?:stock\s+|overall\s+|broad(?:er)?\s+)?(?:market|index)\b",
    re.IGNORECASE,
)
_COMPARED = re.compile(
    r"\bcompare (?:my|me|us|our)\b.{0,40}\b(?:with|to|against)\s+(?:the\s+)?(?P<market>market|index)?", re.IGNORECASE
)
_LED = re.compile(
    r"^\W*(?:compared (?:to|with|against)|against|versus|relative to|measured against)\s+(?:the\s+)?$", re.IGNORECASE
)
_ASKED_OWN = re.compile(r"^\S+(?: \S+)? (?:was|were|did|have|am|are) (?:i|we)\b", re.IGNORECASE)
_OWN = re.compile(r"\b(?:i|my|we|our|me|portfolio|account)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Symbols:
    """Symbols of a text.

    Attributes:
        named: In order, the benchmark not among them.
        benchmark: Symbol the portfolio is to be compared with, empty for none.
        names: Capitalised names that may be companies, when no symbol was named.
    """

    named: tuple[str, ...] = ()
    benchmark: str = ""
    names: tuple[str, ...] = ()


def read_symbols(text: str) -> Symbols:
    """Read symbols, names and a benchmark."""
    found = positions(text)
    benchmark = ""
    others: list[str] = []
    for at, symbol in found:
        compared = bool(_BENCHMARK.search(text[:at])) or bool(_COMPARED.search(text[:at]))
        if compared and not benchmark and not others and (_OWN.search(text[:at]) or _ASKED_OWN.search(text[at:])):
            benchmark = symbol
        else:
            others.append(symbol)
    if len(found) == 1 and not benchmark and _LED.search(text[: found[0][0]]) and _OWN.search(text[found[0][0] :]):
        benchmark = found[0][1]
    mine = _COMPARED.search(text)
    if not found and (_MARKET.search(text) or (mine and mine["market"])):
        benchmark = "SPY"
    elif found and not benchmark and _MARKET.search(text):
        others.append("SPY")
    names = () if found else _names(text)
    return Symbols(tuple(dict.fromkeys(each for each in others if each != benchmark))[:10], benchmark, names)


def positions(text: str) -> list[tuple[int, str]]:
    """Symbols with the place of the words that name them, in order."""
    named = mentions(text)
    shouting = text.upper() == text and len(text.split()) > 3
    written = [
        (match.start(), match[0])
        for match in _SYMBOL.finditer(text)
        if match[0] not in NO_SYMBOLS
        and (not shouting or match[0] in known_symbols())
        and not any(each.start <= match.start() < each.end for each in named)
    ]
    return sorted([*written, *((each.start, each.symbol) for each in named)])


def _names(text: str) -> tuple[str, ...]:
    found = [name for name in _NAME.findall(text) if name not in _NO_NAMES]
    return tuple(dict.fromkeys(found))[:3]
