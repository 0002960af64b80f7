"""What a document is: whose report, for which period, in which form. Derived from the document and its name alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from stocktool_rag.domain.pages import PageText

_FRONT_PAGES = 3
_FRONT_CHARACTERS = 12_000
_MAX_ALIASES = 8
_MAX_PART = 80

_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (form, re.compile(pattern, re.IGNORECASE))
    for form, pattern in (
        ("10-K", r"(?<![a-z0-9])(?:form\s*)?10[-\s]?k(?:/a)?(?![a-z0-9])"),
        ("10-Q", r"(?<![a-z0-9])(?:form\s*)?10[-\s]?q(?:/a)?(?![a-z0-9])"),
        ("8-K", r"(?<![a-z0-9])(?:form\s*)?8[-\s]?k(?:/a)?(?![a-z0-9])"),
        ("20-F", r"(?<![a-z0-9])(?:form\s*)?20[-\s]?f(?![a-z0-9])"),
        ("proxy statement", r"\bproxy statements?\b|\bdef ?14a\b"),
        ("earnings release", r"\bearnings?\b(?: (?:press )?release)?\b"),
        ("annual report", r"\bannual report\b"),
        ("prospectus", r"\bprospectus\b"),
    )
)
_SUFFIX = re.compile(
    r"[,\s]+(?:incorporated|inc|corporation|corp|company|companies|co|limited|ltd|llc|l\.l\.c|lp|l\.p|plc|p\.l\.c|ag|se|"
    r"n\.v|nv|s\.a|sa|s\.p\.a|spa|gmbh|group|holdings?|trust|the)\.?$",
    re.IGNORECASE,
)
_COMPANY_LINE = re.compile(
    r"^(?=.{3,80}$)(?:[A-Z0-9][\w.&'\u2019,-]*\s+(?:(?:of|and|the|&|de|du|der)\s+)*){1,7}?"
    r"(?:Incorporated|Inc|Corporation|Corp|Company|Co|Limited|Ltd|LLC|L\.P|LP|PLC|plc|AG|SE|N\.V|NV|S\.A|SA|GmbH|Group|"
    r"Holdings?|INCORPORATED|INC|CORPORATION|CORP|COMPANY|LIMITED|LTD|GROUP|HOLDINGS?)\.?$"
)
_REGISTRANT = re.compile(r"\(?\s*exact name of (?:the )?(?:registrant|issuer|company)", re.IGNORECASE)
_CALLED = re.compile(r"[(\uff08]\s*(?:the |hereinafter |collectively,? )?[\"\u201c]([A-Z][\w&.' -]{1,30})[\"\u201d]")
_NOT_NAMES_TEXT = (
    "company corporation registrant group issuer bank fund trust partnership we us our parent board sec act "
    "exchange plan notes report agreement code commission common stock shares"
)
_NOT_NAMES = frozenset(_NOT_NAMES_TEXT.split())
# First words of names that a question may well use for what they mean.
_ORDINARY_TEXT = (
    "advance advanced american allied applied associated atlantic automatic british capital central cardinal charter "
    "coastal community consolidated constellation continental dollar digital discover discovery eastern edison "
    "electronic energy estate european evergreen extra federal fidelity financial first general global great health "
    "healthcare heritage independent insurance intelligence international intuitive iron live medical "
    "national northern pacific performance pioneer power premier principal progressive prudential public "
    "quality realty regions republic royal science service services smart southern southwest standard summit "
    "sunrise technology texas tractor travel union united universal waste water western world"
)
_ORDINARY = frozenset(_ORDINARY_TEXT.split())
_LISTED = re.compile(r"(?:NYSE|Nasdaq|NASDAQ|New York Stock Exchange)\s*[:(]\s*([A-Z][A-Z.]{0,5})\b")
_MONTHS = {
    month: number
    for number, month in enumerate(
        (
            *("january", "february", "march", "april", "may", "june", "july"),
            *("august", "september", "october", "november", "december"),
        ),
        start=1,
    )
}
_PERIOD = re.compile(
    r"(?P<kind>fiscal year|quarterly period|(?:three|six|nine|twelve) months|quarter|year|period)s?\s+ended:?\s+"
    rf"(?P<month>{'|'.join(_MONTHS)})\s+\d{{1,2}}\s*,?\s+(?P<year>(?:19|20)\d\d)",
    re.IGNORECASE,
)
_FISCAL = re.compile(r"\b(?:fiscal(?: year)?|fy)[\s_-]*((?:19|20)\d\d)\b", re.IGNORECASE)
_NAMED_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_NAMED_QUARTER = re.compile(r"(?<![a-z0-9])(?:q([1-4])|([1-4])q)(?![0-9])", re.IGNORECASE)
_YEAR_QUARTER = re.compile(r"(?<!\d)((?:19|20)\d\d)q([1-4])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Profile:
    """What a document is, as far as it says so; empty parts are unknown.

    Attributes:
        title: What it is called.
        company: The company it is about.
        ticker: Symbol of that company.
        aliases: Further names of the company, in lower case, each a run of words.
        years: Fiscal years it reports on; the first is its own.
        quarter: Quarter of the year, 1 to 4, or None.
        form: Form or kind: `10-K`, `annual report`.
    """

    title: str = ""
    company: str = ""
    ticker: str = ""
    aliases: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    quarter: int | None = None
    form: str = ""

    @property
    def header(self) -> str:
        """Who, when, what, in one line: the context of every passage. The title where no company is known."""
        period = ""
        if self.years:
            period = f"Q{self.quarter} {self.years[0]}" if self.quarter else f"fiscal year {self.years[0]}"
        parts = [self.company, period, self.form] if self.company else [self.title]
        return " · ".join(part for part in parts if part)


class Companies:
    """Names and symbols of known companies, for telling what a document or a question calls one.

    Args:
        names: Name of the company by symbol.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self._symbols: dict[str, str] = {}
        for symbol, name in names.items():
            self._symbols.setdefault(squashed(core_name(name)), symbol)
        self._names = dict(names)
        cores = [core_name(name).split() for name in names.values()]
        beginnings = Counter(" ".join(core[:length]) for core in cores for length in (1, 2) if len(core) >= length)
        self._shared = {beginning for beginning, count in beginnings.items() if count > 1}

    def find(self, name: str) -> tuple[str, str] | None:
        """Symbol and usual name of a company, by any spelling of its name; None when it is not among the known."""
        squeezed = squashed(core_name(name))
        symbol = self._symbols.get(squeezed)
        if symbol is None and name.isupper() and name in self._names:
            symbol = name
        return None if symbol is None else (symbol, self._names[symbol])

    def is_telling(self, beginning: str) -> bool:
        """Whether the first words alone tell a company: long enough, not ordinary, and no other company begins so."""
        return len(beginning) >= 5 and beginning not in self._shared and beginning not in _ORDINARY


