"""Figures that a text computes from others: its words name the operation, over values it states or names."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from stocktool_chat.domain import operations as op
from stocktool_chat.domain.agreement import Claim, branch_agrees, branch_of, days_agree
from stocktool_chat.domain.evidence import EvidenceIndex
from stocktool_chat.domain.facets import sides_agree
from stocktool_chat.domain.figures import Figure, Sign, Unit
from stocktool_chat.domain.japanese_words import in_english
from stocktool_chat.domain.measures import stem
from stocktool_chat.domain.operations import Derivation, Stated
from stocktool_chat.domain.sentences import Dating
from stocktool_chat.domain.tool_values import ToolValue

_SUM = re.compile(
    r"\b(?:sum|total|together|combined|altogether|overall|in all|adds? up|plus|jointly|both|c[oa]mes? to|between them"
    r"|accounts? for|adding|added together|all)\b",
    re.IGNORECASE,
)
_LESS = (
    r"trail\w*|lag\w*|behind|underperform\w*|below|lower|less|short(?:fall)?|worse|smaller|fewer|fell|down|decline\w*"
    r"|decrease\w*|dropped|lost"
)
_MORE = (
    r"beats?|ahead|outperform\w*|above|higher|more|lead|better|larger|bigger|exceed\w*|excess|rose|up|increase\w*|grew"
    r"|gained|growth|rise"
)
_DIFFERENCE = re.compile(
    rf"\b(?:(?P<less>{_LESS})|(?P<more>{_MORE})|difference|gap|spread|by|points?|change\w*|moved|leaves|net)\b",
    re.IGNORECASE,
)
_CHANGE = re.compile(
    r"\b(?:rose|rise|risen|grew|grown|growth|gained|increase\w*|up|climbed|fell|fall|fallen|drop\w*|decline\w*"
    r"|decrease\w*"
    r"|down|lost|change\w*|jumped|slipped|raised|(?:more|less|higher|lower|larger|smaller|fewer) than|above|below)\b",
    re.IGNORECASE,
)
_SHARE = re.compile(
    r"\b(?:share|portion|fraction|weight|of (?:your|the|its|that|it|all|everything|this)|of [A-Z]|makes? up"
    r"|accounts? for"
    r"|represents?|withheld|kept|came from|comes? from|of everything)\b"
)
_AVERAGE = re.compile(r"\b(?:average|averaged|mean|on average)\b", re.IGNORECASE)
_EACH = re.compile(r"\b(?:per share|a share|each|apiece|per unit|avg|average)\b", re.IGNORECASE)
_REST = re.compile(r"\b(?:rest|other|remaining|remainder|remains|left)\b", re.IGNORECASE)
_YEARLY = re.compile(r"\b(?:annuali[sz]ed|a year|per year|yearly|per annum)\b", re.IGNORECASE)
_PRODUCT = re.compile(
    r"\b(?:worth|comes? to|makes?|total\w*|costs?|for|value|paid|(?:that|which) is|on your|gives?)\b", re.IGNORECASE
)
_WHOLE_WORDS = "everything portfolio whole overall altogether own total"
_WHOLE = frozenset(stem(word) for word in _WHOLE_WORDS.split())
_THAN_YOU = re.compile(
    r"\b(?:than|ahead of|behind|above|below|over|beats?|trail(?:s|ed)|lag(?:s|ged)|(?:out|under)perform(?:s|ed))"
    r" (?:you|your|the portfolio)\b",
    re.IGNORECASE,
)
_PLACE = re.compile(r"\[\d+\]|\['[^']*'\]")
_MOST_OPERANDS = 12
_CLOSE = 240  # characters within which what is stated of others than those who are named may be meant
_SURE_DIGITS = 5  # a sum of so many digits needs no word for it
_MOST_COMPARED = 3
_MOST_SUMMED = 60
_BESIDE = 4  # characters to a word that stands right behind a figure
_MADE_WORDS = "made make gain gained profit lost loss return returned earned above below"
_MADE = frozenset(stem(word) for word in _MADE_WORDS.split())
_OF = re.compile(
    r"\bof (?:(?:your|the|all|its|this|that|year's|total|whole|entire|realised|unrealised|gross)\s+)*([a-z]+)"
)
_PAIRS = (("value_start", "value_end"), ("previous_close", "price"))
_PRICES = frozenset({"price", "close", "previous_close", "amount", "change"})
_COUNTS = frozenset({"quantity", "payments"})
_RETURNS = re.compile(r"(?:^|_)(?:twr|xirr|irr|return|mwr|dietz|cagr|fraction|contribution)(?:_|$)")
_BY = re.compile(r"\bby\s+[*_]*$")
_TIMES = stem("times")
_TIMES_SIGNS = ("x", "\u00d7")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some sentences of a paragraph, read.

    Attributes:
        offset: Where it begins in the whole text.
        text: Its characters.
        claims: Its figures with what is said of them, in order.
        found: What each of them states; None where no single value says it.
    """

    offset: int
    text: str
    claims: Sequence[Claim]
    found: Mapping[Figure, ToolValue | None]


