"""Whom a sentence speaks of when it states a figure: an instrument, a part of the portfolio, or the portfolio."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from stocktool_chat.domain.company_names import COMPANY_NAMES, SECTORS
from stocktool_chat.domain.evidence import EvidenceIndex
from stocktool_chat.domain.figures import CURRENCIES, Figure, Unit
from stocktool_chat.domain.japanese_words import is_word_letter
from stocktool_chat.domain.sentences import Sentences
from stocktool_chat.domain.tool_values import ToolValue
from stocktool_chat.domain.words import beginnings, matches, words_at

_CURRENCY_WORDS = {
    "dollars": "USD",
    "dollar": "USD",
    "euros": "EUR",
    "euro": "EUR",
    "pounds": "GBP",
    "pound": "GBP",
    "yen": "JPY",
    "francs": "CHF",
    "franc": "CHF",
}
_BENCHMARK_WORDS = ("the index", "the benchmark", "your benchmark", "its benchmark", "the market")
_EXCHANGE_WORDS = ("exchange rates", "exchange rate", "currency moves", "currency effects", "currencies")
_COMMON_WORDS = (
    "funds cash unknown other others information services real estate stock fund equity usd"
    " eur total fees value sector the"
)
_COMMON = frozenset(_COMMON_WORDS.split())
# Capitals that are no tickers.
_ACRONYMS_WORDS = (
    "ETF ETFS TWR XIRR IRR CAGR VAR CVAR HHI FIFO LIFO HIFO YTD USA US UK EU ECB GDP CPI IPO CEO CFO CEO AI PE EPS"
    " ISIN NYSE NASDAQ LSE SEC IRS IRA ROI ROE EBIT EBITDA MTD QTD FY OK AM PM UTC EST PDF CSV TTM NAV AUM REIT"
    " ESG ADR DCA MSCI FTSE DAX CAC SP SPX VIX FX PS NB EG IE ID II III IV AND OR NOT THE NO YES"
)
_ACRONYMS = CURRENCIES | frozenset(_ACRONYMS_WORDS.split())
_TICKER = re.compile(
    r"(?<![\w^.$-])[A-Z]{2,5}(?:\.[A-Z]{1,2})?(?=(?:'s|:|\s+(?:is|was|are|has|had|rose|fell|gained|lost|closed?|trad\w+"
    r"|return\w*|paid|pays|at|shares?|stands?|yields?|costs?|would|makes?|weighs?|brought|contributed|added|\|))(?!\w))"
    r"|(?:(?<=shares of )|(?<=position in )|(?<=price of )|(?<=value of )|(?<=weight of )"
    r"|(?<=\| ))[A-Z]{2,5}(?=\s|[,;.|])"
)

# The portfolio as a whole, or a figure that only the portfolio has.
_WHOLE = re.compile(
    r"\b(?:(?:your|the|this|my|whole|entire)\s+(?:\w+\s+)?portfolio(?:'s)?|portfolio|in (?:all|total)|overall"
    r"|altogether"
    r"|total|the whole|everything"
    r"|you(?:'ve| have)?\s+(?:returned|gained|lost|beat|trailed|lagged|underperformed|outperformed)"
    r"|your (?:own )?(?:total |overall |yearly |annual |money-weighted |time-weighted )?"
    r"(?:returns?|gains?|loss(?:es)?|performance|volatility|beta|sharpe|drawdown|result))\b",
    re.IGNORECASE,
)
_PART = re.compile(
    r"\b(?:largest|biggest|smallest|best|worst|top|only|each|one of|first|last|second|third|position|holding"
    r"|stock|share|sale"
    r"|purchase|lot|trade|winner|loser|contributor|fund|entry|dividend|mover)s?\b",
    re.IGNORECASE,
)
_FOLLOWS = re.compile(
    r"[\s*_]*(?:(?:more |additional |new )?(?:shares?|units?|percent|percentage points?)\s+)?"
    r"(?:,?\s*(?:is |are |was )?(?:of|in|for|into|to|on)\s+)?(?:your |the |its )?[*_]*",
    re.IGNORECASE,
)
_COMPARED_WORDS = (
    "against,versus,vs,vs.,than,trail,trails,trailed,beat,beats,behind,ahead of,compared with,compared to,relative to"
    ",benchmark,outperform,outperforms,outperformed,outperforming,underperform,underperforms,underperformed"
    ",underperforming,lag,lags,lagged,lagging,above,below,with,and of,that of"
)
_COMPARED = tuple(f" {words}" for words in _COMPARED_WORDS.split(","))
_OF_WHOLE = re.compile(
    r"\b(?:(?:of|from|out of)\s+(?:the|your|its|a total of|all)|to\s+the(?=\s+(?:total|overall|whole|year's)))\s+"
    r"(?:(?:total|overall|whole|year's)\s+)?"
    r"(?:(?:gains?|value|return|total|portfolio|income|dividends)\s+(?:of|at)\s+)?[*_]*$",
    re.IGNORECASE,
)
_LIMIT_OF = re.compile(r"\b(?:limits?|thresholds?|targets?|ceiling|cap|maximum) of\s+[*_]*$", re.IGNORECASE)
# "ポートフォリオの 21 %" is a part of it, and says nothing of whose.
_JAPANESE_WHOLE = re.compile(r"(?:ポートフォリオ|全体|(?<!時価)総額|合計|総資産|現金)(?!の[\s*_]*[$\d])")
_OTHER_PARTY = re.compile(
    r"[\s*_)]*(?:volatility|return|drawdown|yield)?\s*(?:against|versus|vs\.?|compared (?:with|to))\s+[*_]*$"
)
_OTHER_ENDS = ("against", "versus", "vs", "vs.", "with", "to")
_YOURS = re.compile(r"\byour (?:own )?[*_]*$", re.IGNORECASE)  # "against your 26.7 %"
_IN_CASH = re.compile(
    r"[\s*_]*(?:(?:in|of) cash|(?:that |which )?(?:lies|sits|is) idle|in (?:total|all)|altogether|overall)\b",
    re.IGNORECASE,
)
_CLOSED = re.compile(r"[^()\d]*(?:\)|$)")
_TIGHT = re.compile(r"[\s*_]*[(:\u2013-][\s*_(~+]*")
_NEW_SUBJECT = re.compile(
    r"(?=[,;:(awbsAWBS])(?:[,;:(]|\band\b|\bwhile\b|\bwhereas\b|\bbut\b|\bso\b|\bwith\b)"
    r"\s+(?:with\s+)?(?:the |your |its |their "
    r"|a |an |of )?"
    r"(?:whole|total|portfolio|volatility|cash|drawdown|maximum drawdown|max drawdown|sharpe|sortino|beta|fees"
    r"|tax(?:es)?|you"
    r"|your|yours|correlat\w+|overall|tracking|time-weighted|money-weighted|in all|the rest|risk"
    r"|a value at risk|everything"
    r"|return)\b",
    re.IGNORECASE,
)

# A fund stands for its index where the results hold the fund.
_INDICES = {"S&P 500": "SPY", "Nasdaq 100": "QQQ", "Nasdaq-100": "QQQ", "Dow Jones": "DIA", "Russell 2000": "IWM"}

_FIRST_OF_WHOLE = beginnings("your the this my whole entire portfolio in overall altogether total everything you")


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose a figure may be.

    Attributes:
        symbols: Instruments, or empty.
        labels: Parts of the portfolio, lower case, or empty.
        whole: Whether it may be the portfolio's, or nobody's in particular.
        others: Whether it may be anybody's, since the sentence names nobody.
        of_whole: Whether the portfolio itself is named.
    """

    symbols: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    whole: bool = True
    others: bool = True
    of_whole: bool = False

    def owns(self, value: ToolValue) -> bool:
        """Whether a value may be what this subject's figure states."""
        if value.quoted:
            return not (value.symbol and self.symbols) or value.symbol in self.symbols
        if value.symbol:
            return value.symbol in self.symbols or self.others
        if value.label:
            return value.label.lower() in self.labels or self.others
        return self.whole

    def is_of(self, value: ToolValue) -> bool:
        """Whether a value is of one who is named."""
        if value.symbol or value.label:
            return value.symbol in self.symbols or value.label.lower() in self.labels
        return self.of_whole


