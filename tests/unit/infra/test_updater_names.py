"""The updater's names in the infrastructure are those of the code it runs."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

import pytest
from stocktool_infra import updater
from stocktool_infra.deploy import local_template
from stocktool_kit import metrics
from stocktool_stock.adapters import s3_bar_archive
from stocktool_stock.settings import Settings

RESOURCES: dict[str, Any] = json.loads(local_template().read_text())["Resources"]


def resource(kind: str, name_key: str) -> dict[str, Any]:
    (found,) = [
        each["Properties"]
        for each in RESOURCES.values()
        if each["Type"] == kind and each["Properties"].get(name_key) == updater.FUNCTION
    ]
    return dict(found)


def test_handler_is_there() -> None:
    assert callable(getattr(import_module(updater.HANDLER_MODULE), updater.HANDLER_NAME))
    assert resource("AWS::Lambda::Function", "FunctionName")["Handler"].endswith(f".{updater.HANDLER_NAME}")


def test_every_variable_is_a_setting() -> None:
    prefix = Settings.model_config["env_prefix"]
    assert prefix == updater.SETTINGS_PREFIX
    variables = resource("AWS::Lambda::Function", "FunctionName")["Environment"]["Variables"]
    assert {
        name.removeprefix(prefix).lower() for name in variables if name.startswith(prefix)
    } < Settings.model_fields.keys()


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        (updater.CACHE_TABLE, "stock_cache_table"),
        (updater.PORTFOLIOS_TABLE, "portfolios_table"),
        (updater.AUDIT_TABLE, "audit_table"),
    ],
)
def test_tables_it_may_use_are_those_it_uses(name: str, setting: str) -> None:
    assert Settings.model_fields[setting].default == name


def test_archive_and_metrics_are_where_it_may_write() -> None:
    assert s3_bar_archive.PREFIX == updater.ARCHIVE_PREFIX
    assert metrics.NAMESPACE == updater.METRICS_NAMESPACE


def test_schedule_starts_the_function_and_keeps_what_could_not_be_started() -> None:
    logical = {
        each["Properties"].get("FunctionName") or each["Properties"].get("QueueName"): name
        for name, each in RESOURCES.items()
        if each["Type"] in {"AWS::Lambda::Function", "AWS::SQS::Queue"}
    }
    schedule = resource("AWS::Scheduler::Schedule", "Name")
    assert schedule["ScheduleExpression"] == "cron(5 * * * ? *)"
    assert schedule["Target"]["Arn"] == {"Fn::GetAtt": [logical[updater.FUNCTION], "Arn"]}
    assert schedule["Target"]["DeadLetterConfig"]["Arn"] == {"Fn::GetAtt": [logical[f"{updater.FUNCTION}-dlq"], "Arn"]}
