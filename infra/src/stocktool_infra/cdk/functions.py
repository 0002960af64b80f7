"""Functions that a schedule starts: `stock-updater`, which refreshes market data before anybody asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as functions
from aws_cdk import aws_logs as logs
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stocktool_infra import updater
from stocktool_infra.cdk.environments import Environment

_TIMEOUT = cdk.Duration.minutes(10)
_MEMORY_MB = 1024
_READ = ("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query")
_WRITE = (
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:ConditionCheckItem",
)


class StockUpdater(Construct):
    """One function with a role of its own, started by the hour; a start that failed thrice is kept in a queue."""

    def __init__(self, scope: Construct, name: str, environment: Environment, *, bucket_name: str) -> None:
        """Declare everything; tables are known by name, the bucket is `bucket_name`."""
        super().__init__(scope, name)
        self._bucket_name = bucket_name
        log_group = logs.LogGroup(
            self,
            "Logs",
            log_group_name=f"/aws/lambda/{updater.FUNCTION}",
            retention=logs.RetentionDays.ONE_WEEK,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        role = self._role(log_group, environment)
        self.function = (
            self._from_image(role, log_group) if environment.on_aws else self._from_checkout(role, log_group)
        )
        self._schedule(environment)

    def _parameter(self, name: str, description: str, default: str | None = None, **more: Any) -> cdk.CfnParameter:
        parameter = cdk.CfnParameter(self, name, description=description, default=default, **more)
        parameter.override_logical_id(name)
        return parameter

    def _from_image(self, role: iam.Role, log_group: logs.LogGroup) -> functions.Function:
        """The stock service's image with another entry point: its packages are beyond what a zip may hold (250 MB)."""
        repository = self._parameter(
            "StockImageRepository", "ECR repository of the stock service's image", "stocktool-stock"
        )
        tag = self._parameter("StockImageTag", "Tag or digest (sha256:...) of the image the updater runs")
        auth = self._parameter("AuthAddress", "gRPC target of the auth service, as the service has it", "auth:9000")
        providers = self._parameter("MarketProviders", "Market data providers in order", "yahoo,archive")
        return functions.DockerImageFunction(
            self,
            "Function",
            function_name=updater.FUNCTION,
            description="Refreshes watched symbols, evaluates their alerts and publishes one summary",
            code=functions.DockerImageCode.from_ecr(
                ecr.Repository.from_repository_name(self, "Image", repository.value_as_string),
                tag_or_digest=tag.value_as_string,
                entrypoint=["python", "-m", "awslambdaric"],
                cmd=[updater.HANDLER],
            ),
            role=role,
            timeout=_TIMEOUT,
            memory_size=_MEMORY_MB,
            log_group=log_group,
            environment=updater.settings_of(
                {
                    "AUTH_ADDRESS": auth.value_as_string,
                    "PROVIDERS": providers.value_as_string,
                    "KNOWLEDGE_BUCKET": self._bucket_name,
                    "CLOUDWATCH_METRICS": "true",
                }
            ),
        )

    def _from_checkout(self, role: iam.Role, log_group: logs.LogGroup) -> functions.Function:
        """The installed checkout, where the emulator runs functions as processes of the same machine."""
        packages = self._parameter("SitePackages", "site-packages folder with the stock service; empty: none", "")
        yahoo = self._parameter("YahooBaseUrl", "Address of the market stand-in; empty: Yahoo", "")
        market_now = self._parameter("MarketNow", "The market's now; empty: real time", "")
        return functions.Function(
            self,
            "Function",
            function_name=updater.FUNCTION,
            description="Refreshes watched symbols, evaluates their alerts and publishes one summary",
            runtime=functions.Runtime.PYTHON_3_13,  # the emulator takes its own interpreter whatever stands here
            handler=f"index.{updater.HANDLER_NAME}",
            code=functions.Code.from_inline(updater.EMULATED_CODE),
            role=role,
            timeout=_TIMEOUT,
            memory_size=_MEMORY_MB,
            log_group=log_group,
            environment=updater.settings_of(
                {
                    "AUTH_ADDRESS": "127.0.0.1:1",  # never called: a refresh answers nobody
                    "YAHOO_BASE_URL": yahoo.value_as_string,
                    "MARKET_NOW": market_now.value_as_string,
                    "CLOUDWATCH_METRICS": "true",
                }
            )
            | {"STOCKTOOL_SITE_PACKAGES": packages.value_as_string},
        )

    def _role(self, log_group: logs.LogGroup, environment: Environment) -> iam.Role:
        def table(name: str) -> str:
            return cdk.Stack.of(self).format_arn(service="dynamodb", resource="table", resource_name=name)

        bucket = f"arn:{cdk.Aws.PARTITION}:s3:::{self._bucket_name}"
        role = iam.Role(
            self,
            "Role",
            role_name=updater.FUNCTION,
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            inline_policies={
                "refresh": iam.PolicyDocument(
                    statements=[
                        iam.PolicyStatement(
                            sid="Cache", actions=[*_READ, *_WRITE], resources=[table(updater.CACHE_TABLE)]
                        ),
                        iam.PolicyStatement(
                            sid="Portfolios",
                            # What is held is found by a scan, here alone.
                            actions=[*_READ, "dynamodb:Scan", *_WRITE],
                            resources=[table(updater.PORTFOLIOS_TABLE)],
                        ),
                        iam.PolicyStatement(
                            sid="Audit", actions=["dynamodb:PutItem"], resources=[table(updater.AUDIT_TABLE)]
                        ),
                        iam.PolicyStatement(
                            sid="Archive",
                            actions=["s3:GetObject", "s3:PutObject"],
                            resources=[f"{bucket}/{updater.ARCHIVE_PREFIX}*"],
                        ),
                        iam.PolicyStatement(
                            sid="ArchiveListed",  # without it, what is not there yet looks forbidden
                            actions=["s3:ListBucket"],
                            resources=[bucket],
                            # Asking for one object carries no prefix.
                            conditions={"StringLikeIfExists": {"s3:prefix": f"{updater.ARCHIVE_PREFIX}*"}},
                        ),
                        iam.PolicyStatement(
                            sid="Metrics",
                            actions=["cloudwatch:PutMetricData"],
                            resources=["*"],  # the action knows no resources; its namespace is what can be bound
                            # Emulators do not know the key, and would refuse everything.
                            conditions={"StringEquals": {"cloudwatch:namespace": updater.METRICS_NAMESPACE}}
                            if environment.on_aws
                            else None,
                        ),
                        iam.PolicyStatement(
                            sid="Logs",
                            actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                            resources=[log_group.log_group_arn],
                        ),
                    ]
                )
            },
        )
        _acknowledge(
            role,
            {
                "IAM5[Resource::*]": "PutMetricData knows no resources; its namespace is bound instead",
                "IAM5[Resource::arn:<AWS::Partition>:s3:::stocktool-knowledge-<AWS::AccountId>-<AWS::Region>"
                f"/{updater.ARCHIVE_PREFIX}*]": "archived series are named by their symbols, which change",
            },
        )
        return role

    def _schedule(self, environment: Environment) -> None:
        undelivered = sqs.Queue(
            self,
            "Undelivered",
            queue_name=f"{updater.FUNCTION}-dlq",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=environment.on_aws,
            retention_period=cdk.Duration.days(14),
        )
        enabled = self._parameter(
            "UpdaterState",
            "ENABLED: the schedule starts the updater; DISABLED: only a person does",
            "ENABLED" if environment.on_aws else "DISABLED",
            allowed_values=["ENABLED", "DISABLED"],
        )
        _acknowledge(undelivered, {"SQS3": "it is a dead-letter queue: of the schedule, which no queue names"})
        starter = iam.Role(
            self,
            "Starter",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}},
            ),
            inline_policies={
                "start": iam.PolicyDocument(
                    statements=[
                        iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[self.function.function_arn]),
                        iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[undelivered.queue_arn]),
                    ]
                )
            },
        )
        scheduler.CfnSchedule(
            self,
            "Schedule",
            name=updater.FUNCTION,
            description="The refresh of market data",
            schedule_expression=updater.SCHEDULE,
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            state=enabled.value_as_string,
            target=scheduler.CfnSchedule.TargetProperty(
                arn=self.function.function_arn,
                role_arn=starter.role_arn,
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=undelivered.queue_arn),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_retry_attempts=2,
                    maximum_event_age_in_seconds=1800,  # the next hour's start is the better retry
                ),
            ),
        )


def _acknowledge(construct: Construct, reasons: Mapping[str, str]) -> None:
    """Rules of cdk-nag that a construct breaks on purpose, each with its reason."""
    cdk.Validations.of(construct).acknowledge(
        *(
            cdk.Acknowledgment(id=f"AwsSolutions::AwsSolutions-{rule}", reason=reason)
            for rule, reason in reasons.items()
        )
    )
