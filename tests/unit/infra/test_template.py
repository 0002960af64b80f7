"""The committed local template holds what the design promises; the integration tests prove that it is made."""

from __future__ import annotations

import json
from typing import Any

import pytest
from stocktool_infra.deploy import local_template


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(local_template().read_text())["Resources"]
    return loaded


def of_type(resources: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [resource["Properties"] for resource in resources.values() if resource["Type"] == kind]


def test_every_table_expires_is_encrypted_and_recoverable(resources: dict[str, Any]) -> None:
    tables = of_type(resources, "AWS::DynamoDB::Table")
    assert len(tables) == 8
    for table in tables:
        assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
        assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
        assert table["SSESpecification"]["SSEEnabled"] is True
        assert table["BillingMode"] == "PAY_PER_REQUEST"


def test_queues_try_five_times(resources: dict[str, Any]) -> None:
    queues = {queue["QueueName"]: queue for queue in of_type(resources, "AWS::SQS::Queue")}
    assert set(queues) == {
        *(f"{name}-queue{end}" for name in ("analysis", "ingest", "notify") for end in ("", "-dlq")),
        "stocktool-stock-updater-dlq",  # of a schedule, which no queue feeds
    }
    for name, queue in queues.items():
        if not name.endswith("-dlq"):
            assert queue["RedrivePolicy"]["maxReceiveCount"] == 5


def test_only_documents_and_published_knowledge_notify(resources: dict[str, Any]) -> None:
    (bucket,) = of_type(resources, "AWS::S3::Bucket")
    rules = [each["Filter"]["S3Key"]["Rules"] for each in bucket["NotificationConfiguration"]["TopicConfigurations"]]
    assert rules == [[{"Name": "prefix", "Value": "docs/"}], [{"Name": "prefix", "Value": "knowledge/"}]]


def test_local_resources_go_with_the_stack(resources: dict[str, Any]) -> None:
    assert {resource.get("DeletionPolicy", "Delete") for resource in resources.values()} == {"Delete"}
