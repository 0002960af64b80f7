"""AWS in tests: clients of an emulator, and tables and queues of a test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson

from stocktool_kit.aio import Limiter
from stocktool_kit.aws.bucket import Bucket
from stocktool_kit.aws.clients import AwsClients, AwsOptions
from stocktool_kit.aws.queue import Queue
from stocktool_kit.aws.table import Table
from stocktool_kit.aws.topic import Topic
from stocktool_kit.core.ids import new_ulid


def emulated(endpoint_url: str, *, threads: int = 8) -> AwsClients:
    """Clients of an emulator at an address."""
    who = "test"  # the emulator's root, by name and by secret
    options = AwsOptions(endpoint_url, region="us-east-1", access_key_id=who, secret_access_key=who)
    return AwsClients(Limiter(threads), options)


@asynccontextmanager
async def own_table(aws: AwsClients, *, partition_key: str = "pk", sort_key: str = "sk") -> AsyncIterator[Table]:
    """A table for one test, with text keys; gone afterwards."""
    name = f"test-{new_ulid()}"
    await aws.call(
        "dynamodb",
        "create_table",
        TableName=name,
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in (partition_key, sort_key)],
        KeySchema=[
            {"AttributeName": partition_key, "KeyType": "HASH"},
            {"AttributeName": sort_key, "KeyType": "RANGE"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    try:
        yield Table(aws, name)
    finally:
        await aws.call("dynamodb", "delete_table", TableName=name)


@asynccontextmanager
async def own_queue(aws: AwsClients, *, max_receive_count: int = 3) -> AsyncIterator[Queue]:
    """A queue with its dead-letter queue for one test; gone afterwards."""
    queue = Queue(aws, f"test-{new_ulid()}")
    dead = queue.dead_letter_queue
    await aws.call("sqs", "create_queue", QueueName=dead.name)
    attributes = await aws.call("sqs", "get_queue_attributes", QueueUrl=await dead.url(), AttributeNames=["QueueArn"])
    redrive = {"deadLetterTargetArn": attributes["Attributes"]["QueueArn"], "maxReceiveCount": max_receive_count}
    await aws.call(
        "sqs", "create_queue", QueueName=queue.name, Attributes={"RedrivePolicy": orjson.dumps(redrive).decode()}
    )
    try:
        yield queue
    finally:
        for each in (queue, dead):
            await aws.call("sqs", "delete_queue", QueueUrl=await each.url())


@asynccontextmanager
async def own_bucket(aws: AwsClients, *, versioned: bool = True) -> AsyncIterator[Bucket]:
    """A bucket for one test; gone afterwards."""
    bucket = Bucket(aws, f"test-{new_ulid()}")
    await aws.call("s3", "create_bucket", Bucket=bucket.name)
    if versioned:
        status = {"Status": "Enabled"}
        await aws.call("s3", "put_bucket_versioning", Bucket=bucket.name, VersioningConfiguration=status)
    try:
        yield bucket
    finally:
        versions = await aws.call("s3", "list_object_versions", Bucket=bucket.name)
        for entry in [*versions.get("Versions", []), *versions.get("DeleteMarkers", [])]:
            await aws.call("s3", "delete_object", Bucket=bucket.name, Key=entry["Key"], VersionId=entry["VersionId"])
        await aws.call("s3", "delete_bucket", Bucket=bucket.name)


@asynccontextmanager
async def own_topic(aws: AwsClients, *subscribers: Queue, raw: bool = True) -> AsyncIterator[Topic]:
    """A topic for one test, with queues subscribed; gone afterwards."""
    arn = (await aws.call("sns", "create_topic", Name=f"test-{new_ulid()}"))["TopicArn"]
    for queue in subscribers:
        url = await queue.url()
        answer = await aws.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["QueueArn"])
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": answer["Attributes"]["QueueArn"],
        }
        policy = orjson.dumps({"Version": "2012-10-17", "Statement": [statement]}).decode()
        await aws.call("sqs", "set_queue_attributes", QueueUrl=url, Attributes={"Policy": policy})
        await aws.call(
            "sns",
            "subscribe",
            TopicArn=arn,
            Protocol="sqs",
            Endpoint=answer["Attributes"]["QueueArn"],
            Attributes={"RawMessageDelivery": "true" if raw else "false"},
        )
    try:
        yield Topic(aws, arn)
    finally:
        await aws.call("sns", "delete_topic", TopicArn=arn)
