"""What tool results offer to the figures of an answer: read once per result, put in order once per answer."""

from __future__ import annotations

import bisect
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from stocktool_chat.domain.dates import Days
from stocktool_chat.domain.figures import Unit
from stocktool_chat.domain.json_types import JsonObject
from stocktool_chat.domain.summaries import names_in
from stocktool_chat.domain.tool_values import ToolValue, values_of

Shelf = tuple[Unit, str, bool]
"""Where a value lies: its unit, its currency, and whether it is one of a series."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One result's values.

    Attributes:
        values: In document order.
        names: Names that stand for symbols: "Apple" for AAPL.
        result: What was read.
        symbols: Instruments that values belong to.
        labels: Slices, accounts and other parts that values belong to.
        shelves: The values by unit, each shelf sorted by magnitude, beside the magnitudes as floats.
        owners: Values by the symbol or label they belong to, lower case labels; what is quoted or counted is left out.
        scopes: Values by the object they stand in.
        fields: Values by their path without places in lists: what a field holds all over a result.
        lists: Those of lists, by unit and currency.
        single: Those of no list, by unit and currency and by path.
        owned_lists: What one owner has in a list, by owner, unit and currency.
        benchmark: What it compares with; empty without one.
        branched: Whether it tells of before and after a change.
    """

    values: Sequence[ToolValue]
    names: dict[str, str]
    result: JsonObject = field(default_factory=dict)
    symbols: frozenset[str] = field(init=False)
    labels: frozenset[str] = field(init=False)
    shelves: dict[Shelf, tuple[list[float], list[ToolValue]]] = field(init=False)
    owners: dict[str, list[ToolValue]] = field(init=False)
    scopes: dict[str, list[ToolValue]] = field(init=False)
    fields: dict[str, list[ToolValue]] = field(init=False)
    lists: dict[tuple[Unit, str], list[list[ToolValue]]] = field(init=False)
    single: dict[tuple[Unit, str], dict[str, ToolValue]] = field(init=False)
    owned_lists: dict[tuple[str, Unit, str], list[list[ToolValue]]] = field(init=False)
    branched: bool = field(init=False)
    benchmark: str = field(init=False)

    def __post_init__(self) -> None:
        grouped: dict[Shelf, list[ToolValue]] = defaultdict(list)
        owners: dict[str, list[ToolValue]] = defaultdict(list)
        scopes: dict[str, list[ToolValue]] = defaultdict(list)
        fields: dict[str, list[ToolValue]] = defaultdict(list)
        for value in self.values:
            grouped[value.unit, value.currency, value.series].append(value)
            if not value.series:
                scopes[value.scope].append(value)
                if not (value.quoted or value.is_count or value.unit is Unit.DATE):
                    owners[value.symbol or value.label.lower()].append(value)
                    fields[_PLACE.sub("[]", value.path)].append(value)
        shelves = {}
        for shelf, values in grouped.items():
            values.sort(key=lambda value: abs(value.value))
            shelves[shelf] = ([float(abs(value.value)) for value in values], values)
        object.__setattr__(self, "shelves", shelves)
        object.__setattr__(self, "owners", dict(owners))
        object.__setattr__(self, "scopes", dict(scopes))
        object.__setattr__(self, "fields", dict(fields))
        self._group(fields)
        object.__setattr__(self, "branched", any(value.branch or value.key.endswith(_ENDS) for value in self.values))
        object.__setattr__(self, "benchmark", _benchmark(self.result))
        object.__setattr__(self, "symbols", frozenset(v.symbol for v in self.values if v.symbol and not v.quoted))
        object.__setattr__(self, "labels", frozenset(value.label for value in self.values if value.label))

    def _group(self, fields: Mapping[str, list[ToolValue]]) -> None:
        lists: dict[tuple[Unit, str], list[list[ToolValue]]] = defaultdict(list)
        single: dict[tuple[Unit, str], dict[str, ToolValue]] = defaultdict(dict)
        owned: dict[tuple[str, Unit, str], list[list[ToolValue]]] = defaultdict(list)
        for path, values in fields.items():
            kind = (values[0].unit, values[0].currency)
            if "[]" not in path:
                single[kind][path] = values[0]
            elif len(values) > 1:
                lists[kind].append(values)
                of_one: dict[str, list[ToolValue]] = defaultdict(list)
                for value in values:
                    of_one[value.symbol or value.label.lower()].append(value)
                for owner, part in of_one.items():
                    owned[owner, *kind].append(part)
        object.__setattr__(self, "lists", dict(lists))
        object.__setattr__(self, "single", dict(single))
        object.__setattr__(self, "owned_lists", dict(owned))


def _benchmark(result: JsonObject) -> str:
    found = result.get("benchmark")
    symbol = found.get("symbol") if isinstance(found, Mapping) else found
    return symbol if isinstance(symbol, str) else ""


_PLACE = re.compile(r"\[\d+\]")
_ENDS = ("_before", "_after", "_start", "_end")
_STARTS = frozenset({"start", "window_start", "first_date"})


