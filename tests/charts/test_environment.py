"""Environment variables and Settings fields are the same list, seen from both sides."""

from __future__ import annotations

import json
from typing import Any

import pytest
from stocktool_dev import cluster_charts, cluster_properties

Json = dict[str, Any]

CHARTS = sorted(cluster_charts.SETTINGS)


def prefix(chart: str) -> str:
    return f"STOCKTOOL_{chart.upper()}_"


def fields(chart: str) -> set[str]:
    settings = cluster_charts.settings_of(chart)
    assert settings is not None
    return {name for name, _ in cluster_charts.setting_names(settings)}


def variables(objects: list[Json]) -> set[tuple[str, str]]:
    return {
        (workload.pod["metadata"]["labels"]["helm.sh/chart"].rsplit("-", 1)[0], variable["name"])
        for workload in cluster_properties.workloads(objects)
        for container in workload.all_containers
        for variable in container.get("env") or []
    }


def test_every_variable_is_a_field_or_listed(objects: dict[str, list[Json]]) -> None:
    for case, found in objects.items():
        for chart, name in variables(found):
            if chart in {"emulator", "stocktool"}:  # MiniStack and the keeper have no Settings class
                continue
            own = chart in cluster_charts.SETTINGS and name.removeprefix(prefix(chart)) in fields(chart)
            assert (name.startswith(prefix(chart)) and own) or cluster_charts.is_sdk_variable(name), (case, chart, name)


@pytest.mark.parametrize("chart", CHARTS)
def test_every_field_can_be_set_and_nothing_else(chart: str) -> None:
    schema = json.loads((cluster_charts.CHARTS / chart / "values.schema.json").read_text())
    settings = schema["properties"]["settings"]
    assert set(settings["properties"]) == fields(chart)
    assert settings["additionalProperties"] is False


def test_every_field_without_a_default_is_given(objects: dict[str, list[Json]]) -> None:
    for chart in CHARTS:
        settings = cluster_charts.settings_of(chart)
        assert settings is not None
        required = {
            prefix(chart) + name.upper() for name, field in settings.model_fields.items() if field.is_required()
        }
        for case, found in objects.items():
            if not any(owner == chart for owner, _ in variables(found)):
                continue
            given = {name for owner, name in variables(found) if owner == chart}
            assert required <= given, (case, chart)


def test_rendered_environment_is_accepted_by_the_settings(
    objects: dict[str, list[Json]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for workload in cluster_properties.workloads(objects["default"]):
        chart = workload.pod["metadata"]["labels"]["helm.sh/chart"].rsplit("-", 1)[0]
        settings = cluster_charts.settings_of(chart)
        if settings is None or workload.kind == "Pod":
            continue
        with monkeypatch.context() as patch:
            for variable in workload.containers[0]["env"]:
                patch.setenv(variable["name"], variable.get("value", "from-elsewhere").replace("$(POD_IP)", "10.0.0.9"))
            read = settings()
        if hasattr(read, "service"):
            assert str(read.tls.ca) == "/etc/stocktool/tls/ca.crt"
            assert workload.name == f"st-{read.service}"