_PORTFOLIO = Subject(others=False, of_whole=True)


@dataclass(frozen=True, slots=True)
class _Mention:
    start: int
    end: int
    name: str
    kind: str  # symbol, label or whole
    loose: bool = False  # of a whole: whether it leaves those that are named beside it


class Subjects:
    """Where a text speaks of whom."""

    def __init__(self, sentences: Sentences, figures: Sequence[Figure], names: Names) -> None:
        self._sentences = sentences
        self._text = sentences.text
        self._starts = [figure.start for figure in figures]
        self._ends = [figure.end for figure in figures]
        self._mentions = sorted(_mentions(self._text, names), key=lambda mention: mention.start)
        self._at = [mention.start for mention in self._mentions]

    def named(self, start: int, end: int) -> tuple[list[str], list[str], bool]:
        """Symbols and labels named between two places, in order, and whether the portfolio is."""
        found = self._between(start, end)
        symbols = list(dict.fromkeys(mention.name for mention in found if mention.kind == "symbol"))
        labels = list(dict.fromkeys(mention.name for mention in found if mention.kind == "label"))
        return symbols, labels, any(mention.kind == "whole" for mention in found)

    def of(self, figure: Figure) -> Subject:
        """Whose a figure may be: whoever is named right after it, else last before it, else in its sentence."""
        start, end = self._sentences.around(figure.start, figure.end)
        cell = self._sentences.cell(figure)
        if cell is not None:
            return self._of_cell((start, end), (cell.header_start, cell.header_start + len(cell.header)))
        following = self._following(figure, end)
        if following is not None:
            return _subject([following])
        before = self._between(start, figure.start)
        lead = self._text[max(start, figure.start - 40) : figure.start]
        if ("of " in lead or "from " in lead or "to " in lead) and _OF_WHOLE.search(lead):
            named = _subject([mention for mention in before if mention.kind != "whole"])
            return Subject(named.symbols, named.labels, others=named.others, of_whole=True)
        if figure.unit is not Unit.PLAIN and "your " in lead[-12:] and _YOURS.search(lead):
            return _PORTFOLIO
        return self._before(before, figure, lead) if before else self._of_rest(figure.end, end)

    def _before(self, before: Sequence[_Mention], figure: Figure, lead: str) -> Subject:
        """Whose a figure may be by whom its sentence names before it."""
        subject = self._of_last_whole(before, figure) if before[-1].kind == "whole" else self._from(before, figure)
        if (" of " in lead[-8:] and _LIMIT_OF.search(lead)) or _IN_CASH.match(self._text, figure.end):
            return _with_whole(subject)
        ends = lead.rstrip(" *_").endswith(_OTHER_ENDS)
        return replace(subject, others=True) if ends and self._is_other_party(figure, before[0].start) else subject

    def _is_other_party(self, figure: Figure, start: int) -> bool:
        """Whether a figure is set against the one before it, without a name: "JPM's 20.7 % against 20.3 %"."""
        at = bisect.bisect_left(self._starts, figure.start) - 1
        if at < 0 or self._starts[at] < start:
            return False
        return bool(_OTHER_PARTY.fullmatch(self._text, self._ends[at], figure.start))

    def _of_rest(self, start: int, end: int) -> Subject:
        """Whose a figure may be that nobody is named before: whoever its sentence names after it."""
        after = self._between(start, end)
        others = [mention for mention in after if mention.kind != "whole"]
        if others and all(self._goes_with_next(mention, start, end) for mention in others):
            return Subject(others=False, of_whole=any(mention.kind == "whole" for mention in after))
        named = _subject(others)
        of_whole = any(mention.kind == "whole" for mention in after)
        return Subject(named.symbols, named.labels, others=not named.symbols, of_whole=of_whole)

    def _goes_with_next(self, mention: _Mention, start: int, end: int) -> bool:
        """Whether a name in brackets speaks of the figure behind it alone: "+27 % (SPY: +28 %)"."""
        at = bisect.bisect_right(self._starts, mention.start)
        if at >= len(self._starts) or self._starts[at] >= end:
            return False
        return "(" in self._text[start : mention.start] and bool(
            _TIGHT.fullmatch(self._text, mention.end, self._starts[at])
        )

    def _of_last_whole(self, before: Sequence[_Mention], figure: Figure) -> Subject:
        """Whose a figure may be that the portfolio is named last before."""
        others = [mention for mention in before if mention.kind != "whole"]
        last = before[-1]
        if _PART.search(self._text, before[0].start, figure.start):
            return Subject(*_names(others))
        if others and (last.loose or not _NEW_SUBJECT.search(self._text, others[-1].end, last.end)):
            return _with_whole(_subject(others))
        return _PORTFOLIO

    def _from(self, before: Sequence[_Mention], figure: Figure) -> Subject:
        """Whose a figure may be that an instrument or a part is named last before."""
        last = before[-1]
        if _TIGHT.fullmatch(self._text, last.end, figure.start) and _CLOSED.match(self._text, figure.end):
            return _subject([last])  # "ahead of Energy (3 %)"
        group = self._group(before)
        subject = _subject(group)
        between = self._text[last.end : figure.start]
        compared = any(self._is_compared(each.start) for each in group)
        if compared and not re.match(r"\s*,?\s*(?:which|that)\b|'s\s", between):
            earlier = [mention for mention in before if mention not in group]
            both = _subject([*group, *(each for each in earlier if each.kind != "whole")])
            return replace(both, whole=True, of_whole=any(each.kind == "whole" for each in earlier))
        if _NEW_SUBJECT.search(between):
            return _with_whole(subject)
        return subject

    def _is_compared(self, start: int) -> bool:
        """Whether words just before a mention set it against something: "against SPY", "beat the S&P 500"."""
        lead = " " + self._text[max(0, start - 28) : start].lower().rstrip(" \n*_(")
        return lead.removesuffix(" the").rstrip().endswith(_COMPARED)

    def _group(self, before: Sequence[_Mention]) -> list[_Mention]:
        """The mentions named together last: those with no figure in between."""
        group: list[_Mention] = []
        edge = before[-1].start
        for mention in reversed(before):
            if group and (mention.kind == "whole" or self._figure_between(mention.start, edge)):
                break
            group.append(mention)
            edge = mention.start
        return group

    def _of_cell(self, line: tuple[int, int], header: tuple[int, int]) -> Subject:
        in_header = [mention for mention in self._between(*header) if mention.kind != "whole"]
        if in_header:
            return _subject(in_header)
        row = self._between(*line)
        named = [mention for mention in row if mention.kind != "whole"]
        if named:
            return _subject(named[:1])
        return Subject(others=False, of_whole=True) if row else Subject()

    def _following(self, figure: Figure, end: int) -> _Mention | None:
        at = bisect.bisect_left(self._at, figure.end)
        if at >= len(self._mentions) or self._mentions[at].start >= end:
            return None
        mention = self._mentions[at]
        if mention.kind == "whole" or self._figure_between(figure.start, mention.start):
            return None
        if not _FOLLOWS.fullmatch(self._text, figure.end, mention.start):
            return None
        # After a comma, what stands right before the next figure is that one's: "you have $5, in dollars $10".
        after = bisect.bisect_right(self._starts, mention.start)
        own = after < len(self._starts) and not self._text[mention.end : self._starts[after]].strip(" *_:")
        return None if own and "," in self._text[figure.end : mention.start] else mention

    def _between(self, start: int, end: int) -> Sequence[_Mention]:
        return self._mentions[bisect.bisect_left(self._at, start) : bisect.bisect_left(self._at, end)]

    def _figure_between(self, low: int, high: int) -> bool:
        at = bisect.bisect_right(self._starts, low)
        return at < len(self._starts) and self._starts[at] < high


