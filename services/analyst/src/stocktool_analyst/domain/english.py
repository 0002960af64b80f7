"""Reads English."""

from __future__ import annotations

import re
from collections.abc import Mapping

from stocktool_analyst.domain import errand_plans
from stocktool_analyst.domain import topics as said
from stocktool_analyst.domain.amounts import read_count
from stocktool_analyst.domain.ask import Ask, Question
from stocktool_analyst.domain.clauses import Clause, Hint
from stocktool_analyst.domain.definitions import Term, find_figure, find_term, find_terms
from stocktool_analyst.domain.messages import EXAMPLES, read_portfolio, read_whole
from stocktool_analyst.domain.spans import read_span
from stocktool_analyst.domain.symbols import read_symbols
from stocktool_analyst.domain.topics import Topic

_BY = (
    ("currency", r"\bcurrenc|\bin (?:euros?|dollars?)\b"),
    ("account", r"\baccounts?\b"),
    (
        "country",
        (
            r"\bcountr|\bregions?\b|geograph|\babroad\b|\boverseas\b"
            r"|\b(?:us|u\.s\.|american|european|japanese|chinese|foreign|emerging)"
            r" (?:stocks?|shares?|companies|markets?)\b"
        ),
    ),
    ("class", r"asset class|\bclass(?:es)?\b"),
    ("symbol", r"\bby (?:holding|symbol|position|stock|company)|\bholdings?\b|\bsymbols?\b|\bpositions?\b|\bstocks?\b"),
    ("sector", r"\bsectors?\b|\bindustr|\btech(?:nology)?\b|\bhealth ?care\b|\butilities\b|\bsemiconductors?\b"),
)
_HINTS: Mapping[Hint, re.Pattern[str]] = {
    Hint.OWN: re.compile(r"\b(?:i|my|we|our|me|mine|portfolio)\b", re.IGNORECASE),
    Hint.PRONOUN: re.compile(
        r"\b(?:it|its|it's|they|their|them|both|that (?:stock|company|one|share)|this (?:stock"
        r"|company|one)|the (?:stock|company|share)|those"
        r"|(?:that|the same) (?:year|quarter|month|week|period|time|span))\b"
        r"|\b(?:that|then)(?=\W*$)",
        re.IGNORECASE,
    ),
    Hint.FOLLOWS: re.compile(
        r"^\W*(?:and|what about|how about|also|then|now|or|same|but|ok(?:ay)?,? and|so|in"
        r"|since|for|over|by|against|versus|vs|compared|during|last|this|the)\b",
        re.IGNORECASE,
    ),
    Hint.AGAINST: re.compile(
        r"^\W*(?:and |what about |how about )*(?:against|versus|vs\.?|compared? (?:to|with)|relative to)\b",
        re.IGNORECASE,
    ),
    Hint.PRICE: re.compile(r"\bprices?\b|\bquotes?\b|\btrad(?:es?|ed|ing)\b", re.IGNORECASE),
    Hint.AMOUNT: re.compile(r"how much|worth|cost", re.IGNORECASE),
    Hint.WHAT_IS: re.compile(r"^\W*what(?:'s| is|s)\b", re.IGNORECASE),
    Hint.SPLIT: re.compile(
        r"\bby\b|\bsplit\b|\bspread\b|allocat|diversif|weights?\b|too much|percent(?:age)? of", re.IGNORECASE
    ),
    Hint.RETURN: re.compile(r"\breturns?\b|perform|\bgain|profit", re.IGNORECASE),
    Hint.RATIO: re.compile(r"dividend yield|pay-?out ratio", re.IGNORECASE),
}
_CUT = re.compile(
    r"(?<=[?!;])\s+|(?<=[a-z0-9])\.\s+(?=[A-Z])|,?\s+(?:and|but|also|plus)(?: also| then"
    r"| please)*\s+(?=(?:what|how|which|who|when|where|why|show|is|are|am|do|does|did"
    r"|tell|give|list"
    r"|explain|compare|any|can|could)\b)|,\s*(?=(?:what|how|which|when|where|why|show|is|are|am|did|do|explain|compare|tell|give|list)\b)",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.?!])\s+(?=[A-Za-z])|[,;]?\s+(?=(?:and )?also\b)", re.IGNORECASE)
