"""Receipts: every figure of an answer is matched to the stored tool result it came from, or marked as unmatched."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from stocktool_chat.domain.agreement import Claim, agrees, rank
from stocktool_chat.domain.claims import Context, read_claims
from stocktool_chat.domain.derivations import Deriver, Piece
from stocktool_chat.domain.evidence import Evidence, EvidenceIndex
from stocktool_chat.domain.figures import Figure, Sign, Unit, find_figures
from stocktool_chat.domain.measures import stem
from stocktool_chat.domain.operations import Derivation
from stocktool_chat.domain.passages import quote_of
from stocktool_chat.domain.sentences import sentence_ends
from stocktool_chat.domain.tool_values import ToolValue
from stocktool_chat.domain.trails import Trail, trail_of


class Status(StrEnum):
    """How a figure stands to the results."""

    MATCHED = "matched"
    DERIVED = "derived"
    UNMATCHED = "unmatched"


@dataclass(frozen=True, slots=True)
class Operand:
    """A value of a computation: its tool call and where it stands in that call's result."""

    call_id: str
    path: str


@dataclass(frozen=True, slots=True)
class Source:
    """The words of a document a figure stands in, as they stand there."""

    document_id: str
    page: int | None
    quote: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """One figure and where it comes from.

    Attributes:
        start: First character of the figure in the text, in code points.
        end: One past the last.
        value: The figure as written.
        status: How it is backed.
        call_id: Tool call, None when unmatched.
        path: JSON path in that call's result; for derived figures the operation with the paths of its operands.
        operation: Of a derived figure, what was computed: "sum", "difference", "percent change", ...
        operands: Of a derived figure, the values it was computed from, in the order of the path.
        source: Of a figure from a document, the words it stands in.
        trail: Of a portfolio's figure, what to ask for its trail.
    """

    start: int
    end: int
    value: str
    status: Status
    call_id: str | None = None
    path: str | None = None
    operation: str = ""
    operands: tuple[Operand, ...] = ()
    source: Source | None = None
    trail: Trail | None = None


def match_receipts(text: str, evidence: Sequence[Evidence], today: date | None = None) -> list[Receipt]:
    """Match the figures of a whole text to results, as `AnswerReader` does."""
    return AnswerReader(evidence, today).receipts(text)


class AnswerReader:
    """Matches the figures of an answer to results while it is being written.

    What is said of a figure stands in its sentence or its table, and what it is computed from in its paragraph. So
    sentences are read as they end and paragraphs derived as they close; after the last word only the last are left.

    Args:
        evidence: Results, the newest last.
        today: The market's day, which "this year" is told from; None where it is not known.
    """

    def __init__(self, evidence: Sequence[Evidence], today: date | None = None) -> None:
        self._index = EvidenceIndex(evidence)
        self._context = Context(self._index, today)
        self._end = 0
        self._paragraph: list[Piece] = []
        self._receipts: list[Receipt] = []

    def read(self, text: str) -> None:
        """Read on in the text so far, as far as sentences have ended."""
        while (at := text.find("\n\n", self._end)) >= 0:
            self._take(text, at + 2)
            self._close()
        self._take(text, _safe_end(text, self._end))

    def receipts(self, text: str) -> list[Receipt]:
        """The receipts of the whole text, once it has ended.

        Returns:
            One for each figure, in the order of the text. Small bare numbers and durations that match nothing are left
            out: "2 things stand out" and "12 months" are no claims.
        """
        self.read(text)
        self._take(text, len(text))
        self._close()
        return self._receipts

    def _take(self, text: str, end: int) -> None:
        if end > self._end:
            lead = text[text.rfind("\n", 0, self._end) + 1 : self._end]
            piece = _piece(self._end, text[self._end : end], lead, self._index, self._context)
            if piece is not None:
                self._paragraph.append(piece)
            self._end = end

    def _close(self) -> None:
        """Derive what the figures of a paragraph that has ended do not state as it stands."""
        derived = Deriver(self._paragraph, self._index).derive()
        for piece in self._paragraph:
            for claim in piece.claims:
                receipt = _receipt(claim, piece, derived.get(claim.figure), self._index)
                if receipt is not None:
                    self._receipts.append(receipt)
        self._paragraph = []


