"""Every shape of the chart rendered once, for all tests."""

from __future__ import annotations

from typing import Any

import pytest
from stocktool_dev.cluster_charts import MINORS, cases, render

Json = dict[str, Any]


@pytest.fixture(scope="session")
def rendered() -> dict[str, Json]:
    return render(cases(), MINORS)


@pytest.fixture(scope="session")
def objects(rendered: dict[str, Json]) -> dict[str, list[Json]]:
    refused = {case: answer["error"] for case, answer in rendered.items() if "error" in answer}
    assert refused == {}
    return {case: answer["objects"] for case, answer in rendered.items()}
