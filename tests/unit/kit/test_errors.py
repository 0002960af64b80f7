"""The error table is total: every kind has both wire forms, and survives the way over gRPC."""

from __future__ import annotations

import re

import grpc
import orjson
import pytest
from grpc_status import rpc_status
from stocktool_kit.core import errors
from stocktool_kit.core.errors import FieldViolation, InvalidArgument, Kind, RateLimited, StockToolError
from stocktool_kit.http import problem
from stocktool_kit.rpc import status


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_a_class_a_grpc_code_and_an_http_status(kind: Kind) -> None:
    assert errors.BY_KIND[kind].kind is kind
    assert kind in status.CODES
    assert 400 <= problem.STATUS[kind] < 600


def test_kinds_with_different_grpc_codes_stay_apart() -> None:
    assert len(set(status.CODES.values())) == len(Kind)


@pytest.mark.parametrize("kind", list(Kind))
def test_error_is_the_same_on_the_other_side_of_a_call(kind: Kind) -> None:
    sent = errors.rebuilt(
        kind,
        "only 3 shares are held",
        "SHORT_SALE",
        metadata={"symbol": "AAPL"},
        violations=[FieldViolation("/quantity", "must be at most 3")],
        retry_after_seconds=2.5,
    )
    got = status.from_call(_as_raised_by_a_channel(sent))
    assert type(got) is type(sent)
    assert (got.message, got.reason, got.metadata) == (sent.message, sent.reason, sent.metadata)
    assert got.violations == sent.violations
    assert got.retry_after_seconds == 2.5


def test_status_of_a_foreign_server_keeps_its_kind() -> None:
    foreign = grpc.aio.AioRpcError(
        grpc.StatusCode.UNAVAILABLE, grpc.aio.Metadata(), grpc.aio.Metadata(), details="connection refused"
    )
    got = status.from_call(foreign)
    assert (got.kind, got.reason, got.message) == (Kind.UNAVAILABLE, "UNAVAILABLE", "connection refused")


def test_problem_document_names_fields_reason_and_urn() -> None:
    error = InvalidArgument("quantity: must be positive", [FieldViolation("/quantity", "must be positive")], limit=5)
    body = problem.document(error, "/api/stock/v1/x")
    assert body["status"] == 422
    assert re.fullmatch(r"urn:stocktool:problem:[a-z-]+", body["type"])
    assert body["errors"] == [{"pointer": "/quantity", "detail": "must be positive"}]
    assert body["metadata"] == {"limit": "5"}
    assert body["instance"] == "/api/stock/v1/x"


def test_bug_tells_nothing_of_itself() -> None:
    body = orjson.dumps(problem.document(errors.Internal("password=hunter2", table="secret"), "/"))
    assert b"hunter2" not in body
    assert b"secret" not in body


def test_time_to_retry_is_a_whole_second_at_least() -> None:
    response = problem.answer(RateLimited("slow down", retry_after_seconds=0.2), "/")
    assert response.status_code == 429
    assert response.headers["retry-after"] == "1"


def _as_raised_by_a_channel(error: StockToolError) -> grpc.aio.AioRpcError:
    wire = rpc_status.to_status(status.to_status(error))
    return grpc.aio.AioRpcError(
        wire.code, grpc.aio.Metadata(), grpc.aio.Metadata(*wire.trailing_metadata), details=wire.details
    )