@dataclass(frozen=True, slots=True)
class _Task:
    """A figure to derive, with the operations its sentence names."""

    claim: Claim
    figure: Figure
    at: int
    owners: tuple[str, ...]
    side: int
    adds: bool
    compares: bool
    changes: bool
    shares: bool
    sentence: str

    @property
    def owner(self) -> str:
        """Whose the figure is, of those the sentence names; empty for the portfolio."""
        subject = self.claim.subject
        mine = [each for each in self.owners if each in subject.symbols or each in subject.labels]
        if mine or subject.of_whole:
            return mine[0] if mine else ""
        return self.owners[0] if self.owners else ""

    @property
    def is_multiple(self) -> bool:
        return self.figure.unit in (Unit.MULTIPLE, Unit.PLAIN)

    @property
    def is_rate(self) -> bool:
        """Whether the figure is a percent, and not a distance between two."""
        return self.figure.unit is Unit.PERCENT and not self.figure.points

    def shows(self, value: Decimal) -> bool:
        """Whether an outcome rounds to what is shown; asked before an operation is put together."""
        return self.figure.states(abs(value))

    def like(self, each: Stated) -> bool:
        return op.kind_of(each) == (self.figure.unit, self.figure.currency)

    def fits(self, value: ToolValue) -> bool:
        claim = self.claim
        return (
            days_agree(claim.dating, value.when)
            and sides_agree(claim.sides, value.sense.sides)
            and branch_agrees(claim.branch, value)
        )


