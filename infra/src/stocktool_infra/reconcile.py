"""Sets what an emulator's CloudFormation silently dropped, property by property.

Reads the template as deployed, asks each resource for its real state, and repairs the differences through the
resource's own API. Nothing here knows which emulator it talks to: what was kept is left alone. Never used on AWS, which
drops nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

Clients = Callable[[str], Any]
Properties = Mapping[str, Any]


def reconcile(clients: Clients, stack: str) -> tuple[str, ...]:
    """Repair every resource of `stack` that differs from its template.

    Returns:
        What was repaired, as `physical name: property`; empty when nothing was missing.
    """
    cloudformation = clients("cloudformation")
    body = cloudformation.get_template(StackName=stack)["TemplateBody"]
    template: dict[str, Any] = json.loads(body) if isinstance(body, str) else body
    described = cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
    physical = {entry["LogicalResourceId"]: entry["PhysicalResourceId"] for entry in described}
    repaired: list[str] = []
    for logical, resource in template["Resources"].items():
        repair = _REPAIRS.get(resource["Type"])
        if repair is not None and logical in physical:
            name = physical[logical]
            repaired.extend(f"{name}: {what}" for what in repair(clients, name, resource.get("Properties", {})))
    return tuple(repaired)


def _table(clients: Clients, name: str, wanted: Properties) -> Iterator[str]:
    dynamodb = clients("dynamodb")
    if ttl := wanted.get("TimeToLiveSpecification"):
        now = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        if (
            now.get("TimeToLiveStatus") not in {"ENABLED", "ENABLING"}
            or now.get("AttributeName") != ttl["AttributeName"]
        ):
            dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=_plain(ttl))
            yield "time to live"
    if (recovery := wanted.get("PointInTimeRecoverySpecification")) and _true(recovery["PointInTimeRecoveryEnabled"]):
        now = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        if now.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") != "ENABLED":
            dynamodb.update_continuous_backups(
                TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
            )
            yield "point-in-time recovery"
    if (encryption := wanted.get("SSESpecification")) and _true(encryption["SSEEnabled"]):
        now = dynamodb.describe_table(TableName=name)["Table"].get("SSEDescription", {})
        if now.get("Status") not in {"ENABLED", "ENABLING", "UPDATING"}:
            dynamodb.update_table(TableName=name, SSESpecification={"Enabled": True, "SSEType": "KMS"})
            yield "encryption"


def _bucket(clients: Clients, name: str, wanted: Properties) -> Iterator[str]:
    s3 = clients("s3")
    if encryption := wanted.get("BucketEncryption"):
        rules = [
            {"ApplyServerSideEncryptionByDefault": _plain(rule["ServerSideEncryptionByDefault"])}
            for rule in encryption["ServerSideEncryptionConfiguration"]
        ]
        now = _absent_is_none(
            lambda: s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
        )
        if _algorithms(now) != _algorithms(rules):
            s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})
            yield "encryption"
    if lifecycle := wanted.get("LifecycleConfiguration"):
        rules = [_lifecycle_rule(rule) for rule in lifecycle["Rules"]]
        now = _absent_is_none(lambda: s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"])
        if {rule.get("ID") for rule in now or []} != {rule["ID"] for rule in rules}:
            s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})
            yield "lifecycle"
    if (versioning := wanted.get("VersioningConfiguration")) and s3.get_bucket_versioning(Bucket=name).get(
        "Status"
    ) != versioning["Status"]:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": versioning["Status"]})
        yield "versioning"
    if (public := wanted.get("PublicAccessBlockConfiguration")) and _absent_is_none(
        lambda: s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
    ) != _plain(public):
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=_plain(public))
        yield "public access block"


def _log_group(clients: Clients, name: str, wanted: Properties) -> Iterator[str]:
    logs = clients("logs")
    if days := wanted.get("RetentionInDays"):
        groups = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        now = next((group.get("retentionInDays") for group in groups if group["logGroupName"] == name), None)
        if now != int(days):
            logs.put_retention_policy(logGroupName=name, retentionInDays=int(days))
            yield "retention"


_REPAIRS: dict[str, Callable[[Clients, str, Properties], Iterator[str]]] = {
    "AWS::DynamoDB::Table": _table,
    "AWS::S3::Bucket": _bucket,
    "AWS::Logs::LogGroup": _log_group,
}


def _absent_is_none(ask: Callable[[], Any]) -> Any:
    """S3 answers a configuration that was never set with an error named after it."""
    try:
        return ask()
    except ClientError as error:
        if error.response["Error"].get("Code", "").startswith(("NoSuch", "ServerSideEncryptionConfigurationNotFound")):
            return None
        raise


def _algorithms(rules: list[dict[str, Any]] | None) -> list[str]:
    return [rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] for rule in rules or []]


def _true(value: object) -> bool:
    """Templates write booleans as booleans or as words."""
    return value is True or str(value).lower() == "true"


def _plain(properties: Properties) -> dict[str, Any]:
    """CloudFormation's spelling of the same structure, with its words made booleans."""
    return {
        key: _true(value) if str(value).lower() in {"true", "false"} else value for key, value in properties.items()
    }


def _lifecycle_rule(rule: Properties) -> dict[str, Any]:
    """A template's lifecycle rule in the words of S3's API."""
    spoken: dict[str, Any] = {
        "ID": rule["Id"],
        "Status": rule["Status"],
        "Filter": {"Prefix": rule.get("Prefix", "")},
    }
    if transitions := rule.get("Transitions"):
        spoken["Transitions"] = [
            {"Days": int(each["TransitionInDays"]), "StorageClass": each["StorageClass"]} for each in transitions
        ]
    if days := rule.get("ExpirationInDays"):
        spoken["Expiration"] = {"Days": int(days)}
    if noncurrent := rule.get("NoncurrentVersionExpiration"):
        spoken["NoncurrentVersionExpiration"] = {"NoncurrentDays": int(noncurrent["NoncurrentDays"])}
    if incomplete := rule.get("AbortIncompleteMultipartUpload"):
        spoken["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": int(incomplete["DaysAfterInitiation"])}
    return spoken