def _names(mentions: Sequence[_Mention]) -> tuple[frozenset[str], frozenset[str]]:
    symbols = frozenset([mention.name for mention in mentions if mention.kind == "symbol"])
    return symbols, frozenset([mention.name for mention in mentions if mention.kind == "label"])


def _subject(mentions: Sequence[_Mention]) -> Subject:
    symbols, labels = _names(mentions)
    # A slice may be told of by its sums, so what is nobody's in particular is not refused to it.
    return Subject(symbols, labels, whole=not symbols, others=not (symbols or labels))


def _with_whole(subject: Subject) -> Subject:
    return replace(subject, whole=True)


class Names:
    """How a text may call those that results know: looked up once for an answer, whatever number of its sentences."""

    def __init__(self, index: EvidenceIndex) -> None:
        self.symbols = _symbol_names(index)
        self.labels = _label_names(index)
        self.symbols_by_word = _by_first_word(self.symbols)
        self.labels_by_word = _by_first_word(self.labels)


def _mentions(text: str, names: Names) -> list[_Mention]:
    found = [_Mention(*match.span(), "", "whole") for match in matches(_WHOLE, text, _FIRST_OF_WHOLE)]
    if not text.isascii():
        found.extend(_Mention(*match.span(), "", "whole", loose=True) for match in _JAPANESE_WHOLE.finditer(text))
        found.extend(_japanese_names(text, names))
    named = _named(text, names)
    found.extend(named)
    taken = {mention.start for mention in named}
    for at, word in words_at(text):
        if not text[at].isupper() or at in taken or word in names.labels:
            continue
        match = _TICKER.match(text, at)
        if match is not None and match.group() not in _ACRONYMS:
            found.append(_Mention(*match.span(), match.group(), "symbol"))
    if names.labels:
        found.extend(_labelled(text, names, taken))
    return found