class Deriver:
    """Finds the operations a paragraph states: over values its figures state nearby, or over those its words name."""

    def __init__(self, pieces: Sequence[Piece], index: EvidenceIndex) -> None:
        self._pieces = pieces
        self._index = index
        self._stated: list[tuple[int, Stated]] = [
            (piece.offset + claim.figure.start, value)
            for piece in pieces
            for claim in piece.claims
            if (value := piece.found[claim.figure]) is not None and value.unit is not Unit.DATE
        ]

    def derive(self) -> dict[Figure, Derivation]:
        """Derive what can be: what one figure came to, the next may be computed from."""
        derived: dict[Figure, Derivation] = {}
        tasks = [
            task
            for piece in self._pieces
            for claim in piece.claims
            if piece.found[claim.figure] is None and (task := _task(claim, piece)) is not None
        ]
        for _ in range(2):
            before = len(derived)
            for task in tasks:
                if task.claim.figure not in derived:
                    found = next(self._found(task), None)
                    if found is not None:
                        derived[task.claim.figure] = found
                        self._stated.append((task.at, found))
            if len(derived) == before:
                break
        return derived

    def _found(self, task: _Task) -> Iterator[Derivation]:
        near = self._near(task)
        for proposed in itertools.chain(_of_stated(task, near, self._index), self._of_named(task, near)):
            places = {(value.call_id, value.path, value.value) for value in proposed.operands}
            if _states(task.figure, proposed) and len(places) == len(proposed.operands):
                yield proposed

    def _near(self, task: _Task) -> list[Stated]:
        """What is stated in the same paragraph, the nearest first; farther off only of those who are named."""
        inside = []
        for place, stated in self._stated:
            gap = abs(place - task.at)
            symbol = "" if isinstance(stated, Derivation) else stated.symbol
            if gap and (gap <= _CLOSE or not task.owners or not symbol or symbol in task.owners):
                inside.append((gap, stated))
        inside.sort(key=lambda each: each[0])
        return [stated for _, stated in inside[:_MOST_OPERANDS]]

    def _of_named(self, task: _Task, near: Sequence[Stated]) -> Iterator[Derivation]:
        yield from self._over_owners(task)
        if task.adds or task.figure.digits > _SURE_DIGITS:
            yield from self._over_fields(task)
        if task.compares:
            yield from self._against_portfolio(task)
            yield from self._over_days(task)
        if task.figure.unit is Unit.MULTIPLE:
            yield from self._multiples(task)
        if task.changes or task.compares:
            yield from self._changes(task)
            yield from self._since_previous(task, near)
        if task.shares:
            yield from self._shares(task, near)
        if task.is_rate:
            yield from self._on_cost(task)
        if task.figure.unit is Unit.MONEY and _EACH.search(task.sentence):
            yield from self._per_unit(task)
        if task.is_rate and _YEARLY.search(task.sentence):
            yield from self._annualised(task)
        if task.changes:
            yield from self._quoted_changes(task, near)

    def _over_owners(self, task: _Task) -> Iterator[Derivation]:
        """Sums, differences and ratios of one field over those the sentence names."""
        adding = len(task.owners) > 1 and (task.adds or task.figure.digits > _SURE_DIGITS)
        comparing = task.compares and len(task.owners) <= _MOST_COMPARED
        if len(task.owners) < 2 or not (adding or comparing or task.is_multiple):
            return
        tables = [self._by_field(task, owner) for owner in task.owners]
        if adding:
            for field in tables[0]:
                if all(field in table for table in tables):
                    yield from op.sums([table[field] for table in tables], of_all=True)
        for left, right in itertools.combinations(tables, 2):
            for field, value in left.items():
                other = right.get(field)
                if other is None or not _compared(task.claim, value):
                    continue
                if comparing and task.like(value):
                    yield from op.distance(value, other, task.side)
                if task.is_multiple and other.value != 0 and value.value != 0:
                    yield op.ratio(value, other)

    def _over_fields(self, task: _Task) -> Iterator[Derivation]:
        """The sum of a field all over a list, or of the same figure of several results: "both years together"."""
        for values in self._index.lists(task.figure.unit, task.figure.currency, task.owners):
            if values and len(values) <= _MOST_SUMMED and values[0].sense.words & task.claim.words:
                yield from op.sums([value for value in values if task.fits(value)], of_all=True)
        for values in () if task.owners else self._index.repeated(task.figure.unit, task.figure.currency):
            if len(values) <= _MOST_COMPARED and values[0].sense.words & task.claim.words:
                yield from op.sums(values, of_all=True)

    def _since_previous(self, task: _Task, near: Sequence[Stated]) -> Iterator[Derivation]:
        """The change to what is stated from the entry before it in its list: "raised by 8.7 % to $1.25"."""
        for last in near:
            if isinstance(last, Derivation) or last.quoted or not last.when.own or last.unit is not Unit.MONEY:
                continue
            earlier = [
                each
                for each in self._index.of_field(last)
                if each.symbol == last.symbol
                and each.label == last.label
                and each.when.own
                and each.when.own[0] < last.when.own[0]
            ]
            if not earlier:
                continue
            first = max(earlier, key=lambda each: each.when.own[0])
            if (last.value < first.value) == (task.side < 0):
                if task.is_rate and first.value > 0:
                    yield op.percent_change(first, last)
                elif task.like(last):
                    yield from op.distance(last, first, 0)

    def _on_cost(self, task: _Task) -> Iterator[Derivation]:
        """What a sale or a position made, as a part of what it cost."""
        if not task.claim.words & _MADE:
            return
        for value in self._index.owned(task.owner):
            if value.key in ("gain", "unrealised") and task.fits(value):
                for cost in self._index.of_scope(value.call_id, value.scope):
                    if cost.key in ("cost", "cost_basis") and cost.value > 0 and (value.value < 0) == (task.side < 0):
                        yield op.share(value, cost)

    def _by_field(self, task: _Task, owner: str) -> dict[tuple[str, str], ToolValue]:
        """An owner's values by call and field, of the days and the state the claim is of."""
        fields: dict[tuple[str, str], ToolValue] = {}
        for value in self._index.owned(owner):
            if task.fits(value):
                general = _PLACE.sub("[]", value.path.replace(f".{owner}", "[]"))
                fields.setdefault((value.call_id, general), value)
        return fields

    def _against_portfolio(self, task: _Task) -> Iterator[Derivation]:
        """The distance of the portfolio's return from that of the one the sentence names."""
        if len(task.owners) != 1:
            return
        # "SPY returned 28 %, 1.3 points more than you": then it is SPY that has more.
        side = -task.side if _THAN_YOU.search(task.sentence) else task.side
        for value in self._index.owned(task.owners[0]):
            if task.like(value) and _RETURNS.search(value.key) and task.fits(value):
                for whole in self._index.owned(""):
                    if (whole.key, whole.call_id) == (value.key, value.call_id) and task.fits(whole):
                        yield from op.distance(whole, value, side)

    def _over_days(self, task: _Task) -> Iterator[Derivation]:
        """The distance of one figure's values of the two times the sentence names."""
        if task.owners or len(task.claim.days) != 2:
            return
        first, second = (Dating((days,), firm=True) for days in task.claim.days)
        for left in self._index.owned(""):
            if not (task.like(left) and left.when.first and left.sense.words & task.claim.words):
                continue
            if days_agree(first, left.when):
                for right in self._index.owned(""):
                    if right.path == left.path and right.call_id != left.call_id and days_agree(second, right.when):
                        yield from op.distance(left, right, task.side)

    def _multiples(self, task: _Task) -> Iterator[Derivation]:
        """ "Doubled": value over cost, or one and the return."""
        values = [value for value in self._index.owned(task.owner) if task.fits(value)]
        for value in values:
            if value.key == "market_value":
                for cost in self._index.of_scope(value.call_id, value.scope):
                    if cost.key == "cost_basis" and cost.value > 0:
                        yield op.ratio(value, cost)
        for value in values:
            if value.unit is Unit.PERCENT and _RETURNS.search(value.key) and value.key != "contribution":
                yield op.growth(value)

    def _changes(self, task: _Task) -> Iterator[Derivation]:
        """What a value came to between the two ends a result gives, as difference or as percent."""
        for first, last in self._ends(task):
            if task.is_rate and first.unit is Unit.MONEY and first.value > 0:
                if (last.value < first.value) == (task.side < 0):
                    yield op.percent_change(first, last)
            elif task.like(first) and (last.value < first.value) == (task.side < 0):
                yield from op.distance(last, first, 0)

    def _ends(self, task: _Task) -> Iterator[tuple[ToolValue, ToolValue]]:
        values = list(self._index.owned(task.owner))
        for value in values:
            if not task.claim.words & value.sense.words or not days_agree(task.claim.dating, value.when):
                continue
            first_key = next((first for first, last in _PAIRS if last == value.key), None)
            if first_key is not None:
                beside = self._index.of_scope(value.call_id, value.scope)
                yield from ((each, value) for each in beside if each.key == first_key and each.symbol == value.symbol)
            elif branch_of(value) == "after":
                before = value.path.replace(".after.", ".before.").replace("_after", "_before")
                yield from ((each, value) for each in values if (each.path, each.call_id) == (before, value.call_id))

    def _shares(self, task: _Task, near: Sequence[Stated]) -> Iterator[Derivation]:
        """A part the words name, or state, of a whole the words name."""
        wholes = [
            value
            for value in self._index.owned("")
            if value.unit is Unit.MONEY
            and value.value > 0
            and (_called(task.claim, value) or (value.key == "total" and task.claim.words & _WHOLE))
        ]
        for whole in wholes:
            yield from (
                op.share(part, whole) for part in near if _is_part(part, whole) and task.shows(part.value / whole.value)
            )
        named_so = {stem(noun) for noun in _OF.findall(task.sentence)}
        for part in near:
            if isinstance(part, ToolValue) and part.unit is Unit.MONEY and not part.quoted:
                for whole in self._index.of_scope(part.call_id, part.scope):
                    if (
                        whole.sense.words & named_so
                        and whole.key != part.key
                        and _is_part(part, whole)
                        and whole.value > 0
                    ):
                        yield op.share(part, whole)
        for whole in wholes:
            beside = self._index.of_scope(whole.call_id, whole.scope)
            named = (each for each in beside if each.key != whole.key and _called(task.claim, each))
            yield from (op.share(part, whole) for part in named if _is_part(part, whole))
        yield from self._shares_of_owner(task)

    def _shares_of_owner(self, task: _Task) -> Iterator[Derivation]:
        """What the one who is named has of a field the whole has too: JPM's dividends of all dividends."""
        if len(task.owners) != 1:
            return
        wholes = [value for value in self._index.owned("") if value.unit is Unit.MONEY and value.value > 0]
        for part in self._index.owned(task.owners[0]):
            if part.unit is Unit.MONEY and part.sense.words & task.claim.words and task.fits(part):
                tail = _tail(part.path)
                for whole in wholes:
                    if whole.call_id == part.call_id and _tail(whole.path) == tail and _is_part(part, whole):
                        yield op.share(part, whole)

    def _per_unit(self, task: _Task) -> Iterator[Derivation]:
        for value in self._index.owned(task.owner):
            if value.unit is Unit.MONEY and task.fits(value):
                beside = self._index.of_scope(value.call_id, value.scope)
                yield from (op.per_unit(value, each) for each in beside if each.key in _COUNTS and each.value > 0)

    def _annualised(self, task: _Task) -> Iterator[Derivation]:
        for value in self._index.owned(task.owner):
            if value.unit is Unit.PERCENT and _RETURNS.search(value.key) and value.when.first and task.fits(value):
                days = value.when.last - value.when.first
                if days > 0 and value.value > -1:
                    yield op.annualised(value, days)

    def _quoted_changes(self, task: _Task, near: Sequence[Stated]) -> Iterator[Derivation]:
        """A change to what is quoted from another figure of the same passage."""
        for last in near:
            if isinstance(last, Derivation) or not last.quoted or last.unit not in (Unit.MONEY, Unit.PLAIN):
                continue
            for first in self._index.of_scope(last.call_id, last.scope):
                alike = (first.unit, first.currency, first.at) == (last.unit, last.currency, last.at)
                if alike and first.value > 0 and first.value != last.value:
                    if task.is_rate:
                        yield op.percent_change(first, last)
                    elif task.like(last) and (last.value < first.value) == (task.side < 0):
                        yield from op.distance(last, first, 0)