_ADVICE_CUT = re.compile(
    r"(?<=[.?!;])\s+|,?\s+(?:and|but|so|or)\s+(?=(?:should|shall|would|will|is|are|do|does|what|which|when|how)\b)",
    re.IGNORECASE,
)
_PROGRESS = re.compile(
    r"^\W*(?:and |so |ok(?:ay)?,? )*(?:now"
    r"|how far (?:is|are|has|have) (?:it|that|this|they|you)(?: got(?:ten)?| come| along)?"
    r"|(?:is|was|are) (?:it|that|this|they)(?: (?:already|now))? (?:done|ready|finished|complete|through|there|over)"
    r"|has (?:it|that|this) (?:finished|ended|completed?)|how(?:'s| is) (?:it|that|this) (?:going|coming(?: along)?)"
    r"|(?:any|what(?:'s| is)(?: the| its)?) (?:news|progress|status|state|result)|(?:done|ready|finished))"
    r"(?: yet| now| already| so far| by now)?\W*$",
    re.IGNORECASE,
)
_OFF_TOPIC = re.compile(
    r"\b(?:poem|joke|weather|recipe|cook|bake|pancakes?|translat\w*|python|javascript"
    r"|code|song|lyrics|president|football|soccer|movie|film|haiku|story about"
    r"|capital of|who won|birthday|remind me|watchlist"
    r"|horoscope|essay|homework|ignore (?:all|previous|your)|system prompt)\b",
    re.IGNORECASE,
)
_FINANCE = re.compile(
    r"\b(?:portfolio|money|invest\w*|stocks?|shares?|account|funds?|savings|wealth|trad\w*|market|companies|company)\b",
    re.IGNORECASE,
)


class EnglishReader:
    """Reads English by patterns."""

    def whole(self, text: str, today: str) -> Question | None:
        """A message whose parts belong together, or that is none of the analyst's business; None for any other."""
        for topic, pattern in ((Topic.GREETING, said.GREETING), (Topic.THANKS, said.THANKS), (Topic.HELP, said.HELP)):
            if pattern.search(text):
                return Question(text, (Ask(topic, text),))
        if said.OTHERS.search(text) and said.OWNED.search(text) and Topic.DOCUMENTS not in said.found_in(text.lower()):
            return Question(text, (Ask(Topic.OTHERS, text),))
        return Question(text) if _OFF_TOPIC.search(text) else read_whole(text, today)

    def clauses(self, text: str, today: str) -> list[Clause]:
        """The parts of any other message that each ask for something."""
        return [_clause(part, today) for part in _parts(text)]

    def sentences(self, text: str) -> list[str]:
        """A message cut where a sentence ends, or where words say that another thing follows."""
        return [part for part in _SENTENCE.split(text) if part.strip()]

    def errand(self, text: str, today: str) -> bool:
        """Whether a sentence asks for an errand, which is read as a whole."""
        found = None if _OFF_TOPIC.search(text) else read_whole(text, today)
        return found is not None and any(ask.topic in errand_plans.TOOLS for ask in found.asks)

    def speaks(self, text: str, today: str) -> bool:
        """Whether a sentence asks for anything at all."""
        whole = read_whole(text, today)
        return bool((whole and whole.asks) or said.found_in(text.lower()) or find_term(text.lower()))

    def beside_advice(self, text: str) -> str:
        """What a message asks for beside advice; empty for nothing."""
        parts = [part for part in _ADVICE_CUT.split(text) if part.strip() and not said.ADVICE.search(part)]
        return " ".join(part for part in parts if said.found_in(part.lower()) or find_term(part.lower()))

    def progress(self, text: str) -> bool:
        """Whether a message asks how far that is which was started before."""
        return bool(_PROGRESS.search(text))

    def suggestions(self, text: str) -> tuple[str, ...]:
        """Questions to offer when a message asks for nothing that is known."""
        if said.EXPLAIN.search(text) and (_HINTS[Hint.OWN].search(text) or re.search(r"\d", text)):
            return EXAMPLES["figure"]
        if re.search(r"\b(?:price|quote|company|chart)\b", text.lower()):
            return EXAMPLES["symbol"]
        return EXAMPLES["portfolio"] if _FINANCE.search(text) else ()