def _labelled(text: str, names: Names, taken: Set[int]) -> Iterator[_Mention]:
    """Where parts of the portfolio are named."""
    lowered = text.lower()
    end = 0
    for at, word in words_at(text):
        if at < end or word not in names.labels_by_word or at in taken:
            continue
        for name in names.labels_by_word[word]:
            if lowered.startswith(name, at) and not _goes_on(lowered, at, at + len(name)):
                yield _Mention(at, at + len(name), names.labels[name], "label")
                end = at + len(name)
                break


def _japanese_names(text: str, names: Names) -> Iterator[_Mention]:
    """Companies and sectors by their Japanese names."""
    for match in _JAPANESE_NAME.finditer(text):
        name = match[0]
        if name in COMPANY_NAMES:
            yield _Mention(*match.span(), COMPANY_NAMES[name], "symbol")
        elif SECTORS[name] in names.labels:
            yield _Mention(*match.span(), SECTORS[name], "label")


_JAPANESE_NAME = re.compile(
    "|".join(sorted((name for name in (*COMPANY_NAMES, *SECTORS) if not name.isascii()), key=len, reverse=True))
)


def _named(text: str, names: Names) -> list[_Mention]:
    """Where names and symbols stand, the longest of those that begin alike."""
    found = []
    starts = names.symbols_by_word
    end = 0
    for at, word in words_at(text):
        if word not in starts or at < end:
            continue
        for name in starts[word]:
            if text.startswith(name, at) and not _goes_on(text, at, at + len(name), also="&"):
                found.append(_Mention(at, at + len(name), names.symbols[name], "symbol"))
                end = at + len(name)
                break
    return found


