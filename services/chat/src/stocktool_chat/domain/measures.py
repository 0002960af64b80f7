"""What field names and words say is measured: "Sharpe ratio" and `sharpe` are one thing, `sortino` is another."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from stocktool_chat.domain.facets import sides_of
from stocktool_chat.domain.japanese_words import in_english, measures_of
from stocktool_chat.domain.words import beginnings, matches

# Keys whose numbers are never percents: 1.12 is not 112 %.
_PLAIN = re.compile(
    r"(^|_)(beta|betas|sharpe|sortino|calmar|skew|kurtosis|quantity|volume|ratio|count|n|age|seconds|page|pages|chunks"
    r"|score|version|observations|paths|seed|points|periods|year|ddof|diversification|hhi|information|payments"
    r"|held|pe|book"
    r"|outstanding|debt|effective|number|size|rank|rate_of_exchange|fx)(_|$)"
)
_MAGNITUDE = re.compile(
    r"(^|_)(drawdown|var\d*|cvar\d*|loss|losses|fee|fees|tax|taxes|worst|trough|withdrawal|withdrawals|cost)(_|$)"
)
_MONEY = re.compile(
    r"^(price|close|open|high|low|adjusted_close|previous_close|change|amount|value|values|cost|fee|tax|gain|total"
    r"|amount_per_share|before|flow|proceeds|cost_basis|market_value)$"
)

# One name per measure: the words for it, and the keys that hold it. A figure that a text names so is nothing else.
_MEASURES = {
    "sharpe": (r"sharpe", r"sharpe"),
    "sortino": (r"sortino", r"sortino"),
    "calmar": (r"calmar", r"calmar"),
    "beta": (r"betas?", r"betas?"),
    "alpha": (r"alpha", r"alpha"),
    "correlation": (r"correlat\w+", r"correlations?"),
    "volatility": (r"volatility|standard deviation", r"volatility"),
    "drawdown": (r"draw-?downs?", r"drawdown"),
    "tracking": (r"tracking error", r"tracking"),
    "information": (r"information ratio", r"information"),
    "var": (r"value[- ]at[- ]risk|C?VaR|expected shortfall", r"c?var\d*|value_at_risk"),
    "skew": (r"skew\w*", r"skew"),
    "kurtosis": (r"kurtosis", r"kurtosis"),
    "price_earnings": (r"P/E|price[- ](?:to[- ])?earnings|times (?:its |their )?earnings", r"pe"),
    "price_book": (r"P/B|price[- ](?:to[- ])?book", r"book"),
    "yield": (r"yields?|yielded|yielding", r"yield"),
    "earnings_per_share": (r"EPS|earnings per share", r"earnings_per_share"),
    "market_cap": (r"market cap\w*", r"market_cap"),
    "margin": (r"profit margins?|net margins?", r"profit_margin"),
    "payout": (r"payout ratio", r"payout"),
    "time_weighted": (r"time[- ]weighted(?: return)?|TWR", r"twr"),
    "money_weighted": (r"money[- ]weighted(?: return)?|XIRR|internal rate", r"xirr|irr|mwr"),
    "expected_return": (r"expects?|expected(?: return)?", r"expected_return"),
    "worst_day": (
        r"worst (?:single |trading )?day|(?:biggest|largest|worst) one-day (?:loss|fall|drop)",
        r"worst_daily_return",
    ),
    "dietz": (r"modified dietz|dietz", r"dietz"),
    "simple": (r"simple return", r"simple_return"),
    "diversification": (r"diversification ratio", r"diversification"),
}
_TEXT_MEASURES = re.compile(
    "|".join(rf"(?P<{name}>\b(?:{words})(?![\w-]))" for name, (words, _) in _MEASURES.items()), re.IGNORECASE
)
_FIRST_WORDS = beginnings(
    "sharpe sortino calmar beta alpha correlation volatility standard drawdown draw tracking information value var cvar"
    " expected expects skew kurtosis p price times yield eps earnings market profit net payout time twr money"
    " xirr internal"
    " diversification worst biggest largest modified dietz simple"
)
_KEY_MEASURES = [(name, re.compile(rf"(?:^|[_.])(?:{keys})(?:[_.]|$)")) for name, (_, keys) in _MEASURES.items()]

_RATIOS = frozenset(
    {"sharpe", "sortino", "calmar", "beta", "correlation", "information", "skew", "kurtosis", "price_earnings"}
    | {"price_book", "diversification"}
)

_SYNONYMS = {
    "twr": "return performance gain lost time weighted earned made up down ahead behind beat trail better worse result",
    "xirr": "return returned performance money weighted annual year",
    "total_return": "return returned performance gained lost rose fell up down year better worse best worst",
    "simple_return": "return returned performance",
    "unrealised_return": "made return returned gain gained lost loss up down rose fell grew performance",
    "change_fraction": "up down rose fell gained lost move moved change slipped",
    "change": "up down rose fell gained lost move change",
    "weight": "weigh share portfolio total make part biggest largest allocation position heaviest lightest stand",
    "average_weight": "weigh share average",
    "market_value": "worth value position stake",
    "value": "worth value",
    "total": "worth value total all together everything",
    "value_end": "worth value ended",
    "value_start": "worth value began",
    "gain": "gain profit made earned brought up down loss lost cost contributed added richer poorer",
    "contribution": "contributed contribution added brought gave cost",
    "unrealised": "gain profit up down loss lost paper unrealised red black",
    "realised": "gain profit made sold realised",
    "price": "price trade trading close closed stand cost share quote",
    "close": "price close closed end ended stood",
    "previous_close": "price close closed before yesterday",
    "cost_basis": "cost paid bought invested basis",
    "cost": "cost paid bought",
    "trailing_pe": "past trailing earning price multiple",
    "forward_pe": "expected forward earning price multiple",
    "payout_ratio": "earning pay paid payout",
    "quantity": "share hold held own unit bought sold buy sell purchase",
    "net_flows": "deposit deposited paid put flow net added",
    "proceeds": "sold sale brought proceed sell bring",
    "income": "dividend income received",
    "received": "dividend income received paid got",
    "gross": "dividend income received paid gross",
    "tax": "withheld withholding tax",
    "fees": "fee charge cost commission",
    "fee": "fee charge cost commission",
    "expected": "expect come next forecast",
    "max_drawdown": "fall fell drawdown deepest worst drop low lowest high peak below"
    " down setback slump dip slide decline",
    "var95_hist": "risk lose lost loss day bad",
    "cvar95_hist": "risk lose lost loss day bad average",
    "worst_daily_return": "worst day fall lost",
    "days_held": "day held after",
    "considered": "looked considered examined",
    "total_count": "entry transaction",
    "market_cap": "worth value valued capitalisation company",
    "n_returns": "day return observation trading",
    "cash_value": "cash",
    "cash": "cash",
    "threshold": "limit level warning threshold",
    "warn_threshold": "limit level warning threshold",
    "target": "target goal",
    "p05": "worst twentieth",
    "p25": "lowest quarter",
    "p50": "median middle",
    "p75": "best quarter",
    "p95": "best twentieth",
    "sold": "sell sold",
    "bought": "buy bought",
}
_NOUNS = {
    "quantity": "share unit",
    "shares_outstanding": "share",
    "days_held": "day",
    "n_returns": "day return observation session trading",
    "payments": "payment dividend",
    "considered": "symbol stock instrument",
    "total_count": "entry transaction booking row day session trading bar",
    "page": "page",
    "age_seconds": "second",
    "stale_prices": "price",
}


@dataclass(frozen=True, slots=True)
class KeySense:
    """What the field names above a number say of it.

    Attributes:
        words: Stems of words a text may use for it.
        measure: Its measure, where it is one of those that are told apart by name.
        nouns: Stems of what it counts.
        plain: Whether it is never a percent.
        money: Whether it is an amount where a currency is known.
        magnitude: Whether its sign is a convention.
        sides: Which of two opposites it is: gross or net, long-term or short-term.
    """

    words: frozenset[str] = frozenset()
    measure: str = ""
    nouns: frozenset[str] = frozenset()
    plain: bool = False
    money: bool = False
    magnitude: bool = False
    sides: frozenset[str] = frozenset()


NO_SENSE = KeySense()


@functools.lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """A word without its common endings: "returned" and "returns" are "return"."""
    word = word.lower()
    if word.endswith("s") and len(word) > 3 and not word.endswith("ss"):
        word = word[:-3] + "y" if word.endswith("ies") else word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


def stems(text: str) -> frozenset[str]:
    """Stems of the words of a text; words that say nothing of a measure are left out."""
    words = f"{text} {in_english(text)}".lower()
    return frozenset(stem(word) for word in _WORD.findall(words) if word not in _EMPTY)


_WORD = re.compile(r"[a-z]{2,}")
_PAYMENT = frozenset({"dividend", "payment", "paid", "pay", "payout", "distribution"})
_EMPTY_WORDS = (
    "the and of in on at to for from by an is are was were be been has have had with your you it its that this"
    " which as about around than then or but so not no new own per usd eur dollars euros percent percentage points"
    " item items all there their they was during over under more less most least only also just into out"
    " one two three four five six seven eight nine ten eleven twelve"
)
_EMPTY = frozenset(_EMPTY_WORDS.split())


@functools.lru_cache(maxsize=8192)  # keys repeat with every element of a list
def sense_of(key: str, above: str, about: str) -> KeySense:
    """What a key says of its number, below the keys `above` and beside texts `about`."""
    words = stems(key.replace("_", " ")) | stems(_SYNONYMS.get(key, ""))
    words |= stems(re.sub(r"[._]", " ", above)) | stems(about.replace("_", " "))
    if "dividends" in above:
        words |= _PAYMENT
    measure = _measure(key) or (_measure(about.rpartition(" ")[2]) if about else "") or _measure(above)
    return KeySense(
        words=words,
        measure=measure,
        nouns=stems(_NOUNS.get(key, "")),
        plain=measure in _RATIOS or (bool(_PLAIN.search(key)) and measure != "payout"),
        money=bool(_MONEY.match(key)),
        magnitude=bool(_MAGNITUDE.search(key)),
        sides=sides_of(key, above, about),
    )


def _measure(text: str) -> str:
    return next((name for name, pattern in _KEY_MEASURES if pattern.search(text)), "")


def measures_in(text: str) -> list[tuple[int, int, str]]:
    """Where a text names a measure: start, end, name."""
    found = matches(_TEXT_MEASURES, text, _FIRST_WORDS)
    english = [(match.start(), match.end(), str(match.lastgroup)) for match in found]
    return sorted([*english, *measures_of(text)])
