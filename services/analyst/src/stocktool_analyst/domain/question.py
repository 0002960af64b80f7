"""What a question asks for, read from its words by rules."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import replace

from stocktool_analyst.domain import topics as said
from stocktool_analyst.domain.amounts import read_count
from stocktool_analyst.domain.ask import Ask, Question
from stocktool_analyst.domain.definitions import find_figure, find_term, find_terms
from stocktool_analyst.domain.messages import EXAMPLES, read_portfolio, read_whole
from stocktool_analyst.domain.spans import Period, Span, read_span
from stocktool_analyst.domain.symbols import read_symbols
from stocktool_analyst.domain.topics import Topic

__all__ = ["Ask", "Period", "Question", "Span", "Topic", "understand"]

_LONGEST = 4_000  # characters that are read: a pasted page is no question
_EARLIER = 4


_BY = (
    ("currency", r"\bcurrenc|\bin (?:euros?|dollars?)\b"),
    ("account", r"\baccounts?\b"),
    ("country", r"\bcountr|\bregions?\b|geograph"),
    ("class", r"asset class|\bclass(?:es)?\b"),
    ("symbol", r"\bby (?:holding|symbol|position|stock|company)|\bholdings?\b|\bsymbols?\b|\bpositions?\b|\bstocks?\b"),
    ("sector", r"\bsectors?\b|\bindustr"),
)
_OWN = re.compile(r"\b(?:i|my|we|our|me|mine|portfolio)\b", re.IGNORECASE)
_PRONOUN = re.compile(
    r"\b(?:it|its|it's|they|their|them|both|that (?:stock|company|one|share)|this (?:stock"
    r"|company|one)|the (?:stock|company|share)|those)\b",
    re.IGNORECASE,
)
_FOLLOWS = re.compile(
    r"^\W*(?:and|what about|how about|also|then|now|or|same|but|ok(?:ay)?,? and|so|in"
    r"|since|for|over|by|against|versus|vs|compared|during|last|this|the)\b",
    re.IGNORECASE,
)
_AGAINST = re.compile(
    r"^\W*(?:and |what about |how about )*(?:against|versus|vs\.?|compared? (?:to|with)|relative to)\b", re.IGNORECASE
)
_CUT = re.compile(
    r"(?<=[?!;])\s+|(?<=[a-z0-9])\.\s+(?=[A-Z])|,?\s+(?:and|but|also|plus)(?: also| then"
    r"| please)*\s+(?=(?:what|how|which|who|when|where|why|show|is|are|am|do|does|did"
    r"|tell|give|list"
    r"|explain|compare|any|can|could)\b)|,\s*(?=(?:what|how|which|when|where|why|show|is|are|am|did|do|explain|compare|tell|give|list)\b)",
    re.IGNORECASE,
)
_OFF_TOPIC = re.compile(
    r"\b(?:poem|joke|weather|recipe|cook|bake|pancakes?|translat\w*|python|javascript"
    r"|code|song|lyrics|president|football|soccer|movie|film|haiku|story about"
    r"|capital of|who won|birthday|set an? alert|alert me|notify me|remind me|watchlist"
    r"|project my|horoscope|essay|homework|ignore (?:all|previous|your)|system prompt)\b",
    re.IGNORECASE,
)
_FINANCE = re.compile(
    r"\b(?:portfolio|money|invest\w*|stocks?|shares?|account|funds?|savings|wealth|trad\w*|market|companies|company)\b",
    re.IGNORECASE,
)
_ABOUT_SYMBOL = (Topic.NEWS, Topic.EARNINGS, Topic.FUNDAMENTALS, Topic.DIVIDENDS)
_SYMBOL_TOPICS = frozenset({Topic.QUOTE, Topic.BARS, Topic.COMPARE, Topic.PROFILE, *_ABOUT_SYMBOL})
_NARROWED = frozenset({Topic.HOLDINGS, Topic.TRANSACTIONS, Topic.TAX_LOTS, Topic.INCOME})
# What a topic says already in the same breath, so that the other is not answered beside it.
_COVERS = {
    Topic.XRAY: {Topic.HOLDINGS, Topic.ALLOCATION, Topic.RISK, Topic.PERFORMANCE, Topic.CONTRIBUTION, Topic.NEWS},
    Topic.CONTRIBUTION: {Topic.PERFORMANCE, Topic.HOLDINGS, Topic.MOVERS, Topic.ALLOCATION, Topic.RISK},
    Topic.INCOME: {Topic.HOLDINGS, Topic.PERFORMANCE, Topic.TRANSACTIONS, Topic.TAX_LOTS},
    Topic.TAX_LOTS: {Topic.PERFORMANCE, Topic.HOLDINGS, Topic.TRANSACTIONS, Topic.CONTRIBUTION},
    Topic.MOVERS: {Topic.PERFORMANCE, Topic.CONTRIBUTION, Topic.MARKET},
    Topic.PORTFOLIOS: {Topic.HOLDINGS, Topic.ALLOCATION, Topic.PERFORMANCE},
    Topic.TRANSACTIONS: {Topic.HOLDINGS, Topic.PERFORMANCE},
    Topic.RISK: {Topic.HOLDINGS},
}


def understand(text: str, today: str = "", earlier: Sequence[str] = ()) -> Question:
    """Read a question.

    Args:
        text: The user's words.
        today: The market's day, `YYYY-MM-DD`, empty when unknown.
        earlier: What the user said before in this conversation, oldest first: follow-ups and pronouns mean it.
    """
    return _understood(text, today, tuple(earlier[-_EARLIER:]))


@functools.lru_cache(maxsize=256)  # every round of one answer reads the same question again
def _understood(text: str, today: str, earlier: tuple[str, ...]) -> Question:
    before: tuple[Ask, ...] = ()
    for words in earlier:
        before = _read(words[:_LONGEST], today, before).asks or before
    return replace(_read(text[:_LONGEST], today, before), text=text)


def _read(text: str, today: str, before: tuple[Ask, ...]) -> Question:
    for topic, pattern in ((Topic.GREETING, said.GREETING), (Topic.THANKS, said.THANKS), (Topic.HELP, said.HELP)):
        if pattern.search(text):
            return Question(text, (Ask(topic, text),))
    if _OFF_TOPIC.search(text):
        return Question(text)
    whole = read_whole(text, today)
    if whole is not None:
        return whole
    asks: list[Ask] = []
    for clause in _clauses(text):
        asks.extend(_clause(clause, today, asks, before))
    asks = [ask for at, ask in enumerate(asks) if not any(_says_more(later, ask) for later in asks[at + 1 :])]
    vague = next((ask.span.vague for ask in asks if ask.span.vague), "")
    if not asks:
        return Question(text, suggestions=_suggestions(text))
    return Question(text, tuple(dict.fromkeys(asks)), vague=vague)


def _says_more(later: Ask, ask: Ask) -> bool:
    """Whether a later ask is the same with a range: "what helped and what hurt in 2022"."""
    bare = not ask.span and not ask.symbols and not ask.by and ask.term is None and not ask.figure
    return later.topic is ask.topic and bare and bool(later.span)


def _clauses(text: str) -> list[str]:
    """Parts of a message that each ask for something; a part that does not stays with the one before it."""
    parts: list[str] = []
    for part in _CUT.split(text):
        if len(parts) == 1 and not (said.found_in(parts[0].lower()) or find_term(parts[0].lower())):
            parts = [f"{parts[0]} {part}"]
        elif parts and not (said.found_in(part.lower()) or find_term(part.lower())):
            parts[-1] = f"{parts[-1]} {part}"
        elif part.strip():
            parts.append(part)
    return parts[:6]


def _clause(text: str, today: str, same: Sequence[Ask], before: tuple[Ask, ...]) -> list[Ask]:
    lowered = text.lower()
    span = read_span(lowered, today)
    symbols = read_symbols(text)
    found = said.found_in(lowered)
    term = find_term(lowered)
    base = Ask(
        Topic.QUOTE,
        text,
        symbols=symbols.named,
        names=symbols.names,
        benchmark=symbols.benchmark,
        span=span,
        by=next((by for by, words in _BY if re.search(words, lowered)), ""),
        count=read_count(lowered),
        portfolio=read_portfolio(text) or (same[-1].portfolio if same else ""),
        interval=_interval(lowered),
    )
    base = _inherited(base, found, same, before)
    if (
        said.EXPLAIN.search(text)
        and not _asks_for_parts(found, lowered)
        and (figure := find_figure(lowered))
        and (not base.symbols or _OWN.search(text))
    ):
        return [replace(base, topic=Topic.EXPLAIN, figure=figure, term=term)]
    if re.search(r"\bfees\b", lowered) and re.search(r"\b(?:i|we|my)\b", lowered) and not base.symbols:
        return [replace(base, topic=Topic.EXPLAIN, figure="fees")]
    if term and _defines(lowered, base):
        terms = find_terms(lowered) if "difference" in lowered else [term]
        return [replace(base, topic=Topic.DEFINE, term=each) for each in terms]
    if term and not same and before and _FOLLOWS.search(text) and before[-1].topic in {Topic.DEFINE, Topic.EXPLAIN}:
        return [replace(base, topic=before[-1].topic, term=term, figure=find_figure(lowered))]
    followed = _followed(base, found, before) if not same else []
    if followed:
        return followed
    return [replace(base, topic=topic) for topic in _chosen(base, found, lowered)]


def _asks_for_parts(found: set[Topic], lowered: str) -> bool:
    """Whether "where did my gains come from" means the parts rather than the sum."""
    return Topic.CONTRIBUTION in found and not re.search(
        r"trail|formula|comput|calculat|working|work(?:ed)? out", lowered
    )


def _defines(lowered: str, base: Ask) -> bool:
    if base.symbols and not re.search(r"\bmean\b|\bdefin", lowered):
        return False
    if re.search(
        r"\bmean(?:s|ing)?\b|\bdefin|\bstand for\b|\bexplain\b|in plain|\bhow (?:should|do) i (?:read"
        r"|interpret|understand)\b",
        lowered,
    ):
        return True
    asked = re.search(r"\bwhat(?:'s| is| are| was)?\s+(?:exactly )?(?:an? |the )?(?P<rest>.+)", lowered)
    return bool(
        asked
        and said.DEFINE.search(lowered)
        and not _OWN.search(asked["rest"])
        and len(asked["rest"].split()) <= 6
        and not base.span
    )


def _inherited(ask: Ask, found: set[Topic], same: Sequence[Ask], before: tuple[Ask, ...]) -> Ask:
    """An ask with what the words before it leave understood: "it", and the range and benchmark of the same message."""
    last = same[-1] if same else before[-1] if before else None
    if last is None:
        return ask
    refers = bool(_PRONOUN.search(ask.text)) or bool(same)
    follows = _FOLLOWS.search(ask.text) and found & set(_ABOUT_SYMBOL) and not _OWN.search(ask.text)
    if (
        not ask.symbols
        and not ask.names
        and last.symbols
        and (_PRONOUN.search(ask.text) or follows)
        and last.topic not in {Topic.PERFORMANCE, Topic.RISK}
    ):
        ask = replace(ask, symbols=last.symbols)
    if refers and found & {
        Topic.PERFORMANCE,
        Topic.RISK,
        Topic.CONTRIBUTION,
        Topic.INCOME,
        Topic.TAX_LOTS,
        Topic.COMPARE,
    }:
        ask = replace(
            ask, span=ask.span or last.span, benchmark=ask.benchmark or (last.benchmark if not ask.symbols else "")
        )
    return ask


def _followed(ask: Ask, found: set[Topic], before: tuple[Ask, ...]) -> list[Ask]:
    """A question that only changes the one before it: "and last year?", "what about JPM?", "by currency?"."""
    if not before or not _FOLLOWS.search(ask.text):
        return []
    if _AGAINST.search(ask.text) and (ask.symbols or ask.benchmark):
        return [
            replace(old, benchmark=ask.benchmark or ask.symbols[0])
            for old in before
            if old.topic in {Topic.PERFORMANCE, Topic.RISK}
        ]
    only_split = bool(ask.by) and found <= {Topic.ALLOCATION, Topic.HOLDINGS, Topic.QUOTE, Topic.PORTFOLIOS}
    if found - ({Topic.ALLOCATION, Topic.HOLDINGS, Topic.QUOTE, Topic.PORTFOLIOS} if only_split else set()):
        return []
    changed = []
    for old in before:
        if old.topic in {
            Topic.GREETING,
            Topic.THANKS,
            Topic.HELP,
            Topic.RECORD,
            Topic.WHAT_IF,
            Topic.DOCUMENTS,
            Topic.ADVICE,
        }:
            continue
        new = replace(old, text=ask.text, span=ask.span or old.span, count=ask.count or old.count)
        if only_split and old.topic in {Topic.ALLOCATION, Topic.CONTRIBUTION}:
            new = replace(new, by=ask.by)
        elif ask.symbols and old.topic is Topic.COMPARE:
            new = replace(new, symbols=tuple(dict.fromkeys((*old.symbols[:1], *ask.symbols))), names=())
        elif ask.symbols and old.topic in _SYMBOL_TOPICS | _NARROWED:
            new = replace(new, symbols=ask.symbols, names=())
        elif ask.symbols and old.topic in {Topic.PERFORMANCE, Topic.RISK}:
            new = replace(new, topic=Topic.COMPARE, symbols=ask.symbols, benchmark="")
        elif ask.names and old.topic in _SYMBOL_TOPICS and not ask.span:
            new = replace(new, symbols=(), names=ask.names)
        elif not ask.span and not ask.count:
            continue
        changed.append(new)
    return changed


def _chosen(ask: Ask, found: set[Topic], lowered: str) -> list[Topic]:
    own = bool(_OWN.search(ask.text))
    if ask.symbols:
        return _about_symbols(ask, found, lowered, own=own)
    if ask.names and not own:
        about = [topic for topic in (*_ABOUT_SYMBOL, Topic.PROFILE) if topic in found]
        if about:
            return about
        if Topic.COMPARE in found or found & {Topic.PERFORMANCE, Topic.RISK}:
            return [Topic.COMPARE]
        if found & {Topic.QUOTE, Topic.BARS}:
            return [Topic.BARS if ask.span else Topic.QUOTE]
    if ask.benchmark and Topic.COMPARE in found and not found & {Topic.PERFORMANCE, Topic.RISK}:
        return [Topic.PERFORMANCE]
    hidden: set[Topic] = set().union(*(_COVERS.get(topic, set()) for topic in found))
    if Topic.XRAY in found:
        found = {Topic.XRAY, *(found & {Topic.MARKET})}
    elif found & {Topic.CONTRIBUTION, Topic.MOVERS} and not own and Topic.MOVERS in found:
        found = {Topic.MOVERS}
    else:
        found = found - hidden if not (found <= hidden) else found
    if Topic.ALLOCATION in found and re.search(r"\bby\b|\bsplit\b|\bspread\b|allocat|diversif|weights?\b", lowered):
        found = found - {Topic.HOLDINGS}
        if not re.search(r"\breturns?\b|perform|\bgain|profit", lowered):
            found = found - {Topic.PERFORMANCE}
    return [topic for topic in said.ORDER if topic in found and not (topic is Topic.NEWS and not ask.names)]


def _about_symbols(ask: Ask, found: set[Topic], lowered: str, *, own: bool) -> list[Topic]:
    if own:
        narrowed: list[Topic] = [
            topic
            for topic in (Topic.TAX_LOTS, Topic.CONTRIBUTION, Topic.INCOME, Topic.TRANSACTIONS, Topic.HOLDINGS)
            if topic in found
        ]
        if narrowed:
            return narrowed[:1]
    about = [topic for topic in _ABOUT_SYMBOL if topic in found]
    if (
        Topic.FUNDAMENTALS in about
        and Topic.DIVIDENDS in about
        and re.search(r"dividend yield|pay-?out ratio", lowered)
    ):
        about.remove(Topic.DIVIDENDS)
    priced = (
        bool(re.search(r"\bprices?\b|\bquotes?\b|\btrad(?:es?|ed|ing)\b", lowered)) and Topic.FUNDAMENTALS not in found
    )
    many = len(ask.symbols) + bool(ask.benchmark) > 1
    if about:
        return ([Topic.QUOTE] if priced else []) + about
    several = many and not priced and not re.search(r"how much|worth|cost", lowered)
    rules = (
        (Topic.COMPARE, bool(found & {Topic.COMPARE, Topic.PERFORMANCE, Topic.RISK})),
        (Topic.PROFILE, Topic.PROFILE in found),
        (Topic.BARS, Topic.BARS in found or (bool(ask.span) and Topic.QUOTE in found)),
        (Topic.COMPARE, several),
        (Topic.TAX_LOTS, Topic.TAX_LOTS in found),
        (Topic.COMPARE, bool(ask.span)),
    )
    if not found and not many and not ask.span and re.search(r"^\W*what(?:'s| is|s)\b", lowered):
        return [Topic.PROFILE]
    return [next((topic for topic, holds in rules if holds), Topic.QUOTE)]


def _interval(lowered: str) -> str:
    if re.search(r"\bmonthly\b|\bby month\b|\bper month\b|\beach month\b", lowered):
        return "1mo"
    return "1wk" if re.search(r"\bweekly\b|\bby week\b|\bper week\b", lowered) else ""


def _suggestions(text: str) -> tuple[str, ...]:
    lowered = text.lower()
    if said.EXPLAIN.search(text) and _OWN.search(text):
        return EXAMPLES["figure"]
    if re.search(r"\b(?:price|quote|company|chart)\b", lowered):
        return EXAMPLES["symbol"]
    return EXAMPLES["portfolio"] if _FINANCE.search(text) else ()
