"""Whether a figure says what a value is: its digits, unit, sign, currency, subject, measure and days, all of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stocktool_chat.domain.dates import Days
from stocktool_chat.domain.facets import sides_agree
from stocktool_chat.domain.figures import Figure, Sign, Unit
from stocktool_chat.domain.measures import stem
from stocktool_chat.domain.sentences import Dating
from stocktool_chat.domain.subjects import Subject
from stocktool_chat.domain.tool_values import ToolValue, When

# Keys that hold a distance between two percentages, which is told in percentage points.
_DISTANCE = re.compile(
    r"(?:contribution|effect|excess|active|difference|gap|drift|change|spread|alpha|fee|expense|currency|price|income)"
)
_TOLD = {
    "worth": re.compile(r"value|total|price|close|market_cap|amount|proceeds|cash|before|after|assets|high|low|figure"),
    "cost": re.compile(r"cost|price|amount|fee|before"),
    "each": re.compile(r"price|close|open|high|low|per_share|dividend|amount|quote|threshold|text|title|summary"),
    "dividends": re.compile(r"gross|net|received|dividend|income|expected|amount|tax|trailing|month"),
}
_COSTS = re.compile(r"price|close|amount|quote|proceeds")  # of what is bought, "costs" is no loss
# Where two returns round alike, the one an answer speaks of without a name is the time-weighted one.
_SECONDARY = frozenset({"irr", "modified_dietz", "simple_return", "mwr"})
_LOOSE_MEASURES = frozenset({"time_weighted", "money_weighted", "expected_return"})
_COUNTED = "share unit day return observation session trading payment entry transaction booking"
_COUNTED_NOUNS = frozenset(stem(noun) for noun in _COUNTED.split())
_MOSTLY = 0.5
_AT_EDGE = 5  # days from the end of a span within which trading begins or ends, long weekends included
_FEW = 12  # numbers up to here are said of anything
_SURE_DIGITS = 4  # so many shown digits do not come about by chance


@dataclass(frozen=True, slots=True)
class Claim:
    """A figure with what its text says of it.

    Attributes:
        figure: As written.
        read: As meant: a bare number under a header "%" is a percent.
        sentence: Start and end of its sentence.
        subject: Whose it may be.
        words: Stems of the words around.
        measure: What it is said to measure, where that is told by name.
        dating: The days it is said to be of.
        branch: "before" or "after" a change, where the text says.
        nouns: Stems of the words after a bare number.
        named: Symbols and labels of its sentence in order, and whether that names the portfolio.
        told: "worth", "cost", "each" or "dividends" where the words beside it say what kind of amount it is.
        cites: Numbers of the passages its sentence refers to.
        days: All days its sentence names, in order.
        sides: Which of two opposites it is said to be: gross or net, long-term or short-term.
        edge: "before" or "after" where it is said to begin or to end a span: "began October at".
        header: That of its column.
        joined: Whether it stands in brackets or the like right behind another figure: "$249.72 (-0.03 %)".
        others: Further ways to read it, tried when none of the results says the first.
    """

    figure: Figure
    read: Figure
    sentence: tuple[int, int]
    subject: Subject
    words: frozenset[str]
    measure: str
    dating: Dating
    branch: str
    nouns: tuple[str, ...]
    named: tuple[list[str], list[str], bool]
    told: str = ""
    cites: frozenset[int] = frozenset()
    days: tuple[Days, ...] = ()
    sides: frozenset[str] = frozenset()
    edge: str = ""
    others: tuple[Figure, ...] = ()
    header: str = ""
    joined: bool = False


def agrees(claim: Claim, value: ToolValue, before: ToolValue | None = None) -> bool:
    """Whether a figure states a value; the unit is that of the shelf the value was found on.

    Args:
        claim: What is said of the figure.
        value: The value.
        before: What the figure before it was found to state.
    """
    figure = claim.read
    return (
        figure.states(abs(value.value))
        and sign_agrees(figure, value)
        and (claim.subject.owns(value) or (claim.measure == "correlation" and not value.symbol))
        and _measure_agrees(claim, value)
        and branch_agrees(claim.branch, value)
        and days_agree(claim.dating, value.when, quoted=value.quoted)
        and sides_agree(claim.sides, value.sense.sides)
        and not (claim.edge and value.when.own and not _at_edge(claim, value.when))
        and (_is_meant(claim, value) or _is_of_same(claim, value, before))
    )


def sign_agrees(figure: Figure, value: ToolValue) -> bool:
    """Whether the sign a figure shows, or the words around it give, is the value's."""
    if figure.sign is Sign.MINUS:
        return value.value <= 0
    if figure.sign is Sign.DOWN:
        return value.value <= 0 or value.magnitude
    if figure.sign is Sign.COST:
        return value.value <= 0 or value.magnitude or bool(_COSTS.search(value.key))
    return value.value >= 0 or (figure.sign is Sign.NONE and value.magnitude)


def branch_agrees(said: str, value: ToolValue) -> bool:
    """Whether a value is of the state a figure is said to be of; what is "now" is before a change, and ends a range."""
    held = branch_of(value)
    if said == "now":
        said = "after" if value.key.endswith(("_start", "_end")) else "before"
    return not said or not held or said == held