def core_name(name: str) -> str:
    """A company's name in lower case without its legal form."""
    shown = name.replace("\u2019", "'").strip(" .,")
    while (shorter := _SUFFIX.sub("", shown).strip(" .,&")) and shorter != shown:
        shown = shorter
    words = re.findall(r"[\w&'.-]+", shown.casefold().removesuffix(".com"))
    return " ".join(words[1:] if len(words) > 1 and words[0] == "the" else words)


def squashed(text: str) -> str:
    """Letters and digits alone, so that `JOHNSON_JOHNSON` and `Johnson & Johnson` are one."""
    return "".join(character for character in text.casefold() if character.isalnum())


def describe(name: str, pages: Sequence[PageText], companies: Companies) -> Profile:
    """Tell what a document is.

    Args:
        name: Name of the file.
        pages: Its pages; only the first few are looked at.
        companies: Known companies, for symbols and usual names.
    """
    stem = PurePath(name).stem
    words = re.sub(r"[_\s]+|-(?![kqf])|(?<!\d)-", " ", stem, flags=re.IGNORECASE).strip()
    front = "\n".join(page.text for page in pages[:_FRONT_PAGES])[:_FRONT_CHARACTERS]
    company, known = _company(words, front, companies)
    ticker = known[0] if known else ""
    if not ticker and company and (listed := _LISTED.search(front)):
        ticker = listed[1]
    years, quarter = _period(words, front)
    form = _form(words) or _form(front)
    if not company and form not in {"10-K", "10-Q", "8-K", "20-F"}:
        # Essays name years and forms too; without anyone who reports, they say little about the whole.
        years, quarter = _period(words, "")
        form = _form(words)
    names = (company, known[1] if known else "", *_called(front))
    return Profile(
        title=words[:_MAX_PART],
        company=company[:_MAX_PART],
        ticker=ticker,
        aliases=_aliases(names, companies) if company else (),
        years=years,
        quarter=quarter,
        form=form,
    )