def _parts(text: str) -> list[str]:
    """Parts of a message; one that asks for nothing stays with the one before it."""
    parts: list[str] = []
    for part in _CUT.split(text):
        if len(parts) == 1 and not (said.found_in(parts[0].lower()) or find_term(parts[0].lower())):
            parts = [f"{parts[0]} {part}"]
        elif parts and not (said.found_in(part.lower()) or find_term(part.lower())):
            parts[-1] = f"{parts[-1]} {part}"
        elif part.strip():
            parts.append(part)
    return parts[:6]


def _clause(text: str, today: str) -> Clause:
    lowered = text.lower()
    symbols = read_symbols(text)
    term = find_term(lowered)
    base = Ask(
        Topic.QUOTE,
        text,
        symbols=symbols.named,
        names=symbols.names,
        benchmark=symbols.benchmark,
        span=read_span(lowered, today),
        by=next((by for by, words in _BY if re.search(words, lowered)), ""),
        count=read_count(lowered),
        portfolio=read_portfolio(text),
        interval=_interval(lowered),
    )
    found = frozenset(said.found_in(lowered))
    hints = frozenset(hint for hint, words in _HINTS.items() if words.search(text))
    figure = find_figure(lowered)
    terms = (term,) if term else ()
    return Clause(
        base,
        found,
        hints,
        terms=terms,
        defines=_defined(lowered, base, terms),
        figure=figure,
        explains=_explained(text, base, found, hints, figure),
    )


def _explained(text: str, base: Ask, found: frozenset[Topic], hints: frozenset[Hint], figure: str) -> str:
    lowered = text.lower()
    # "Where did my gains come from" means the parts rather than the sum.
    parts = Topic.CONTRIBUTION in found and not re.search(
        r"trail|formula|comput|calculat|working|work(?:ed)? out", lowered
    )
    if said.EXPLAIN.search(text) and not parts and (not base.symbols or Hint.OWN in hints) and figure:
        return figure
    paid = re.search(r"\bfees\b", lowered) and re.search(r"\b(?:i|we|my)\b", lowered)
    return "fees" if paid and not base.symbols else ""


def _defined(lowered: str, base: Ask, terms: tuple[Term, ...]) -> tuple[Term, ...]:
    if not terms or (base.symbols and not re.search(r"\bmean\b|\bdefin", lowered)):
        return ()
    asked = re.search(r"\bwhat(?:'s| is| are| was)?\s+(?:exactly )?(?:an? |the )?(?P<rest>.+)", lowered)
    defines = re.search(
        r"\bmean(?:s|ing)?\b|\bdefin|\bstand for\b|\bexplain\b|in plain|\bhow (?:should|do) i (?:read"
        r"|interpret|understand)\b|\bis an? .{1,40}\b(?:good|bad|high|low|normal|healthy)\b",
        lowered,
    ) or (
        asked
        and said.DEFINE.search(lowered)
        and not _HINTS[Hint.OWN].search(asked["rest"])
        and len(asked["rest"].split()) <= 6
        and not base.span
    )
    if not defines:
        return ()
    return tuple(find_terms(lowered)) if "difference" in lowered else terms


def _interval(lowered: str) -> str:
    if re.search(r"\bmonthly\b|\bby month\b|\bper month\b|\beach month\b", lowered):
        return "1mo"
    return "1wk" if re.search(r"\bweekly\b|\bby week\b|\bper week\b", lowered) else ""
