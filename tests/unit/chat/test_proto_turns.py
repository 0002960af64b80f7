"""A stored turn as protobuf: what its records hold, and nothing where they hold nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from google.protobuf.json_format import MessageToDict
from stocktool.chat.v1 import chat_service_pb2 as pb
from stocktool_chat.domain.conversation import Turn, TurnState
from stocktool_chat.domain.json_types import JsonObject
from stocktool_chat.domain.retention import Retention
from stocktool_chat.rpc.convert import retention_to_proto, turn_to_proto
from stocktool_chat.rpc.convert_records import to_retention

from tests.factories.chat import a_conversation, an_open_turn, an_owner

DERIVED: JsonObject = {
    "span": [3, 9],
    "value": "$12.00",
    "status": "derived",
    "call_id": "c1",
    "path": "sum($.items[0].gain, $.items[1].gain)",
    "operation": "sum",
    "operands": [{"call_id": "c1", "path": "$.items[0].gain"}, {"call_id": "c1", "path": "$.items[1].gain"}],
    "source": None,
    "trail": {"portfolio_id": "pf_1", "figure": "gain", "query": {"start": "2024-01-01"}},
}
CITED: JsonObject = {
    "span": [20, 24],
    "value": "30",
    "status": "matched",
    "call_id": "c2",
    "path": "$.hits[0].text",
    "source": {"document_id": "doc_1", "page": 3, "quote": "within 30 days", "verified": True, "state": "shown"},
}
UNMATCHED: JsonObject = {"span": [30, 32], "value": "99", "status": "unmatched", "call_id": None, "path": None}


def ended(**summary: object) -> Turn:
    turn, _ = an_open_turn(a_conversation(an_owner(), "Savings"))
    folded: JsonObject = {"text": "...", **summary}  # type: ignore[dict-item]  # a fold is JSON
    return replace(turn, state=TurnState.COMPLETED, summary=folded)


def test_receipts_keep_operation_operands_source_and_trail() -> None:
    derived, cited, unmatched = turn_to_proto(ended(receipts=[DERIVED, CITED, UNMATCHED])).receipts

    assert (derived.operation, [each.path for each in derived.operands]) == (
        "sum",
        ["$.items[0].gain", "$.items[1].gain"],
    )
    assert (derived.trail.figure, dict(derived.trail.query)) == ("gain", {"start": "2024-01-01"})
    assert not derived.HasField("source")
    assert (cited.source.page, cited.source.verified, cited.source.state) == (3, True, pb.QUOTE_STATE_SHOWN)
    assert not cited.HasField("operation")
    assert MessageToDict(unmatched, preserving_proto_field_name=True) == {
        "start": 30,
        "end": 32,
        "value": "99",
        "status": "RECEIPT_STATUS_UNMATCHED",
    }


def test_citations_say_what_became_of_their_quotes() -> None:
    gone: JsonObject = {"index": 1, "document_id": "doc_1", "page": None, "quote": "", "state": "deleted"}
    quoted: JsonObject = {
        "index": 2,
        "document_id": "doc_2",
        "page": 4,
        "quote": "Rent is due monthly.",
        "verified": False,
        "quotations": [{"span": [5, 9], "verified": True}, {"span": [12, 20], "verified": None}],
    }
    first, second = turn_to_proto(ended(citations=[gone, quoted])).citations

    assert (first.state, first.HasField("page"), first.HasField("verified")) == (pb.QUOTE_STATE_DELETED, False, False)
    assert (second.state, second.page, second.verified) == (pb.QUOTE_STATE_SHOWN, 4, False)
    assert [(each.start, each.end, each.HasField("verified")) for each in second.quotations] == [
        (5, 9, True),
        (12, 20, False),
    ]


def test_a_fault_tells_when_to_ask_again_and_who_answered_instead() -> None:
    fault: JsonObject = {"reason": "MODEL_RATE_LIMITED", "detail": "Too many.", "retry_after_seconds": 7.0}
    turn = turn_to_proto(ended(problem=fault, replaced={"model": "spare", "instead_of": "best", "problem": fault}))

    assert (turn.problem.reason, turn.problem.retry_after_seconds) == ("MODEL_RATE_LIMITED", 7.0)
    assert (turn.replaced.model, turn.replaced.instead_of) == ("spare", "best")
    assert turn.replaced.problem == turn.problem


@pytest.mark.parametrize("retention", list(Retention))
def test_retention_goes_there_and_back(retention: Retention) -> None:
    assert to_retention(retention_to_proto(retention)) is retention
