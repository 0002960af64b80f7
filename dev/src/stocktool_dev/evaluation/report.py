"""What a run came to: one document to be kept, and a table to be read."""

from __future__ import annotations

import secrets
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stocktool_dev.evaluation.questions import families
from stocktool_dev.evaluation.run import Outcome
from stocktool_dev.evaluation.scoring import AXES, Answer, Check

_FAILURES = 300  # as many as a report may hold
_TEXT = 1000

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """When and with what a run was made.

    Attributes:
        at: When it began.
        questions: Which set of questions it was, `questions.fingerprint`.
        only: The families that were asked; empty: all.
    """

    at: datetime
    model: str
    commit: str
    questions: str
    only: Sequence[str] = ()


def document(outcomes: Sequence[Outcome], made: Circumstances) -> Document:
    """The report of a run, as the admin service keeps it."""
    answers = [each.answer for outcome in outcomes for each in outcome.scored if each.answer is not None]
    costs = [answer.cost_usd for answer in answers]
    return {
        "id": f"{made.at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}",
        "at": made.at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "model": made.model,
        "commit": made.commit,
        "questions": made.questions,
        "only": list(made.only),
        **_counts(outcomes),
        "seconds": round(sum(outcome.seconds for outcome in outcomes), 1),
        "receipts": {
            status: sum(answer.receipts.get(status, 0) for answer in answers)
            for status in ("matched", "derived", "unmatched")
        },
        "latency": _latency(answers),
        "tokens": {
            "input": sum(answer.input_tokens for answer in answers),
            "output": sum(answer.output_tokens for answer in answers),
        },
        "cost": None
        if not costs or None in costs
        else {"amount": f"{sum(cost for cost in costs if cost is not None):.6f}", "currency": "USD"},
        "families": [
            {"name": name, **_counts([outcome for outcome in outcomes if outcome.case.family == name])}
            for name in families([outcome.case for outcome in outcomes])
        ],
        "failures": list(_failures(outcomes))[:_FAILURES],
    }


def _counts(outcomes: Sequence[Outcome]) -> Document:
    checks = [check for outcome in outcomes for each in outcome.scored for check in each.checks]
    return {
        "cases": len(outcomes),
        "passed": sum(outcome.passed for outcome in outcomes),
        "axes": [_axis(axis, checks) for axis in AXES],
    }


def _axis(axis: str, checks: Iterable[Check]) -> Document:
    own = [check for check in checks if check.axis == axis]
    return {"name": axis, "met": sum(check.met for check in own), "asked": len(own)}


def _latency(answers: Sequence[Answer]) -> Document:
    first = [answer.first_word_ms for answer in answers if answer.first_word_ms is not None]
    whole = [answer.whole_ms for answer in answers]
    return {
        "first_word_p50_ms": _quantile(first, 50),
        "first_word_p95_ms": _quantile(first, 95),
        "whole_p50_ms": _quantile(whole, 50),
        "whole_p95_ms": _quantile(whole, 95),
    }


def _quantile(values: Sequence[float], percent: int) -> float | None:
    if not values:
        return None
    if len(values) == 1:
        return round(values[0], 1)
    return round(statistics.quantiles(values, n=100, method="inclusive")[percent - 1], 1)


def _failures(outcomes: Sequence[Outcome]) -> Iterator[Document]:
    for outcome in outcomes:
        for each in outcome.scored:
            for check in each.checks:
                if not check.met:
                    yield {
                        "case": outcome.case.id,
                        "family": outcome.case.family,
                        "axis": check.axis,
                        "question": _cut(each.ask),
                        "expected": _cut(check.expected),
                        "got": _cut(check.got),
                    }


def share(document: Mapping[str, Any]) -> float:
    """The score: which part of the cases passed whole."""
    cases = int(document["cases"])
    return int(document["passed"]) / cases if cases else 0.0


def lines(document: Mapping[str, Any]) -> Iterator[str]:
    """The table, and below it each failure."""
    yield f"{'family':<16}{'passed':>10}" + "".join(f"{axis:>12}" for axis in AXES)
    for row in [*document["families"], {**document, "name": "total"}]:
        axes = {axis["name"]: axis for axis in row["axes"]}
        passed = f"{row['passed']}/{row['cases']}"
        yield f"{row['name']:<16}{passed:>10}" + "".join(f"{_part(axes[axis]):>12}" for axis in AXES)
    latency, receipts = document["latency"], document["receipts"]
    yield ""
    yield f"score      {share(document):.1%} of {document['cases']} cases, {document['model']} at {document['commit']}"
    told = sum(receipts.values())
    if told:
        sourced = told - receipts["unmatched"]
        yield f"receipts   {sourced / told:.2%} of {told} figures have a source, {receipts['unmatched']} have none"
    if latency["whole_p50_ms"] is not None:
        first = "no word" if latency["first_word_p50_ms"] is None else f"{latency['first_word_p50_ms']:.0f} ms"
        yield f"first word {first} p50, {latency['first_word_p95_ms'] or 0:.0f} ms p95"
        yield f"whole      {latency['whole_p50_ms']:.0f} ms p50, {latency['whole_p95_ms']:.0f} ms p95"
    cost, tokens = document["cost"], document["tokens"]
    price = f"{cost['amount']} {cost['currency']}" if cost else "price not listed"
    yield f"cost       {price}, {tokens['input']:,} tokens read, {tokens['output']:,} written"
    for failure in document["failures"]:
        yield ""
        yield f"FAILED {failure['family']} / {failure['case']}, {failure['axis']}: {failure['question']}"
        yield f"  expected {failure['expected']}"
        yield f"  got      {failure['got']}"


def _part(axis: Mapping[str, Any]) -> str:
    return f"{axis['met']}/{axis['asked']}" if axis["asked"] else "-"


def _cut(text: str) -> str:
    return text if len(text) <= _TEXT else text[: _TEXT - 1] + "…"
