"""State that must survive: the tables and the knowledge bucket."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from constructs import Construct

from stocktool_infra.cdk.environments import Environment

# Prefixes whose new objects start an ingestion; everything else in the bucket is written by services and tells nobody.
NOTIFYING_PREFIXES = ("docs/", "knowledge/")


@dataclass(frozen=True, slots=True)
class TableShape:
    """Keys of one table. All keys are strings and every table expires items by `expires_at`."""

    name: str
    partition_key: str = "pk"
    sort_key: str = "sk"
    index: tuple[str, str, str] | None = None


TABLES = (
    TableShape("stocktool-conversations", "conv_id", "timestamp", ("by_owner", "owner_id", "updated_at")),
    TableShape("stocktool-stock-cache", "symbol", "data_type"),
    TableShape("stocktool-portfolios"),
    TableShape("stocktool-identity"),
    TableShape("stocktool-documents"),
    TableShape("stocktool-audit"),
    TableShape("stocktool-usage"),
    TableShape("stocktool-config"),
)


def construct_id(name: str) -> str:
    """`stocktool-stock-cache` -> `StockCache`."""
    return "".join(part.capitalize() for part in name.removeprefix("stocktool-").split("-"))


def knowledge_bucket_name(environment: Environment) -> str:
    """Bucket names are one namespace for the whole world, so on AWS the name carries the account and the region."""
    return f"stocktool-knowledge-{cdk.Aws.ACCOUNT_ID}-{cdk.Aws.REGION}" if environment.on_aws else "stocktool-knowledge"


class Data(Construct):
    """Tables on demand, encrypted, recoverable to any second of the last 35 days; a versioned, encrypted bucket."""

    def __init__(self, scope: Construct, name: str, environment: Environment, document_events: sns.ITopic) -> None:
        """Declare everything; `document_events` hears of new documents."""
        super().__init__(scope, name)
        self._environment = environment
        self._removal = cdk.RemovalPolicy.RETAIN if environment.on_aws else cdk.RemovalPolicy.DESTROY
        for shape in TABLES:
            self._table(shape)
        self.bucket = self._bucket()
        self._notify(self.bucket, document_events)
        cdk.CfnOutput(self, "KnowledgeBucket", value=self.bucket.bucket_name).override_logical_id("KnowledgeBucket")

    def _table(self, shape: TableShape) -> dynamodb.Table:
        table = dynamodb.Table(
            self,
            construct_id(shape.name),
            table_name=shape.name,
            partition_key=dynamodb.Attribute(name=shape.partition_key, type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name=shape.sort_key, type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute="expires_at",
            deletion_protection=self._environment.on_aws,
            removal_policy=self._removal,
        )
        if shape.index is not None:
            index_name, partition_key, sort_key = shape.index
            table.add_global_secondary_index(
                index_name=index_name,
                partition_key=dynamodb.Attribute(name=partition_key, type=dynamodb.AttributeType.STRING),
                sort_key=dynamodb.Attribute(name=sort_key, type=dynamodb.AttributeType.STRING),
            )
        return table

    def _bucket(self) -> s3.Bucket:
        on_aws = self._environment.on_aws
        return s3.Bucket(
            self,
            "Knowledge",
            bucket_name=knowledge_bucket_name(self._environment),
            versioned=True,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=on_aws,  # the emulator speaks http and would refuse everybody
            server_access_logs_bucket=self._access_logs() if on_aws else None,
            server_access_logs_prefix="knowledge/" if on_aws else None,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="originals-to-archive",
                    prefix="docs/",
                    transitions=[
                        s3.Transition(
                            storage_class=s3.StorageClass.GLACIER_INSTANT_RETRIEVAL,
                            transition_after=cdk.Duration.days(90),
                        )
                    ],
                ),
                s3.LifecycleRule(id="temporary", prefix="tmp/", expiration=cdk.Duration.days(7)),
                # As long as the analyses that wrote them are kept.
                s3.LifecycleRule(id="reports", prefix="reports/", expiration=cdk.Duration.days(90)),
                # Large results of tools, somewhat longer than conversations of that retention last.
                *(
                    s3.LifecycleRule(
                        id=f"turns-{name}",
                        prefix=f"turns/{name}/",
                        expiration=cdk.Duration.days(days),
                        noncurrent_version_expiration=cdk.Duration.days(1),
                    )
                    for name, days in (("day", 3), ("month", 33))
                ),
                s3.LifecycleRule(
                    id="leftovers",
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(7),
                    noncurrent_version_expiration=cdk.Duration.days(90),
                ),
            ],
            removal_policy=self._removal,
        )

    def _access_logs(self) -> s3.Bucket:
        return s3.Bucket(
            self,
            "AccessLogs",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_PREFERRED,
            lifecycle_rules=[s3.LifecycleRule(id="a-quarter", expiration=cdk.Duration.days(90))],
            removal_policy=self._removal,
        )

    @staticmethod
    def _notify(bucket: s3.Bucket, topic: sns.ITopic) -> None:
        # The property of the bucket itself: `add_event_notification` would bring a Lambda-backed custom resource.
        resource = bucket.node.default_child
        assert isinstance(resource, s3.CfnBucket)
        resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            topic_configurations=[
                s3.CfnBucket.TopicConfigurationProperty(
                    event="s3:ObjectCreated:*",
                    topic=topic.topic_arn,
                    filter=s3.CfnBucket.NotificationFilterProperty(
                        s3_key=s3.CfnBucket.S3KeyFilterProperty(
                            rules=[s3.CfnBucket.FilterRuleProperty(name="prefix", value=prefix)]
                        )
                    ),
                )
                for prefix in NOTIFYING_PREFIXES
            ]
        )
