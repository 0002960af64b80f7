"""Python values in DynamoDB's form, expressions, and errors of AWS as ours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ParamValidationError
from hypothesis import given
from hypothesis import strategies as st
from stocktool_kit.aws.envelopes import s3_events, unwrap_sns
from stocktool_kit.aws.errors import ConditionFailed, TooLarge, from_botocore
from stocktool_kit.aws.table import Attr, Put, Update, is_live
from stocktool_kit.aws.values import from_wire, to_wire
from stocktool_kit.core.errors import InvalidArgument, Kind

numbers = st.decimals(allow_nan=False, allow_infinity=False, places=8, min_value=-(10**20), max_value=10**20)
values = st.recursive(
    st.one_of(st.text(), st.booleans(), st.binary(), numbers),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=1), inner, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(st.text(min_size=1), values, max_size=5))
def test_reading_is_the_inverse_of_writing(item: dict[str, Any]) -> None:
    assert from_wire(to_wire(item)) == item


@pytest.mark.parametrize(
    ("item", "where"),
    [
        ({"price": 1.5}, "price: a float"),
        ({"lots": [{"price": 1.5}]}, r"lots\[0\]\.price: a float"),
        ({"at": datetime(2026, 1, 1, tzinfo=UTC)}, "at: datetime"),
        ({"mixed": {"a", 1}}, "mixed: a set"),
    ],
)
def test_what_has_no_exact_form_is_refused_by_its_path(item: Mapping[str, Any], where: str) -> None:
    with pytest.raises(TypeError, match=where):
        to_wire(item)


@pytest.mark.parametrize("number", [Decimal(1) / 3 * Decimal("1E30") + Decimal("1E-20"), Decimal("NaN")])
def test_numbers_that_would_change_are_refused(number: Decimal) -> None:
    exact = Decimal("1." + "1" * 40) if number.is_finite() else number
    with pytest.raises(ValueError, match="amount"):
        to_wire({"amount": exact})


def test_nothing_and_empty_sets_are_left_out() -> None:
    assert to_wire({"a": None, "b": set(), "c": {"d": None}}) == {"c": {"M": {}}}


def test_names_are_always_behind_placeholders() -> None:
    update = Update(
        {"pk": "a"}, put={"status": "x", "map.size": 1, "gone": None}, condition=Attr("status").eq("y")
    ).parameters()

    assert set(update["ExpressionAttributeNames"].values()) == {"status", "map", "size", "gone"}
    assert "status" not in update["UpdateExpression"]
    assert update["UpdateExpression"].count("REMOVE") == 1
    assert sorted(value["S"] for value in update["ExpressionAttributeValues"].values() if "S" in value) == ["x", "y"]


def test_a_condition_with_a_float_is_refused_too() -> None:
    with pytest.raises(TypeError, match="float"):
        Put({"pk": "a"}, Attr("price").gt(1.5)).parameters()


def test_expiry_is_judged_by_the_reader() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert is_live({}, now)
    assert is_live({"expires_at": Decimal(int(now.timestamp()) + 1)}, now)
    assert not is_live({"expires_at": Decimal(int(now.timestamp()))}, now)


def an_error(code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "PutItem")


@pytest.mark.parametrize(
    ("service", "code", "kind"),
    [
        ("dynamodb", "ProvisionedThroughputExceededException", Kind.RATE_LIMITED),
        ("s3", "SlowDown", Kind.RATE_LIMITED),
        ("dynamodb", "ResourceNotFoundException", Kind.UNAVAILABLE),
        ("secretsmanager", "ResourceNotFoundException", Kind.NOT_FOUND),
        ("secretsmanager", "ResourceExistsException", Kind.ALREADY_EXISTS),
        ("s3", "NoSuchKey", Kind.NOT_FOUND),
        ("sqs", "AWS.SimpleQueueService.NonExistentQueue", Kind.UNAVAILABLE),
        ("dynamodb", "ConditionalCheckFailedException", Kind.CONFLICT),
        ("dynamodb", "TransactionConflictException", Kind.CONFLICT),
        ("sns", "AuthorizationError", Kind.INTERNAL),
        ("dynamodb", "ValidationException", Kind.INTERNAL),
        ("dynamodb", "SomethingNew", Kind.INTERNAL),
    ],
)
def test_codes_of_aws_become_kinds(service: str, code: str, kind: Kind) -> None:
    assert from_botocore(service, "op", an_error(code)).kind is kind


def test_errors_without_an_answer_become_kinds() -> None:
    assert from_botocore("s3", "op", EndpointConnectionError(endpoint_url="http://x")).kind is Kind.UNAVAILABLE
    assert from_botocore("s3", "op", ParamValidationError(report="bad")).kind is Kind.INTERNAL
    assert isinstance(from_botocore("dynamodb", "op", an_error("ValidationException", "Item size too big")), TooLarge)
    assert isinstance(from_botocore("s3", "op", an_error("PreconditionFailed")), ConditionFailed)


def a_record(key: str) -> dict[str, Any]:
    stored = {"key": key, "size": 5, "eTag": '"abc"', "versionId": "v1", "sequencer": "0055"}
    return {"eventName": "ObjectCreated:Post", "s3": {"bucket": {"name": "b"}, "object": stored}}


def test_s3_events_are_found_raw_and_in_sns_envelopes() -> None:
    raw = {"Records": [a_record("docs/usr_1/a+b%2Bc.pdf")]}
    wrapped = {"Type": "Notification", "Message": '{"Records": []}'}

    (event,) = s3_events(raw)

    assert event.key == "docs/usr_1/a b+c.pdf"
    assert (event.bucket, event.version_id, event.size_bytes, event.etag, event.sequencer) == (
        "b",
        "v1",
        5,
        "abc",
        "0055",
    )
    assert s3_events(wrapped) == []
    assert s3_events({"Service": "Amazon S3", "Event": "s3:TestEvent"}) == []


@pytest.mark.parametrize(
    "body",
    [
        {"hello": "world"},
        {"Records": "no"},
        {"Records": [{"s3": {}}]},
        {"Type": "Notification", "Message": "not json"},
        {"Type": "Notification", "Message": "[1]"},
    ],
)
def test_what_is_no_s3_event_is_refused(body: Mapping[str, Any]) -> None:
    with pytest.raises(InvalidArgument):
        s3_events(body)


def test_attributes_come_out_of_the_envelope() -> None:
    attributes = {"kind": {"Type": "String", "Value": "job"}}
    body = {"Type": "Notification", "Message": '{"a": 1}', "MessageAttributes": attributes}
    assert unwrap_sns(body) == ({"a": 1}, {"kind": "job"})