def _task(claim: Claim, piece: Piece) -> _Task | None:
    figure = claim.read
    if figure.unit is Unit.DATE:
        return None
    if figure.unit is Unit.PLAIN and not _is_computed(claim, piece.text):
        return None
    sentence = piece.text[slice(*claim.sentence)]
    sentence = f"{claim.header} {sentence} {in_english(sentence)}"
    owners = (*claim.named[0], *claim.named[1])
    words = [match for match in _DIFFERENCE.finditer(sentence) if match["less"] or match["more"]]
    end = claim.figure.end - claim.sentence[0] + len(claim.header) + 1
    behind = next((match for match in words if end <= match.start() <= end + _BESIDE), None)
    told = behind or (words[0] if words else None)
    side = 0 if told is None else -1 if told["less"] else 1
    return _Task(
        claim=claim,
        figure=figure,
        at=piece.offset + figure.start,
        owners=owners,
        side=-1 if figure.sign in (Sign.DOWN, Sign.MINUS) else side,
        adds=bool(_SUM.search(sentence)),
        compares=bool(words) or bool(_DIFFERENCE.search(sentence)),
        changes=bool(_CHANGE.search(sentence)),
        shares=figure.unit is Unit.PERCENT and not figure.points and bool(_SHARE.search(sentence)),
        sentence=sentence,
    )


