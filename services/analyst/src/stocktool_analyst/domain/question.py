"""What a question asks for, read from its words by rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from stocktool_analyst.domain.vocabulary import word_set


class Topic(StrEnum):
    """What the analyst can talk about."""

    GREETING = "greeting"
    HELP = "help"
    ADVICE = "advice"
    QUOTE = "quote"
    COMPARE = "compare"
    HOLDINGS = "holdings"
    PERFORMANCE = "performance"
    RISK = "risk"
    ALLOCATION = "allocation"
    TRANSACTIONS = "transactions"
    NEWS = "news"
    MARKET = "market"
    DOCUMENTS = "documents"


class Period(StrEnum):
    """A range of days by name."""

    YEAR_TO_DATE = "year_to_date"
    ONE_MONTH = "one_month"
    ONE_YEAR = "one_year"
    SINCE_INCEPTION = "since_inception"


@dataclass(frozen=True, slots=True)
class Question:
    """A question, understood as far as rules go.

    Attributes:
        text: The user's words.
        topics: What it asks for, in the order an answer gives them; empty when nothing was recognised.
        symbols: Ticker symbols it names, the benchmark not among them.
        names: Capitalised names that may be companies, when no symbol was named.
        benchmark: Symbol to compare the portfolio with, empty for none.
        period: Range by name, None when it names none.
        start: First day, `YYYY-MM-DD`, empty when it names none.
        end: Last day, likewise.
        by: What an allocation is split by.
    """

    text: str
    topics: tuple[Topic, ...]
    symbols: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    benchmark: str = ""
    period: Period | None = None
    start: str = ""
    end: str = ""
    by: str = "sector"


_TOPIC_WORDS: Mapping[Topic, str] = {
    Topic.PERFORMANCE: (
        r"how (?:did|am|have|was|is) (?:i|we|my)\b.{0,30}\b(?:do|doing|done|perform\w*|portfolio)|perform\w*"
        r"|\breturns?\b|\bgains?\b|profit|\bearn\w*|\blost\b|\bmade\b|\btwr\b|\bxirr\b|time-weighted"
        r"|money-weighted|\bbeat\b|benchmark"
    ),
    Topic.RISK: (
        r"\brisk\w*|volatil\w*|drawdown|\bc?var\b|value at risk|sharpe|sortino|\bbeta\b|\bsafe\b|worst (?:day|loss)"
    ),
    Topic.HOLDINGS: (
        r"\bholdings?\b|\bpositions?\b|what (?:do|did) (?:i|we) (?:own|hold|have)"
        r"|(?:worth|value) .{0,25}\bportfolio|\bportfolio\b.{0,25}(?:worth|value)|\bcash\b(?! flow)|\blots?\b"
        r"|cost basis|unrealised|unrealized"
    ),
    Topic.ALLOCATION: (
        r"allocat\w*|diversif\w*|\bsectors?\b|\bweights?\b|concentrat\w*|exposure|\bexposed\b|split by|breakdown"
    ),
    Topic.TRANSACTIONS: (
        r"transactions?|\btrades\b|\bledger\b|(?:did|have) i (?:buy|bought|sell|sold)|when did i (?:buy|sell)"
    ),
    Topic.NEWS: r"\bnews\b|headlines?",
    Topic.MARKET: r"market (?:open|closed|status|hours)|is the market",
    Topic.DOCUMENTS: (
        r"documents?|\bfiles?\b|\bpdf\b|upload\w*|\bnotes?\b|report says|according to|\bmemo\b|\bpage\b|filing"
    ),
    Topic.COMPARE: r"\bcompar\w*|\bversus\b|\bvs\b|better than|against each other|correlat\w*",
    Topic.QUOTE: (
        r"\bprices?\b|\bquotes?\b|trading at|\btrade[sd]? at\b|how much (?:is|does)|\bstock\b|\bshares? of\b|worth"
    ),
}
_GREETING = re.compile(
    r"^\W*(?:hi|hello|hey|good (?:morning|afternoon|evening)|greetings)\b[\s\w,!.]{0,30}$", re.IGNORECASE
)
_HELP = re.compile(r"^\W*help\b|what can you (?:do|answer)|how do (?:i|you) (?:use|work)|who are you", re.IGNORECASE)
_ADVICE = re.compile(
    r"\bshould i\b|\bshall i\b|recommend|\bpredict\w*|\bforecast\w*|tip for|price target|\bbuy or sell\b"
    r"|\bwill .{1,40}\b(?:rise|fall|go up|go down|crash|be worth)\b",
    re.IGNORECASE,
)
_BENCHMARK = re.compile(
    r"(?:against|versus|vs\.?|compared (?:to|with)|relative to|beat|than)\s+(?:the\s+)?"
    r"(?P<name>S&P(?: 500)?|the market|market|index|\^?[A-Z][A-Z0-9.^=-]{0,9})\b"
)
_BENCHMARK_NAMES = {"s&p": "SPY", "s&p 500": "SPY", "market": "SPY", "the market": "SPY", "index": "SPY"}
_SYMBOL = re.compile(r"(?<![\w&.])\^?[A-Z]{1,5}(?:[.=-][A-Z]{1,2})?(?![\w&])")
_NAME = re.compile(r"(?<![.!?]\s)(?<!^)\b[A-Z][a-z]+(?:\s+[A-Z][a-z]+)*")
_NO_SYMBOLS = word_set(
    "I A AN THE AND OR OF IN ON TO MY ME IS IT AM DO DID HOW WHAT WHY WHO WHEN S P USD EUR GBP CHF JPY CAD "
    "AUD YTD TWR XIRR IRR ETF ETFS VAR CVAR PDF CSV FX USA US UK EU AI API OK CEO CFO Q FY P E PE EPS ROI HHI "
    "ESG IPO NAV VS"
)
_NO_NAMES = word_set(
    "January February March April May June July August September October November December Monday Tuesday "
    "Wednesday Thursday Friday Saturday Sunday Sharpe Sortino English Portfolio"
)
_PERIODS: tuple[tuple[Period, str], ...] = (
    (Period.YEAR_TO_DATE, r"this year|year[ -]to[ -]date|\bytd\b|so far|since january"),
    (Period.ONE_MONTH, r"(?:this|last|past) month|\b30 days\b|(?:past|last) four weeks"),
    (Period.ONE_YEAR, r"(?:last|past) (?:year|twelve months|12 months)|one year|\b1 year\b|\b12 months\b"),
    (
        Period.SINCE_INCEPTION,
        r"since (?:inception|the (?:start|beginning)|i (?:started|began))|overall|all[ -]time|in total|\bever\b",
    ),
)
_BY = (
    ("currency", r"currenc"),
    ("account", r"account"),
    ("symbol", r"holding|symbol|position|stock"),
    ("sector", r"sector"),
)


def understand(text: str) -> Question:
    """Read a question."""
    if _GREETING.search(text):
        return Question(text, (Topic.GREETING,))
    if _HELP.search(text):
        return Question(text, (Topic.HELP,))
    if _ADVICE.search(text):
        return Question(text, (Topic.ADVICE,))
    lowered = text.lower()
    found = {topic for topic, words in _TOPIC_WORDS.items() if re.search(words, lowered)}
    symbols = _symbols(text)
    names = () if symbols else _names(text)
    benchmark = _benchmark(text, found, symbols)
    symbols = tuple(symbol for symbol in symbols if symbol != benchmark)
    return Question(
        text=text,
        topics=_topics(found, symbols, names, benchmark),
        symbols=symbols,
        names=names,
        benchmark=benchmark,
        period=next((period for period, words in _PERIODS if re.search(words, lowered)), None),
        start=_start(lowered),
        end=_end(lowered),
        by=next((by for by, words in _BY if re.search(words, lowered)), "sector"),
    )


def _topics(found: set[Topic], symbols: tuple[str, ...], names: tuple[str, ...], benchmark: str) -> tuple[Topic, ...]:
    own = found & {Topic.PERFORMANCE, Topic.RISK, Topic.HOLDINGS, Topic.ALLOCATION, Topic.TRANSACTIONS}
    if Topic.DOCUMENTS in found:
        return (Topic.DOCUMENTS,)
    if len(symbols) + bool(benchmark and symbols) > 1 or (Topic.COMPARE in found and symbols):
        return (Topic.COMPARE,)
    if symbols or (names and Topic.QUOTE in found):
        # "How did AAPL do this year?" asks about the symbol, not about the portfolio.
        about = found & {Topic.NEWS}
        if own & {Topic.PERFORMANCE, Topic.RISK} and symbols:
            return (Topic.COMPARE, *about)
        if not own or Topic.QUOTE in found:
            return tuple(about) or (Topic.QUOTE,)
    order = (
        Topic.PERFORMANCE,
        Topic.RISK,
        Topic.HOLDINGS,
        Topic.ALLOCATION,
        Topic.TRANSACTIONS,
        Topic.NEWS,
        Topic.MARKET,
    )
    return tuple(topic for topic in order if topic in found)


def _symbols(text: str) -> tuple[str, ...]:
    shouting = text.upper() == text
    found = () if shouting and len(text.split()) > 3 else _SYMBOL.findall(text)
    return tuple(dict.fromkeys(symbol for symbol in found if symbol not in _NO_SYMBOLS))[:10]


def _names(text: str) -> tuple[str, ...]:
    found = [name for name in _NAME.findall(text) if name not in _NO_NAMES]
    return tuple(dict.fromkeys(found))[:3]


def _benchmark(text: str, found: set[Topic], symbols: tuple[str, ...]) -> str:
    match = _BENCHMARK.search(text)
    if match is None or not found & {Topic.PERFORMANCE, Topic.RISK}:
        return ""
    name = match["name"]
    symbol = _BENCHMARK_NAMES.get(name.lower(), name)
    others = [each for each in symbols if each != symbol]
    return "" if others or symbol in _NO_SYMBOLS else symbol


def _start(lowered: str) -> str:
    day = re.search(r"(?:since|from|after) (\d{4}-\d{2}-\d{2})", lowered)
    if day:
        return day[1]
    year = re.search(r"\b(?:in|during|since|from|of) ((?:19|20)\d{2})\b", lowered)
    return f"{year[1]}-01-01" if year else ""


def _end(lowered: str) -> str:
    day = re.search(r"(?:until|to|before) (\d{4}-\d{2}-\d{2})", lowered)
    if day:
        return day[1]
    year = re.search(r"\b(?:in|during|of) ((?:19|20)\d{2})\b", lowered)
    return f"{year[1]}-12-31" if year else ""
