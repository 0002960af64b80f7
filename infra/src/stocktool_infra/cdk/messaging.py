"""Queues, topics and log groups: what the services tell each other and the operators."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stocktool_infra.cdk.environments import Environment

# A message is tried five times; the dead ones wait a fortnight for somebody to look.
MAX_RECEIVE_COUNT = 5
QUEUES = ("analysis-queue", "ingest-queue", "notify-queue")
LOGGING_PROCESSES = (
    *("auth", "stock", "rag", "chat", "admin", "edge"),
    *("stock-worker-analysis", "stock-worker-notify", "rag-worker"),
)


def construct_id(name: str) -> str:
    """`ingest-queue` -> `IngestQueue`."""
    return "".join(part.capitalize() for part in name.split("-"))


class Messaging(Construct):
    """Three queues with their dead-letter queues, two topics with their subscriptions, a log group per process."""

    def __init__(self, scope: Construct, name: str, environment: Environment) -> None:
        """Declare everything."""
        super().__init__(scope, name)
        self._environment = environment
        self._key = self._topic_key() if environment.on_aws else None
        self.queues = {name: self._queue(name) for name in QUEUES}
        self.notifications = self._topic("notifications")
        self.document_events = self._topic("document-events")
        self._let_s3_publish(self.document_events)
        for topic, queue in ((self.document_events, "ingest-queue"), (self.notifications, "notify-queue")):
            topic.add_subscription(subscriptions.SqsSubscription(self.queues[queue], raw_message_delivery=True))
        for process in LOGGING_PROCESSES:
            logs.LogGroup(
                self,
                f"{construct_id(process)}Logs",
                log_group_name=f"/stocktool/{process}",
                retention=logs.RetentionDays.ONE_WEEK,
                removal_policy=cdk.RemovalPolicy.DESTROY,
            )

    def _output(self, name: str, value: str) -> None:
        cdk.CfnOutput(self, name, value=value).override_logical_id(name)

    def _queue(self, name: str) -> sqs.Queue:
        dead_letters = sqs.Queue(
            self,
            construct_id(f"{name}-dlq"),
            queue_name=f"{name}-dlq",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=self._environment.on_aws,
            retention_period=cdk.Duration.days(14),
        )
        queue = sqs.Queue(
            self,
            construct_id(name),
            queue_name=name,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=self._environment.on_aws,
            receive_message_wait_time=cdk.Duration.seconds(20),
            visibility_timeout=cdk.Duration.seconds(60),  # consumers extend it while they work
            retention_period=cdk.Duration.days(4),
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=MAX_RECEIVE_COUNT),
        )
        self._output(f"{construct_id(name)}Url", queue.queue_url)
        self._output(f"{construct_id(name)}DlqUrl", dead_letters.queue_url)
        return queue

    def _topic(self, name: str) -> sns.Topic:
        topic = sns.Topic(
            self, construct_id(name), topic_name=name, master_key=self._key, enforce_ssl=self._environment.on_aws
        )
        self._output(f"{construct_id(name)}TopicArn", topic.topic_arn)
        return topic

    def _topic_key(self) -> kms.Key:
        # S3 cannot use the AWS-managed key of SNS, so an encrypted topic that hears of new objects needs its own.
        key = kms.Key(self, "TopicKey", enable_key_rotation=True, description="Encrypts StockTool's topics")
        key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("s3.amazonaws.com")],
                actions=["kms:GenerateDataKey*", "kms:Decrypt"],
                resources=["*"],
                conditions={"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}},
            )
        )
        return key

    @staticmethod
    def _let_s3_publish(topic: sns.Topic) -> None:
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="BucketsOfThisAccount",
                principals=[iam.ServicePrincipal("s3.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}},
            )
        )