def _safe_end(text: str, start: int) -> int:
    """Where the last sentence ends that more text cannot change; tables are left for when they have ended."""
    table = text.find("|", start)
    limit = len(text) - 1 if table < 0 else text.rfind("\n", start, table) + 1
    return max((end for end in sentence_ends(text, start) if end <= limit), default=start)


def _piece(offset: int, text: str, lead: str, index: EvidenceIndex, context: Context) -> Piece | None:
    """Read some sentences and find what their figures state."""
    figures = find_figures(text)
    if not figures:
        return None
    claims = read_claims(text, figures, context, lead)
    found: dict[Figure, ToolValue | None] = {}
    used: set[tuple[tuple[int, int], str, str]] = set()
    for at, claim in enumerate(claims):
        if claim.read.unit is Unit.DATE:
            continue
        before = found.get(claims[at - 1].figure) if claim.joined else None
        value = _best(index, claim, used, before)
        for read in claim.others if value is None else ():
            value = _best(index, replace(claim, read=read), used, before)
            if value is not None:
                claims[at] = replace(claim, read=read)
                break
        found[claim.figure] = value
        if value is not None:
            used.add((claim.sentence, value.call_id, value.path))
    for at, claim in enumerate(claims):
        if claim.read.unit is Unit.DATE:
            found[claim.figure] = _best_day(index, claim, _beside(claims, found, at))
    return Piece(offset, text, claims, found)


def _receipt(claim: Claim, piece: Piece, derivation: Derivation | None, index: EvidenceIndex) -> Receipt | None:
    figure, value = claim.figure, piece.found[claim.figure]
    span = (piece.offset + figure.start, piece.offset + figure.end)
    if value is not None:
        return _matched(span, figure, value, index)
    if derivation is not None:
        return _derived(span, figure, derivation)
    return None if _is_no_claim(claim) else Receipt(*span, figure.text, Status.UNMATCHED)


def _matched(span: tuple[int, int], figure: Figure, value: ToolValue, index: EvidenceIndex) -> Receipt:
    result = index.result(value.call_id)
    return Receipt(
        *span,
        figure.text,
        Status.DERIVED if value.is_count or value.is_computed else Status.MATCHED,
        value.call_id,
        value.path,
        operation="count" if value.is_count else "",
        operands=(Operand(value.call_id, value.path),) if value.is_count else (),
        source=_source(value, index) if value.quoted else None,
        trail=None if value.quoted else trail_of(value.path, result),
    )


def _derived(span: tuple[int, int], figure: Figure, derivation: Derivation) -> Receipt:
    return Receipt(
        *span,
        figure.text,
        Status.DERIVED,
        derivation.operands[0].call_id,
        derivation.path,
        operation=derivation.operation,
        operands=tuple(Operand(value.call_id, value.path) for value in derivation.operands),
    )


def _source(value: ToolValue, index: EvidenceIndex) -> Source | None:
    """The passage a quoted value stands in, by the path of its text."""
    node: object = index.result(value.call_id)
    for name, place in re.findall(r"\.([A-Za-z_]\w*)|\[(\d+)\]", value.path.rpartition(".")[0]):
        if isinstance(node, dict) and name:
            node = node.get(name)
        elif isinstance(node, list) and place and int(place) < len(node):
            node = node[int(place)]
    if not isinstance(node, dict):
        return None
    document_id, page, text = node.get("document_id"), node.get("page"), node.get(value.key)
    if not isinstance(document_id, str) or not isinstance(text, str):
        return None
    return Source(document_id, page if isinstance(page, int) and page > 0 else None, quote_of(text, value.at))


_CLAIMED = "share position holding transaction trade account lot unit document security stock"
_CLAIMED_NOUNS = frozenset(stem(noun) for noun in _CLAIMED.split())
_SUPERLATIVES = {(stem(word),) for word in ("largest", "biggest", "smallest", "best", "worst", "top", "most")}
_USUAL_SPAN = 100  # "30 days", "12 months" and the like are said of rules; longer spans are measured
_YEAR_LENGTHS = (252, 360, 365, 366)


