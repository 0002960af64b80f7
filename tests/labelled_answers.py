"""Reads the labelled answers and says of each receipt whether it is right; the marks stand in labelled/README.md."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from stocktool_chat.domain.evidence import Evidence, read_evidence
from stocktool_chat.domain.json_types import Json, JsonObject
from stocktool_chat.domain.receipts import Receipt, Status, match_receipts

FOLDER = Path(__file__).parent / "unit" / "chat" / "labelled"
TODAY = date(2024, 11, 29)
_MARK = re.compile(r"\{([^{}|]+)\|([=~!-][^{}]*)\}")
_STEP = re.compile(r"\.?([A-Za-z_][A-Za-z0-9_]*)|\[(\d+)\]|\['([^']*)'\]")


@dataclass(frozen=True, slots=True)
class Label:
    """What a reader says of a stretch: `=`, `~`, `!` or `-`, and where its value stands."""

    start: int
    end: int
    kind: str
    places: tuple[tuple[str, str], ...]
    operation: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A text, the results of its conversation, and its labels."""

    name: str
    text: str
    results: tuple[str, ...]
    labels: tuple[Label, ...]


@dataclass(slots=True)
class Score:
    """What the receipts of some cases came to; lists say which."""

    cases: int = 0
    backed: int = 0
    right: int = 0
    claimed: int = 0
    bare: int = 0
    unbacked: int = 0
    false: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Right receipts among figures that a result backs."""
        return self.right / self.backed

    @property
    def false_rate(self) -> float:
        """False receipts among those called matched or derived."""
        return len(self.false) / self.claimed

    def line(self, name: str) -> str:
        """The figures in one line."""
        return (
            f"{name}: {self.cases} sentences, {self.backed} figures backed and {self.unbacked} not; recall "
            f"{self.recall:.4f}, false {len(self.false)} of {self.claimed} ({self.false_rate:.4%}); "
            f"unbacked figures not marked {len(self.unseen)}, marks on what is no figure {len(self.strays)}"
        )


def read_cases(path: Path) -> Iterator[Case]:
    """The cases of a file, in order."""
    blocks = re.split(r"(?m)^== ", path.read_text(encoding="utf-8"))[1:]
    for block in blocks:
        head, _, body = block.partition("\n")
        name, _, results = head.partition(" | ")
        marked = "\n".join(line for line in body.strip().split("\n") if not line.startswith("# "))
        text, labels, at = "", [], 0
        for match in _MARK.finditer(marked):
            text += marked[at : match.start()]
            start = len(text)
            text += match[1]
            labels.append(_label(start, len(text), match[2]))
            at = match.end()
        text += marked[at:]
        yield Case(name.strip(), text, tuple(each.strip() for each in results.split(",")), tuple(labels))


def _label(start: int, end: int, mark: str) -> Label:
    kind, rest = mark[0], mark[1:].split()
    operation = rest.pop(0) if kind == "~" else ""
    places = tuple((place.partition(":")[0], place.partition(":")[2]) for place in rest)
    return Label(start, end, kind, places, operation)


@functools.lru_cache
def result(name: str) -> JsonObject:
    """A stored result."""
    stored: dict[str, JsonObject] = json.loads((FOLDER / "results" / f"{name}.json").read_text(encoding="utf-8"))
    return stored["result"]


@functools.lru_cache
def evidence(name: str) -> Evidence:
    """A stored result, read."""
    return read_evidence(name, result(name))


def score(cases: list[Case]) -> Score:
    """Match the receipts of all cases and judge each."""
    total = Score()
    for case in cases:
        total.cases += 1
        receipts = match_receipts(case.text, [evidence(name) for name in case.results], TODAY)
        for label in case.labels:
            over = [found for found in receipts if found.start < label.end and label.start < found.end]
            _judge(case, label, over, total)
        for found in receipts:
            if not any(found.start < label.end and label.start < found.end for label in case.labels):
                total.strays.append(f"{case.name}: {found.value}")
                if found.status is not Status.UNMATCHED:
                    total.claimed += 1
                    total.false.append(f"{case.name}: {found.value} is no figure, got {found.path}")
    return total


def _judge(case: Case, label: Label, over: list[Receipt], total: Score) -> None:
    written = f"{case.name}: {case.text[label.start : label.end]}"
    claims = [found for found in over if found.status is not Status.UNMATCHED]
    total.claimed += len(claims)
    if label.kind in "=~":
        total.backed += 1
        right = [found for found in claims if _is_right(label, found)]
        total.right += bool(right)
        if not right:
            total.missed.append(f"{written}, got {[(each.status.value, each.path) for each in over]}")
        total.false.extend(f"{written}, got {each.path}" for each in claims if each not in right)
        return
    if label.kind == "!":
        total.unbacked += 1
        if not over:
            total.unseen.append(written)
    else:
        total.bare += 1
        total.strays.extend(written for _ in over)
    total.false.extend(f"{written}, got {each.path}" for each in claims)


def _is_right(label: Label, found: Receipt) -> bool:
    assert found.call_id is not None
    assert found.path is not None
    wanted = [_at(call, path) for call, path in label.places if path != "*"]
    if label.kind == "=":
        if found.status is not Status.MATCHED:
            return False
        call, path = label.places[0]
        if path == "*":
            return found.call_id == call and isinstance(_at(found.call_id, found.path), str)
        given = _at(found.call_id, found.path)
        return any(_same(given, each) or _same_month(found.value, given, each) for each in wanted)
    places = [(each.call_id, each.path) for each in found.operands] or [(found.call_id, found.path)]
    given = [_at(call, path) for call, path in places]
    if label.operation not in ("*", found.operation.replace(" ", "_")):
        return False
    return all(any(_same(each, one) for one in wanted) for each in given)


def _same(left: Json, right: Json) -> bool:
    """Whether two places say the same: exactly equal numbers, amounts, days or texts."""
    return _plain(left) == _plain(right)


def _same_month(written: str, left: Json, right: Json) -> bool:
    """Whether a month as written is backed by another day of it."""
    if not re.fullmatch(r"[A-Z][a-z]+(?: \d{4})?", written) or not (isinstance(left, str) and isinstance(right, str)):
        return False
    return left[:7] == right[:7]


def _plain(node: Json) -> object:
    if isinstance(node, Mapping):
        return (Decimal(str(node["amount"])), node["currency"]) if "amount" in node else tuple(node)
    if isinstance(node, bool) or node is None:
        return node
    if isinstance(node, str):
        try:
            return Decimal(node)
        except InvalidOperation:
            try:
                return date.fromisoformat(node[:10])
            except ValueError:
                return node
    return Decimal(str(node)) if isinstance(node, int | float) else repr(node)


def _at(call: str, path: str) -> Json:
    node: Json = result(call)
    for name, place, quoted in _STEP.findall(path.removeprefix("count(").removesuffix(")").removeprefix("$")):
        if place:
            assert isinstance(node, list), f"{call}:{path}"
            node = node[int(place)]
        else:
            assert isinstance(node, Mapping), f"{call}:{path}"
            node = node[name or quoted]
    return node