def _is_computed(claim: Claim, text: str) -> bool:
    """Whether a bare number is said to come of others: "four times", "2.5x", "rose by 94"."""
    if _TIMES in claim.nouns or claim.figure.text.endswith(_TIMES_SIGNS):
        return True
    return claim.figure.digits > 1 and bool(_BY.search(text, max(0, claim.figure.start - 8), claim.figure.start))


def _of_stated(task: _Task, near: Sequence[Stated], index: EvidenceIndex) -> Iterator[Derivation]:
    """Operations over what the figures nearby state."""
    same = [each for each in near if task.like(each)]
    if task.adds:
        yield from op.sums(same)
    if _AVERAGE.search(task.sentence):
        yield from op.averages(same)
    if task.is_rate and _REST.search(task.sentence):
        yield from (op.rest(each) for each in same if isinstance(each, ToolValue) and not each.quoted)
    if task.compares:
        pairs = itertools.permutations(same, 2)
        yield from (
            op.difference(*pair)
            for pair in pairs
            if pair[0].value >= pair[1].value and not op.same_place(*pair) and _goes(task, *pair)
        )
    yield from _relations(task, near)
    if task.figure.unit is Unit.MONEY and _PRODUCT.search(task.sentence):
        counts = [each for each in near if isinstance(each, ToolValue) and each.key == "quantity"]
        prices = [each for each in same if isinstance(each, ToolValue) and each.key in _PRICES]
        for count, price in itertools.product(counts, prices):
            if count.symbol == price.symbol and (price.key != "price" or "kind_cost" not in task.claim.sides):
                yield op.product(count, price)
        for count in counts:
            beside = index.of_scope(count.call_id, count.scope)
            if "kind_cost" in task.claim.sides and any(each.key == "market_value" for each in beside):
                continue  # what it is worth is not what it cost
            yield from (op.product(count, each) for each in beside if each.key == "price" and task.like(each))