def _is_no_claim(claim: Claim) -> bool:
    figure = claim.figure
    if claim.read.unit is not Unit.PLAIN or figure.sign in (Sign.MINUS, Sign.PLUS):
        return False
    whole = figure.quantum == 1 and "," not in figure.text
    if figure.duration:
        return figure.value <= _USUAL_SPAN or figure.value in _YEAR_LENGTHS
    claimed = _CLAIMED_NOUNS.intersection(claim.nouns[:2]) or {stem(s) for s in claim.subject.symbols}.intersection(
        claim.nouns[:1]
    )
    titled = figure.text[:1].isalpha() and (figure.text[0].isupper() or claim.nouns[:1] in _SUPERLATIVES)
    return whole and figure.value <= 12 and (titled or not claimed)


def _best(
    index: EvidenceIndex, claim: Claim, used: Set[tuple[tuple[int, int], str, str]], before: ToolValue | None
) -> ToolValue | None:
    if claim.read.unit is Unit.MULTIPLE:
        return None
    best: ToolValue | None = None
    best_rank: tuple[float, ...] = ()
    for value in _candidates(index, claim):
        if agrees(claim, value, before):
            value_rank = rank(claim, value, used=(claim.sentence, value.call_id, value.path) in used)
            if best is None or value_rank > best_rank:
                best, best_rank = value, value_rank
    return best


def _candidates(index: EvidenceIndex, claim: Claim) -> list[ToolValue]:
    figure = claim.read
    slack = float(figure.quantum) / 2
    centre = float(figure.value)
    low, high = centre - slack * (4 if figure.bound else 1), centre + slack * (10 if figure.bound else 1)
    found: list[ToolValue] = []
    for unit, currency in _shelves_of(index, figure):
        found.extend(index.near((unit, currency, False), low, high))
        # A number shown with little precision stands in any long series by chance.
        if figure.digits >= 4 or any(days.is_day for days in claim.dating.days):
            found.extend(index.near((unit, currency, True), low, high))
    return found


def _shelves_of(index: EvidenceIndex, figure: Figure) -> list[tuple[Unit, str]]:
    if figure.unit is Unit.MONEY:
        if not figure.currency:  # of a column that is headed "Price"
            return [(Unit.MONEY, each) for each in sorted(index.currencies)]
        return [(Unit.MONEY, figure.currency), (Unit.MONEY, "")]
    if figure.unit is Unit.PERCENT:
        return [(Unit.PERCENT, "")]
    shelves = [(Unit.PLAIN, "")]
    if figure.quantum <= Decimal("0.01"):
        shelves.append((Unit.PERCENT, ""))
    if figure.scaled:
        shelves.extend((Unit.MONEY, each) for each in sorted(index.currencies) if figure.currency in ("", each))
    return shelves


def _beside(claims: Sequence[Claim], found: Mapping[Figure, ToolValue | None], at: int) -> list[ToolValue]:
    """What the figures of a date's sentence were found to state, the nearest first."""
    claim = claims[at]
    inside = []
    for step in (-1, 1):
        place = at + step
        while 0 <= place < len(claims) and claims[place].sentence == claim.sentence:
            other = claims[place].figure
            value = found.get(other)
            if value is not None and other.days is None:
                gap = claim.figure.start - other.end if step < 0 else other.start - claim.figure.end
                inside.append((gap, value))
            place += step
    inside.sort(key=lambda each: each[0])
    return [value for _, value in inside]


def _best_day(index: EvidenceIndex, claim: Claim, beside: Sequence[ToolValue]) -> ToolValue | None:
    """The date that a phrase means: of the entry whose figures stand beside it, else of whom the sentence speaks."""
    days = claim.read.days
    assert days is not None
    scopes = [(value.call_id, value.scope) for value in beside]
    calls = [value.call_id for value in beside]
    best: ToolValue | None = None
    best_rank: tuple[float, ...] = ()
    for value in index.on(days):
        if claim.subject.owns(value) or not value.symbol:
            value_rank = (
                -scopes.index(scope) if (scope := (value.call_id, value.scope)) in scopes else -len(scopes),
                -calls.index(value.call_id) if value.call_id in calls else -len(calls),
                claim.subject.is_of(value),
                len(value.sense.words & claim.words),
                not value.quoted,
            )
            if best is None or value_rank > best_rank:
                best, best_rank = value, value_rank
    if best is None and not days.is_day and days.first:
        best = index.range_over(days.first, days.last)
    return best
