"""Synthesises the stacks of every environment: `python -m stocktool_infra.cdk.app --out cdk.out [environment ...]`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ses as ses
from aws_cdk import aws_sns as sns
from cdk_nag import AwsSolutionsChecks

from stocktool_infra.cdk.data import Data, knowledge_bucket_name
from stocktool_infra.cdk.environments import LOCAL, PRODUCTION, Environment
from stocktool_infra.cdk.functions import StockUpdater
from stocktool_infra.cdk.messaging import Messaging


def declare_local(app: cdk.App) -> None:
    """One stack with everything, for an emulator."""
    stack = cdk.Stack(
        app,
        "stocktool-local",
        description="StockTool on an AWS emulator",
        synthesizer=cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
        analytics_reporting=False,
    )
    messaging = Messaging(stack, "Messaging", LOCAL)
    data = Data(stack, "Data", LOCAL, messaging.document_events)
    # What mails come from; on AWS the operator verifies a domain of their own and names it in the settings.
    ses.EmailIdentity(stack, "MailSender", identity=ses.Identity.email("stocktool@stocktool.local"))
    # S3 tries the topic when the notification is set: its policy has to be there first.
    data.bucket.node.add_dependency(messaging.document_events)
    StockUpdater(stack, "StockUpdater", LOCAL, bucket_name=data.bucket.bucket_name)


def declare_on_aws(app: cdk.App, environment: Environment) -> None:
    """One stack per concern, each with a life of its own."""
    messaging_stack = cdk.Stack(
        app,
        f"stocktool-{environment.name}-messaging",
        description="StockTool: queues, topics, log groups",
        termination_protection=True,
        analytics_reporting=False,
    )
    messaging = Messaging(messaging_stack, "Messaging", environment)
    data_stack = cdk.Stack(
        app,
        f"stocktool-{environment.name}-data",
        description="StockTool: tables and documents",
        termination_protection=True,
        analytics_reporting=False,
    )
    # By name, not by reference: a cross-stack export would forbid ever replacing the topic.
    arn = data_stack.format_arn(service="sns", resource=messaging.document_events.topic_name)
    Data(data_stack, "Data", environment, sns.Topic.from_topic_arn(data_stack, "DocumentEvents", arn))
    data_stack.add_stack_dependency(messaging_stack)
    functions_stack = cdk.Stack(
        app,
        f"stocktool-{environment.name}-functions",
        description="StockTool: functions that a schedule starts",
        analytics_reporting=False,
    )
    StockUpdater(functions_stack, "StockUpdater", environment, bucket_name=knowledge_bucket_name(environment))
    functions_stack.add_stack_dependency(data_stack)


def findings(report: Mapping[str, Any]) -> Iterator[str]:
    """Every violated rule with the construct that violates it and what would mend it."""
    for plugin in report["pluginReports"]:
        for violation in plugin["violations"]:
            yield f"{violation['ruleName']}: {violation['description']}"
            for construct in violation["violatingConstructs"]:
                yield f"    {construct['constructPath']}"
            if cure := violation.get("suggestedFix"):
                yield f"  cure: {cure}"


def main() -> None:
    """Synthesise; a finding of cdk-nag on a production stack ends it with an error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", required=True, help="folder of the cloud assembly")
    parser.add_argument("environments", nargs="*", default=[LOCAL.name, PRODUCTION.name])
    arguments = parser.parse_args()
    for name in arguments.environments:
        app = cdk.App(outdir=f"{arguments.out}/{name}", analytics_reporting=False, tree_metadata=False)
        if name == LOCAL.name:
            declare_local(app)
        else:
            cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
            declare_on_aws(app, PRODUCTION)
        cdk.Tags.of(app).add("project", "stocktool")
        try:
            app.synth()
        except RuntimeError as error:
            if "ValidationFailed" not in str(error):
                raise
            report = json.loads(Path(arguments.out, name, "validation-report.json").read_text())
            sys.exit("\n".join(findings(report)))


if __name__ == "__main__":
    main()