def _goes(task: _Task, larger: Stated, smaller: Stated) -> bool:
    """Whether what came of a value went the way the figure says: "$2 below the previous close"."""
    if (
        task.figure.sign not in (Sign.DOWN, Sign.UP)
        or isinstance(larger, Derivation)
        or isinstance(smaller, Derivation)
    ):
        return True
    first, last = (larger, smaller) if task.figure.sign is Sign.DOWN else (smaller, larger)
    return (last.key, first.key) not in _PAIRS


def _relations(task: _Task, near: Sequence[Stated]) -> Iterator[Derivation]:
    """Ratios, changes and shares of two values stated nearby."""
    if not (task.is_multiple or (task.is_rate and (task.changes or task.shares))):
        return
    parts = near if task.is_multiple else [each for each in near if each.unit is Unit.MONEY]
    for left, right in itertools.permutations(parts, 2):
        if op.kind_of(left) != op.kind_of(right) or right.value == 0:
            continue
        if task.is_multiple:
            if _comparable(left, right):
                yield op.ratio(left, right)
        elif left.unit is Unit.MONEY:
            if (
                task.changes
                and _comparable(left, right)
                and (not task.side or (left.value < right.value) == (task.side < 0))
            ):
                yield op.percent_change(right, left)
            if task.shares and _is_part(left, right) and task.shows(left.value / right.value):
                yield op.share(left, right)


def _tail(path: str) -> str:
    """The names a path ends with below its last list; of a whole, below its first name where that only says "total"."""
    return path.rpartition("]")[2].lstrip(".").removeprefix("$.").removeprefix("total.")


def _is_part(part: Stated, whole: Stated) -> bool:
    return op.kind_of(part) == op.kind_of(whole) and abs(part.value) < abs(whole.value)


def _comparable(left: Stated, right: Stated) -> bool:
    """Whether two values are of one kind, so that one may have become the other."""
    if isinstance(left, Derivation) or isinstance(right, Derivation) or op.same_place(left, right):
        return False
    if left.quoted or right.quoted:
        return left.quoted and right.quoted and left.scope == right.scope
    keys = {left.key, right.key}
    paired = len(keys) == 1 or keys == {"market_value", "cost_basis"} or any(keys == set(pair) for pair in _PAIRS)
    return paired or left.sense.measure == right.sense.measure != ""


def _compared(claim: Claim, value: ToolValue) -> bool:
    if claim.measure:
        return claim.measure == value.sense.measure
    return bool(_RETURNS.search(value.key) and value.unit is Unit.PERCENT) or bool(value.sense.words & claim.words)


def _called(claim: Claim, value: ToolValue) -> bool:
    """Whether the sentence uses the very name of a field."""
    return stem(value.key.partition("_")[0]) in claim.words


def _states(figure: Figure, derivation: Derivation) -> bool:
    if derivation.unit is Unit.MULTIPLE:
        if figure.unit not in (Unit.MULTIPLE, Unit.PLAIN):
            return False
    elif op.kind_of(derivation) != (figure.unit, figure.currency):
        return False
    signed = figure.sign in (Sign.MINUS, Sign.PLUS) and derivation.operation != "difference"
    if signed and (derivation.value < 0) != (figure.sign is Sign.MINUS):
        return False
    return figure.states(abs(derivation.value))