def _symbol_names(index: EvidenceIndex) -> dict[str, str]:
    names = dict(COMPANY_NAMES)
    names.update((name, symbol) for name, symbol in _INDICES.items() if symbol in index.symbols)
    names.update((name, symbol) for name, symbol in index.names.items() if len(name) > 1)
    if len(index.benchmarks) == 1:
        names.update((words, next(iter(index.benchmarks))) for words in _BENCHMARK_WORDS)
    for symbol in index.symbols:
        base = symbol.partition(".")[0]
        if len(base) > 1:
            names[base] = symbol
        names[symbol] = symbol
    return names


def _label_names(index: EvidenceIndex) -> dict[str, str]:
    """Labels by how a text may call them: as they are, or by a word that only one of them has."""
    names = {label.lower(): label.lower() for label in index.labels}
    names.update((word, code.lower()) for word, code in _CURRENCY_WORDS.items() if code in index.labels)
    for label in index.labels:
        if label.lower().startswith("exchange rate"):
            names.update((words, label.lower()) for words in _EXCHANGE_WORDS)
    owners: dict[str, set[str]] = {}
    for label in index.labels:
        for word in re.findall(r"[a-z]{5,}", label.lower()):
            if word not in _COMMON:
                owners.setdefault(word, set()).add(label.lower())
    for word, labels in owners.items():
        if len(labels) == 1:
            names.setdefault(word, next(iter(labels)))
    return names


def _by_first_word(names: Mapping[str, str]) -> dict[str, list[str]]:
    starts: dict[str, list[str]] = {}
    for name in sorted(names, key=len, reverse=True):
        first = re.match(r"[A-Za-z]+", name)
        if first:
            starts.setdefault(first.group().lower(), []).append(name)
    return starts


def _goes_on(text: str, start: int, end: int, also: str = "-_") -> bool:
    """Whether a name is only a part of a longer word."""
    before, after = text[start - 1 : start], text[end : end + 1]
    return is_word_letter(before) or before == "^" or is_word_letter(after) or (after != "" and after in also)