class EvidenceIndex:
    """The values of a conversation's results, to be looked up by magnitude, by owner, by object and by day."""

    def __init__(self, evidence: Sequence[Evidence]) -> None:
        self.evidence = evidence
        self.symbols = frozenset[str]().union(*(each.symbols for each in evidence))
        self.labels = frozenset[str]().union(*(each.labels for each in evidence))
        self.benchmarks = {each.benchmark for each in evidence if each.benchmark}
        self.names = {name: symbol for each in evidence for name, symbol in each.names.items()}
        self._by_call = {each.values[0].call_id: each for each in evidence if each.values}
        self._parts: dict[Shelf, list[tuple[list[float], list[ToolValue]]]] = defaultdict(list)
        for each in evidence:
            for shelf, sorted_values in each.shelves.items():
                self._parts[shelf].append(sorted_values)
        # Shelves that every figure is looked up on are made one; series, which few are, stay as they are.
        for shelf, pieces in self._parts.items():
            if len(pieces) > 1 and not shelf[2] and shelf[0] is not Unit.DATE:
                self._parts[shelf] = [_merged(pieces)]
        self._on: dict[Days, list[ToolValue]] = {}

    @property
    def currencies(self) -> frozenset[str]:
        """Currencies of the amounts, series apart."""
        return frozenset(currency for unit, currency, series in self._parts if unit is Unit.MONEY and not series)

    def near(self, shelf: Shelf, low: float, high: float) -> list[ToolValue]:
        """Values of a shelf with a magnitude from low to high, and perhaps some at the very ends beyond."""
        slack = abs(high) * 1e-9
        found: list[ToolValue] = []
        for magnitudes, values in self._parts.get(shelf, ()):
            first = bisect.bisect_left(magnitudes, low - slack)
            last = bisect.bisect_right(magnitudes, high + slack, first)
            if first < last:
                found += values[first:last]
        return found

    def on(self, days: Days) -> Sequence[ToolValue]:
        """The dates that a date phrase means; of a list of days one."""
        if days not in self._on:
            found: dict[tuple[str, str, str, bool, str], ToolValue] = {}
            for ordinals, values in self._parts.get((Unit.DATE, "", False), ()):
                for value in _meant(days, ordinals, values):
                    where = "" if value.key == "dates" else value.scope
                    found.setdefault((value.symbol, value.label, value.key, value.quoted, where), value)
            self._on[days] = list(found.values())
        return self._on[days]

    def range_over(self, first: int, last: int) -> ToolValue | None:
        """The start of a range that holds these days."""
        for _, values in self._parts.get((Unit.DATE, "", False), ()):
            for value in values:
                if value.key in _STARTS and value.when.first <= first and last <= value.when.last:
                    return value
        return None

    def of_scope(self, call_id: str, scope: str) -> Sequence[ToolValue]:
        """The values of one object of a result."""
        found = self._by_call.get(call_id)
        return found.scopes.get(scope, ()) if found else ()

    def of_field(self, value: ToolValue) -> Sequence[ToolValue]:
        """The values of the same field all over a value's result."""
        found = self._by_call.get(value.call_id)
        return found.fields.get(_PLACE.sub("[]", value.path), ()) if found else ()

    def lists(self, unit: Unit, currency: str, owners: Sequence[str]) -> Iterator[Sequence[ToolValue]]:
        """The values of each field of each list, of all its entries or of those of some owners."""
        for each in self.evidence:
            if not owners:
                yield from each.lists.get((unit, currency), ())
            elif len(owners) == 1:
                yield from each.owned_lists.get((owners[0], unit, currency), ())
            else:
                for values in each.lists.get((unit, currency), ()):
                    yield [value for value in values if (value.symbol or value.label.lower()) in owners]

    def repeated(self, unit: Unit, currency: str) -> Iterator[Sequence[ToolValue]]:
        """The values that stand under one path in several results."""
        found: dict[str, list[ToolValue]] = defaultdict(list)
        for each in self.evidence:
            for path, value in each.single.get((unit, currency), {}).items():
                found[path].append(value)
        yield from (values for values in found.values() if len(values) > 1)

    def owned(self, owner: str) -> Iterator[ToolValue]:
        """The values of an instrument by its symbol, of a part by its name, or of neither by the empty name."""
        for each in self.evidence:
            yield from each.owners.get(owner, ())

    def result(self, call_id: str) -> JsonObject:
        """The result of a call."""
        found = self._by_call.get(call_id)
        return found.result if found else {}


def _meant(days: Days, ordinals: Sequence[float], values: Sequence[ToolValue]) -> Iterator[ToolValue]:
    if days.first:
        yield from values[bisect.bisect_left(ordinals, days.first) : bisect.bisect_right(ordinals, days.last)]
        return
    meant = {ordinal for ordinal in set(ordinals) if days.covers(int(ordinal))}
    yield from (value for ordinal, value in zip(ordinals, values, strict=True) if ordinal in meant)


def _merged(pieces: Sequence[tuple[list[float], list[ToolValue]]]) -> tuple[list[float], list[ToolValue]]:
    magnitudes = [magnitude for piece, _ in pieces for magnitude in piece]
    values = [value for _, piece in pieces for value in piece]
    order = sorted(range(len(magnitudes)), key=magnitudes.__getitem__)
    return [magnitudes[at] for at in order], [values[at] for at in order]


def read_evidence(call_id: str, result: JsonObject) -> Evidence:
    """Read a result. Takes some 50 ms for ten years of daily values: not for the event loop."""
    return Evidence(values_of(call_id, result), names_in({call_id: result}), result)