def _form(text: str) -> str:
    """The form that is named first."""
    found = [(match.start(), form) for form, pattern in _FORMS if (match := pattern.search(text))]
    return min(found)[1] if found else ""


def _company(words: str, front: str, companies: Companies) -> tuple[str, tuple[str, str] | None]:
    """The company by the cover of a filing, by the name of the file, or by a line that reads like one."""
    lines = [line.strip() for line in front.split("\n") if line.strip()]
    for number, line in enumerate(lines):
        if _REGISTRANT.search(line):
            before = _REGISTRANT.split(line)[0].strip(" (") or (lines[number - 1] if number else "")
            if 2 <= len(before) <= _MAX_PART:
                return _shown(before), companies.find(before)
    leading = re.split(r"\s+(?=(?:19|20)\d\d|fy|q[1-4]|10-?[kq]|8-?k|annual|earnings)", words, flags=re.IGNORECASE)[0]
    found = companies.find(leading)
    if found:
        return found[1], found
    line = next((line for line in lines[:40] if _COMPANY_LINE.match(line)), "")
    return _shown(line), companies.find(line) if line else None


def _shown(name: str) -> str:
    """Names in capitals as one reads them."""
    return name.title() if name.isupper() and len(name) > 5 else name


def _called(front: str) -> Iterable[str]:
    """Short names a document gives to its company."""
    return (name for name in _CALLED.findall(front) if not set(name.casefold().split()) & _NOT_NAMES)


def _aliases(names: Iterable[str], companies: Companies) -> tuple[str, ...]:
    """Ways a question may name the company."""
    aliases: dict[str, None] = {}
    for name in names:
        core = core_name(name)
        if len(core) < 2:
            continue
        aliases.setdefault(core)
        plain = " ".join(re.findall(r"\w+", core))
        aliases.setdefault(plain)
        words = plain.split()
        for length in range(min(2, len(words) - 1), 0, -1):
            beginning = " ".join(words[:length])
            if companies.is_telling(beginning):
                aliases.setdefault(beginning)
    return tuple(aliases)[:_MAX_ALIASES]


def _period(words: str, front: str) -> tuple[tuple[int, ...], int | None]:
    """Fiscal years, the document's own first, and the quarter."""
    years: dict[int, None] = {}
    quarter: int | None = None
    joined = _YEAR_QUARTER.search(words.replace(" ", ""))
    if joined:
        years.setdefault(int(joined[1]))
        quarter = int(joined[2])
    for year in _NAMED_YEAR.findall(words):
        years.setdefault(int(year))
    if quarter is None and years and (named := _NAMED_QUARTER.search(words)):
        quarter = int(named[1] or named[2])
    fiscal = _FISCAL.search(front)
    period = _PERIOD.search(front)
    if fiscal:
        years.setdefault(int(fiscal[1]))
    if period:
        year, month = int(period["year"]), _MONTHS[period["month"].casefold()]
        # A fiscal year that ends in January is counted by either year.
        for counted in (year, year - 1) if month == 1 else (year,):
            years.setdefault(counted)
        if quarter is None and period["kind"].casefold() in {"quarterly period", "quarter", "three months"}:
            quarter = (month + 2) // 3
    return tuple(years)[:4], quarter
