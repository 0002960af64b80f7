"""English words that ask for an errand."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal

from stocktool_analyst.domain.amounts import MONEY, NUMBER, money_of, plain, read_count
from stocktool_analyst.domain.ask import Ask, Question
from stocktool_analyst.domain.errands import Job, Outlook
from stocktool_analyst.domain.sums import between_prices, of_total, shares_at_price, worth_together
from stocktool_analyst.domain.symbols import positions, read_symbols
from stocktool_analyst.domain.topics import Topic
from stocktool_analyst.domain.watch_words import read_watch

_MOST_YEARS = 60
_LONG_YEARS = 30
_EXAMPLES = {
    "symbol": ("What is the RSI of AAPL?", "Show the 50-day moving average of JPM"),
    "outlook": ("Where could my portfolio stand in 20 years if I save 500 a month?", "Project my portfolio 10 years"),
}
_SMALL = {"one": 1, "two": 2, "three": 3, "five": 5, "ten": 10, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40}
_YEARS = re.compile(rf"\b(\d{{1,2}}|{'|'.join(_SMALL)})[- ]years?\b")
_MONTHLY = r"(?:a|per|each|every|/) ?month|monthly"
_YEARLY = r"(?:a|per|each|every|/) ?year|yearly|annually|p\.?a\.?"


def read_errand(text: str, portfolio: str) -> Question | None:
    """Read a message that asks for an errand; None for any other.

    Args:
        text: The message.
        portfolio: Name of the portfolio it speaks of, empty for none.
    """
    lowered = text.lower()
    readers: Sequence[Callable[[], Question | None]] = (
        lambda: _web(text, lowered),
        lambda: read_watch(text, portfolio),
        lambda: _job(text, lowered, portfolio),
        lambda: _indicators(text, lowered),
        lambda: _outlook(text, lowered, portfolio),
        lambda: _overview(text, lowered),
        lambda: _sum(text, lowered, portfolio),
    )
    return next((question for read in readers if (question := read()) is not None), None)


_WEB = re.compile(
    r"^\W*(?:please |can you |could you |would you )*(?:search|browse|check|scan) (?:the )?(?:web|internet|net|online)"
    r"\b(?: for| about| on| what| whether)?\s*(?P<a>.+)"
    r"|^\W*(?:please |can you |could you )*google(?: for)?\s+(?P<b>.+)"
    r"|^\W*(?:please |can you |could you )*(?:look up|search(?: for)?|find(?: out)?)\s+(?P<c>.+?)\s+(?:on the (?:web"
    r"|internet)|online)\W*$"
    r"|^\W*what (?:does|do|is) the (?:web|internet) (?:say|saying|know)s?(?: about)?\s+(?P<d>.+)"
    r"|^\W*(?:web|internet|online) search(?: for|:)?\s+(?P<e>.+)",
    re.IGNORECASE | re.DOTALL,
)


def _web(text: str, lowered: str) -> Question | None:
    found = _WEB.search(text)
    if not found or re.search(r"\bmy (?:documents?|files?|notes?|portfolio)\b", lowered):
        return None
    query = next(part for part in found.groups() if part).strip(" \t\n?.!\"'")
    return Question(text, (Ask(Topic.WEB, text, query=query[:400]),)) if query else None


_JOBS = (
    ("statement", r"\bstatement\b"),
    ("tax_lots", r"\btax (?:lots?|report|return|document|file|csv|pdf)\b|\btaxes\b"),
    ("optimisation", r"\boptimi[sz]\w*"),
    ("projection", r"\bproject\w*|monte[- ]carlo"),
    ("portfolio", r"\banaly[sz]\w*|\breport\b"),
)
_STARTS = re.compile(
    r"\b(?:start|run|begin|launch|kick off|queue|do|make|create|generate|prepare|produce|give me|build|write"
    r"|i (?:want|need|would like|'d like))\b"
)
_READS = re.compile(
    r"\b(?:is|are|was|has|what|how|did|show|read|open|get|tell|where|when|check|status|result|results|progress)\b"
)


def _job(text: str, lowered: str, portfolio: str) -> Question | None:
    named = re.search(r"\bana_[0-9a-z]{4,40}\b", lowered)
    background = re.search(r"\bbackground\b", lowered)
    spoken = re.search(
        r"\b(?:my|the|that|this|last|latest|background) (?:\w+ )?(?:analysis|statement|tax report)\b", lowered
    )
    ready = re.search(
        r"\b(?:ready|done|finished|progress|status|complete|came of|come of|became of|results?|how far|say|says"
        r"|find|found|over|show|turn(?:ed)? out|coming along|still running|find out)\b",
        lowered,
    )
    begins = re.search(rf"^\W*(?:please |can you |could you )*{_STARTS.pattern}", lowered)
    if named or (spoken and ready and not begins):
        return Question(text, (Ask(Topic.ANALYSIS, text, job=Job(id=named[0] if named else ""), portfolio=portfolio),))
    whole = re.search(
        r"\b(?:full|complete|whole|thorough|deep|comprehensive|detailed) (?:portfolio )?(?:analysis|report)\b", lowered
    )
    papers = re.search(r"\bstatement\b|\btax (?:lots? )?(?:report|document|file|csv|pdf)\b", lowered)
    analyses = re.search(r"\b(?:analyse|analyze)\b.{0,30}\bportfolio\b|\bportfolio analysis\b", lowered)
    if not (_STARTS.search(lowered) and (background or whole or papers or analyses)) and not (background and analyses):
        return None
    kind = next((kind for kind, words in _JOBS if re.search(words, lowered)), "portfolio")
    year = re.search(r"\b(19[7-9]\d|20\d\d)\b", lowered)
    job = Job(
        kind,
        year=int(year[1]) if year and kind in ("statement", "tax_lots") else None,
        years=_years(lowered) if kind == "projection" else None,
        method="max_sharpe" if kind == "optimisation" and "sharpe" in lowered else "",
    )
    return Question(text, (Ask(Topic.ANALYSE, text, job=job, portfolio=portfolio),))


_LENGTH = r"(?:[- (:]{1,2}(?P<after>\d{1,3})\b)?"
_BEFORE = r"(?:\b(?P<before>\d{1,3})[- ]?(?:days?|d)?[- ]?)?"
_INDICATOR: Sequence[tuple[str, str]] = (
    (
        "sma",
        (
            rf"{_BEFORE}\b(?:simple )?(?:moving )?averages?\b(?! (?:cost|price i|purchase))(?: (?:of"
            rf"|over) (?P<over>\d{{1,3}}) days)?"
            rf"|{_BEFORE.replace('before', 'first')}\bsma\b{_LENGTH}"
            r"|\b(?P<short>50|100|200)[- ]?(?:days?|d)?[- ]?ma\b|\bma[- ]?(?P<tight>50|100|200)\b"
            r"|\b(?P<line>50|100|200)[- ]?day line\b"
        ),
    ),
    ("ema", rf"{_BEFORE}\b(?:exponential (?:moving )?averages?|ema)\b{_LENGTH}"),
    ("rsi", rf"{_BEFORE}\b(?:rsi|relative strength(?: index)?|overbought|oversold)\b{_LENGTH}"),
    ("macd", r"\bmacd\b"),
    ("bollinger", r"\bbollinger\b"),
    ("atr", rf"{_BEFORE}\b(?:atr|average true range)\b{_LENGTH}"),
)
_ALL_INDICATORS = re.compile(r"\btechnical (?:indicators?|analysis|picture|view)\b|\btechnicals\b|\bindicators\b")
_USUAL = ("sma:50", "sma:200", "rsi:14", "macd")


def _indicators(text: str, lowered: str) -> Question | None:
    places: list[tuple[int, str]] = []
    rest = lowered
    for kind, words in reversed(_INDICATOR):  # "exponential moving average" and "average true range" are no simple ones
        for match in re.finditer(words, rest):
            lengths = [int(length) for length in match.groupdict().values() if length]
            places.append((match.start(), f"{kind}:{lengths[0]}" if lengths and 0 < lengths[0] <= 400 else kind))
        rest = re.sub(words, lambda match: " " * len(match[0]), rest)
    names = [name for _, name in sorted(places)]
    if not names and _ALL_INDICATORS.search(lowered):
        names = list(_USUAL)
    if not names:
        return None
    symbols = read_symbols(text)
    named = symbols.named or ((symbols.benchmark,) if symbols.benchmark else ())
    ask = Ask(Topic.INDICATORS, text, symbols=named, names=symbols.names, indicators=tuple(dict.fromkeys(names))[:6])
    if not named and not symbols.names:
        defines = re.search(r"\bwhat(?:'s| is| are| does)\b|\bexplain\b|\bmean", lowered)
        return None if defines else Question(text, (ask,), suggestions=_EXAMPLES["symbol"])
    return Question(text, (ask,))


def _years(lowered: str) -> int | None:
    found = _YEARS.search(lowered)
    if not found:
        return None
    years = _SMALL.get(found[1]) or int(found[1])
    return min(years, _MOST_YEARS) or None


_LOOKS_AHEAD = re.compile(
    r"\bmonte[- ]carlo\b|\bproject(?:ion|ions|ed)?\b(?! management)|\bretire\w*"
    r"|\bhow (?:much|long|big|large|rich)\b.{0,60}\b(?:in|after|for) (?:the next )?(?:\d+|[a-z]+)[- ]years\b"
    r"|\b(?:where|what) (?:will|would|could|might|may) (?:i|my|our|we)\b"
    r"|\b(?:will|would|could) (?:my|our|the) (?:portfolio|money|savings|investments?)\b"
    r"|\bhow long (?:will|would|can|could|does|do) (?:my|our|the) (?:money|portfolio|savings)\b"
    r"|\b(?:grow|growth|be worth|run out|last|stand)\b.{0,60}\byears\b"
    r"|\bin \d+ years\b|\bnext \d+ years\b|\b\d+ years (?:from now|ahead|out)\b"
)
_OWN = re.compile(r"\b(?:i|my|we|our|me)\b")


def _outlook(text: str, lowered: str, portfolio: str) -> Question | None:
    if not _LOOKS_AHEAD.search(lowered) or positions(text):
        return None
    years, money = _years(lowered), list(re.finditer(_monthly_money(), lowered))
    ahead = re.search(
        r"monte[- ]carlo|\bproject|\bwill\b|\bwould\b|\bcould\b|\bmight\b|\bretire|\bif i\b|\bnext\b|from now"
        r"|\bcan\b|\bahead\b",
        lowered,
    )
    if not ahead or not (_OWN.search(lowered) or re.search(r"portfolio|\bprojection", lowered)):
        return None
    if years is None and not money and not re.search(r"monte[- ]carlo|\bproject|\d\s?%|percent", lowered):
        return None
    if re.search(r"\bwhat(?:'s| is| are) (?:a |an |the )?(?:monte[- ]carlo|projections?)\b", lowered):
        return None
    saving = withdrawal = ""
    for match in money:
        before = lowered[: match.start()]
        takes = re.search(
            r"(?:withdr\w+|take|taking|draw\w*|spend\w*|need\w*|pull\w*|live on|living on|pay myself)[\w ,]{0,20}$",
            before,
        )
        if takes:
            withdrawal = withdrawal or _monthly(match)
        else:
            saving = saving or _monthly(match)
    rate = re.search(
        rf"(?:withdr\w+|take|taking|draw\w*|spend\w*|pull\w*)(?: \w+){{0,3}} ({NUMBER})\s?(?:%|percent)"
        rf"|({NUMBER})\s?(?:%|percent)"
        r" (?:withdrawal|rule)",
        lowered,
    )
    inflation = re.search(
        rf"({NUMBER})\s?(?:%|percent) inflation|inflation (?:of|at|is) ({NUMBER})\s?(?:%|percent)", lowered
    )
    start = re.search(
        r"\b(?:starting|beginning|begin\w*|retir\w+|from|after|start\w*) (?:in |after )?(\d{1,2}) years\b", lowered
    )
    taken = bool(withdrawal or rate)
    share = _fraction(rate) if rate and not withdrawal else None
    began = int(start[1]) if start and taken else None
    wanted = years
    if taken and wanted is None and began is None:
        wanted = _LONG_YEARS  # how long money lasts shows late
    if began is not None and (wanted is None or wanted <= began):
        wanted = min(began + _LONG_YEARS, _MOST_YEARS)
    return Question(
        text,
        (
            Ask(
                Topic.PROJECT,
                text,
                portfolio=portfolio,
                outlook=Outlook(wanted, saving, withdrawal, share, began, _fraction(inflation), _currency(money)),
            ),
        ),
    )


def _monthly_money() -> str:
    """An amount of money for a month or a year; a bare number counts when its time is said."""
    return (
        rf"(?:{MONEY}|(?P<bare>{NUMBER})\s?(?P<kilo>k\b|thousand\b)?)\s*(?:(?P<month>{_MONTHLY})|(?P<year>{_YEARLY}))"
    )


def _currency(money: Sequence[re.Match[str]]) -> str:
    return next((money_of(match)[1] for match in money if not match["bare"]), "")


def _monthly(match: re.Match[str]) -> str:
    amount = plain(match["bare"], match["kilo"]) if match["bare"] else money_of(match)[0]
    if match["year"]:
        return f"{(Decimal(amount) / 12).quantize(Decimal('0.01')):f}"
    return amount


def _fraction(match: re.Match[str] | None) -> float | None:
    found = next((each for each in match.groups() if each), "") if match else ""
    share = float(plain(found)) / 100 if found else 0.0
    return share if 0 < share <= 1 else None


_OVERVIEW = re.compile(
    r"\bmarkets? (?:overview|summary|snapshot|recap|wrap|report|update|at a glance|today\W*$|doing|look\w*"
    r"|perform\w*|mood"
    r"|move[ds]?\b)"
    r"|\b(?:overview|summary|snapshot|recap|picture|state) of (?:the |today'?s )?(?:stock )?markets?\b"
    r"|\bhow(?:'s| is| are| was| were| did| has| have)? (?:the |today'?s )?(?:stock |us |overall )?markets?\b"
    r"|\bwhat(?:'s| is| was| did| has)? (?:happening|going on|happened|up)\b.{0,12}\b(?:in|on"
    r"|with) (?:the )?(?:stock )?markets?\b"
    r"|\bwhat did (?:the )?(?:stock )?markets? do\b|\bindices today\b|\bmajor (?:indices|indexes|funds)\b"
)


_NO_OVERVIEW = re.compile(
    r"\bopen|\bclosed?\b|\bhours\b|\bbeat|against|versus|\bvs\b|\bmarket (?:cap|value)|\bmy\b|\bi\b|\bsince\b"
    r"|\byear\b|\bmonth\b|\bmost\b|\bmovers\b|\bgainers\b|\blosers\b"
)


def _overview(text: str, lowered: str) -> Question | None:
    if not _OVERVIEW.search(lowered) or positions(text):
        return None
    if _NO_OVERVIEW.search(lowered):
        return None
    return Question(text, (Ask(Topic.OVERVIEW, text, count=read_count(lowered)),))


_SHARES_OF = re.compile(rf"\b(?P<count>{NUMBER})\s+(?:shares?|units?|stocks?)\s+(?:of|in)\b", re.IGNORECASE)
_PART_OF_OWN = re.compile(
    rf"\b(?P<share>{NUMBER})\s?(?:%|percent|per cent) of my (?:whole |entire |total )?(?:portfolio|money|investments)\b"
)


def _sum(text: str, lowered: str, portfolio: str) -> Question | None:
    found = [symbol for _, symbol in positions(text)]
    symbols = list(dict.fromkeys(found))
    asks = re.search(
        r"^\W*(?:what|how much|how many times|how far|calculate|compute|work out|add(?: up)?|sum|tell me)\b", lowered
    )
    if not asks:
        return None
    return (
        _worth(text, lowered, symbols) or _between(text, lowered, symbols) or _of_own(text, lowered, symbols, portfolio)
    )


def _worth(text: str, lowered: str, symbols: list[str]) -> Question | None:
    """ "How much are 25 shares of AAPL?" """
    shares = _SHARES_OF.search(lowered)
    if (
        not shares
        or len(symbols) != 1
        or not re.search(r"how much|worth|cost|value|price|calculate|compute|work out", lowered)
    ):
        return None
    if re.search(r"\b(?:i|my|we|buy|sell|bought|sold|if)\b", lowered):
        return None
    return shares_at_price(text, plain(shares["count"]), symbols[0])


_BETWEEN = (
    ("b / a", r"\bhow many times\b.{0,60}\bis\b"),
    ("a / b", r"\bratio\b|\bhow many times\b|\bdivided by\b|\btimes (?:the|as)\b"),
    ("a - b", r"\bdifference\b|\bminus\b|\bgap\b|\bhow much (?:more|less)\b|\bsubtract"),
    ("a + b", r"\bsum\b|\btogether\b|\bplus\b|\badd\b|\bcombined\b|\beach\b"),
)


def _between(text: str, lowered: str, symbols: list[str]) -> Question | None:
    """ "How many times the price of JPM is that of AAPL?" """
    if len(symbols) != 2 or not re.search(r"\bprices?\b|\bcosts?\b|\bquotes?\b|\bshares?\b", lowered):
        return None
    if re.search(r"\bmy\b|\bi\b|\bratios\b|p/e|earnings", lowered):
        return None
    expression = next((expression for expression, words in _BETWEEN if re.search(words, lowered)), "")
    return between_prices(text, expression, symbols) if expression else None


def _of_own(text: str, lowered: str, symbols: list[str], portfolio: str) -> Question | None:
    """ "What is 15 % of my portfolio?", "What are my AAPL and JPM worth together?" """
    part = _PART_OF_OWN.search(lowered)
    if part and not symbols:
        share = plain(part["share"])
        return of_total(text, f"a * {share} / 100", portfolio)
    several = 2 <= len(symbols) <= 6 and re.search(r"\bmy\b|\bi (?:hold|own|have)\b", lowered)
    if several and re.search(
        r"\btogether\b|\bcombined\b|\bsum\b|\bplus\b|\badd(?:ed)?(?: up)?\b|\bin total\b", lowered
    ):
        return worth_together(text, symbols, portfolio)
    return None
