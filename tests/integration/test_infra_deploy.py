"""The committed template, deployed to the emulator, has the properties the design promises."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from stocktool_infra.deploy import DeployFailed, deploy

from tests.conftest import EmulatedAws

TABLES = {
    "stocktool-conversations": ("conv_id", "timestamp"),
    "stocktool-stock-cache": ("symbol", "data_type"),
    "stocktool-portfolios": ("pk", "sk"),
    "stocktool-identity": ("pk", "sk"),
    "stocktool-documents": ("pk", "sk"),
    "stocktool-audit": ("pk", "sk"),
    "stocktool-usage": ("pk", "sk"),
    "stocktool-config": ("pk", "sk"),
}


@pytest.mark.parametrize("name", TABLES)
def test_table_has_its_keys_expires_items_and_can_be_restored(emulator: EmulatedAws, name: str) -> None:
    dynamodb = boto3.client("dynamodb", endpoint_url=emulator.endpoint_url)
    table = dynamodb.describe_table(TableName=name)["Table"]
    assert [key["AttributeName"] for key in table["KeySchema"]] == list(TABLES[name])
    assert table["SSEDescription"]["Status"] == "ENABLED"
    ttl = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
    backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def test_conversations_can_be_listed_by_owner(emulator: EmulatedAws) -> None:
    dynamodb = boto3.client("dynamodb", endpoint_url=emulator.endpoint_url)
    (index,) = dynamodb.describe_table(TableName="stocktool-conversations")["Table"]["GlobalSecondaryIndexes"]
    assert index["IndexName"] == "by_owner"
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["owner_id", "updated_at"]


def test_bucket_is_versioned_encrypted_and_cleans_up(emulator: EmulatedAws) -> None:
    s3 = boto3.client("s3", endpoint_url=emulator.endpoint_url)
    bucket = emulator.outputs["KnowledgeBucket"]
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    encryption = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert encryption[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    rules = {rule["ID"]: rule for rule in s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]}
    assert rules["temporary"]["Expiration"]["Days"] == 7
    assert rules["originals-to-archive"]["Transitions"][0]["StorageClass"] == "GLACIER_IR"


@pytest.mark.parametrize("queue", ["analysis-queue", "ingest-queue", "notify-queue"])
def test_fifth_failure_moves_a_message_to_the_dead_letter_queue(emulator: EmulatedAws, queue: str) -> None:
    sqs = boto3.client("sqs", endpoint_url=emulator.endpoint_url)
    url, dead = emulator.queue_url(queue), emulator.queue_url(f"{queue}-dlq")
    sqs.purge_queue(QueueUrl=url)
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    for _ in range(5):
        (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=2)["Messages"]
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=0)
    (message,) = sqs.receive_message(QueueUrl=dead, WaitTimeSeconds=2)["Messages"]
    assert message["Body"] == "poison"
    sqs.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])


def _receive(sqs: Any, url: str) -> list[dict[str, Any]]:
    found = []
    for message in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=2, MaxNumberOfMessages=10).get("Messages", []):
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        found.append(json.loads(message["Body"]))
    return found


@pytest.mark.parametrize("prefix", ["docs/usr_1/doc_1/", "knowledge/doc_2/"])
def test_new_document_reaches_the_ingest_queue_raw(emulator: EmulatedAws, prefix: str) -> None:
    s3 = boto3.client("s3", endpoint_url=emulator.endpoint_url)
    sqs = boto3.client("sqs", endpoint_url=emulator.endpoint_url)
    bucket, url = emulator.outputs["KnowledgeBucket"], emulator.queue_url("ingest-queue")
    sqs.purge_queue(QueueUrl=url)
    s3.put_object(Bucket=bucket, Key="derived/doc_1/chunks.json", Body=b"{}")
    s3.put_object(Bucket=bucket, Key=f"{prefix}a note.txt", Body=b"hello")
    (event,) = _receive(sqs, url)
    assert event["Records"][0]["s3"]["object"]["key"].startswith(prefix)


def test_notification_reaches_the_notify_queue_raw(emulator: EmulatedAws) -> None:
    sns = boto3.client("sns", endpoint_url=emulator.endpoint_url)
    sqs = boto3.client("sqs", endpoint_url=emulator.endpoint_url)
    url = emulator.queue_url("notify-queue")
    sqs.purge_queue(QueueUrl=url)
    sns.publish(TopicArn=emulator.notifications_topic_arn, Message='{"id": "ntf_1"}')
    assert _receive(sqs, url) == [{"id": "ntf_1"}]


def test_log_groups_keep_a_week(emulator: EmulatedAws) -> None:
    logs = boto3.client("logs", endpoint_url=emulator.endpoint_url)
    groups = logs.describe_log_groups(logGroupNamePrefix="/stocktool/")["logGroups"]
    ours = {group["logGroupName"]: group["retentionInDays"] for group in groups}
    assert {"/stocktool/auth", "/stocktool/stock", "/stocktool/rag", "/stocktool/chat", "/stocktool/admin"} <= set(ours)
    assert set(ours.values()) == {7}


def test_deploying_again_changes_nothing(emulator: EmulatedAws) -> None:
    again = deploy(endpoint_url=emulator.endpoint_url)
    assert not again.changed
    assert again.reconciled == ()
    assert again.outputs == emulator.outputs


def test_property_that_drifted_is_set_again(emulator: EmulatedAws) -> None:
    dynamodb = boto3.client("dynamodb", endpoint_url=emulator.endpoint_url)
    dynamodb.update_time_to_live(
        TableName="stocktool-usage", TimeToLiveSpecification={"Enabled": False, "AttributeName": "expires_at"}
    )
    assert deploy(endpoint_url=emulator.endpoint_url).reconciled == ("stocktool-usage: time to live",)


def test_template_that_cannot_be_made_names_the_resource(emulator: EmulatedAws, tmp_path: Any) -> None:
    template = tmp_path / "broken.json"
    template.write_text(json.dumps({"Resources": {"Oddity": {"Type": "AWS::No::SuchThing", "Properties": {}}}}))
    with pytest.raises(DeployFailed, match="AWS::No::SuchThing"):
        deploy(template, stack="broken", endpoint_url=emulator.endpoint_url)