def branch_of(value: ToolValue) -> str:
    """Whether a value is one before a change or after it."""
    if value.key.endswith(("_before", "_start")):
        return "before"
    return "after" if value.key.endswith(("_after", "_end")) else value.branch


def days_agree(dating: Dating, when: When, *, quoted: bool = False) -> bool:
    """Whether a value is of the days a figure is said to be of; a value without days is of any."""
    if when.own and dating.days:
        return any(days.covers(day) for days in dating.days for day in when.own)
    if when.first and dating.days:
        return any(_range_agrees(days, when, firm=dating.firm and not quoted) for days in dating.days)
    if when.last and dating.firm:
        return any(days.meets(when.last - 4, when.last) for days in dating.days)
    return True


def _at_edge(claim: Claim, when: When) -> bool:
    """Whether a value of a day lies at the end of the days that it is said to begin or to end."""
    for days in claim.dating.days:
        for day in when.own:
            first, last = days.span_at(day)
            if abs(day - (first if claim.edge == "before" else last)) <= _AT_EDGE:
                return True
    return not claim.dating.days


def _range_agrees(days: Days, when: When, *, firm: bool) -> bool:
    """Whether a range is of some days: it has to do with them, or, where they are said firmly, lies mostly in them."""
    if days.is_day or not firm:
        return days.meets(when.first, when.last)
    return days.shared(when.first, when.last) >= _MOSTLY


def _measure_agrees(claim: Claim, value: ToolValue) -> bool:
    if not claim.measure or value.quoted or value.is_count or claim.measure == value.sense.measure:
        return True
    return claim.measure in _LOOSE_MEASURES and not value.sense.measure


def _is_meant(claim: Claim, value: ToolValue) -> bool:
    """Whether the words around a figure fit the value, which they need not where the digits alone leave no doubt."""
    figure = claim.read
    if figure.points and not value.quoted and not _DISTANCE.search(value.path):
        return False
    near = len(value.sense.words & claim.words) + bool(claim.branch and claim.branch == branch_of(value))
    named = claim.subject.is_of(value)
    measured = bool(claim.measure) and claim.measure == value.sense.measure
    if figure.unit is Unit.PLAIN:
        return _counts(claim, value, near, measured=measured, named=named)
    if value.quoted:
        dated = bool(claim.dating.firm and value.when.first)
        return near > 0 or dated or value.citation in claim.cites
    if claim.told and not _TOLD[claim.told].search(value.path if claim.told == "dividends" else value.key):
        return False
    dated = claim.dating.firm and bool(value.when.first or value.when.own) and not value.series
    few = (named or dated) and (figure.digits >= _SURE_DIGITS - 1 or value.label != "" or figure.points)
    return figure.digits >= _SURE_DIGITS or near > 0 or measured or few


def _is_of_same(claim: Claim, value: ToolValue, before: ToolValue | None) -> bool:
    """Whether a figure stands beside another of the same object, which leaves no doubt what it is of."""
    if not claim.joined or before is None or claim.read.unit is Unit.PLAIN or claim.read.points or value.quoted:
        return False
    return (value.call_id, value.scope) == (before.call_id, before.scope)


def _counts(claim: Claim, value: ToolValue, near: int, *, measured: bool, named: bool) -> bool:
    """Whether a bare number may be a value: what it counts must be what the value counts."""
    figure = claim.read
    nouns = value.sense.nouns
    counted = bool(nouns.intersection(claim.nouns))
    if value.is_count:
        return figure.quantum == 1 and counted
    if value.quoted:
        # The word for what is counted is no sign of its own that the same thing is spoken of.
        sure = figure.digits >= _SURE_DIGITS
        same = near > (0 if sure else len(nouns.intersection(claim.nouns))) or value.citation in claim.cites
        return same and (sure or not claim.nouns or counted)
    if value.unit is Unit.MONEY or measured:
        return measured or near > 0 or named
    if figure.quantum == 1 and _COUNTED_NOUNS.intersection(claim.nouns[:2]):
        return bool(nouns.intersection(claim.nouns[:2]))
    if figure.quantum == 1 and figure.value <= _FEW:
        whole = value.value == value.value.to_integral_value()
        return whole and (counted or stem(value.key) in claim.nouns or (named and near > 0))
    return near > 0 or (named and figure.digits > 1)


def rank(claim: Claim, value: ToolValue, *, used: bool = False) -> tuple[float, ...]:
    """How well a value that agrees fits the words, the best highest; one that backs another figure already, less."""
    return (
        claim.subject.is_of(value),
        bool(claim.measure) and claim.measure == value.sense.measure,
        not value.is_count or bool(value.sense.nouns.intersection(claim.nouns)),
        bool(claim.dating.days and value.when.own),
        value.citation in claim.cites,
        len(value.sense.words & claim.words),
        len(value.sense.sides & claim.sides),
        not used,
        not value.symbol,
        not value.quoted,
        not value.series,
        value.key not in _SECONDARY,
        stem(value.key.partition("_")[0]) in claim.words,
        -float(abs(abs(value.value) - claim.read.value)),
        -len(value.path),
    )
