"""The committed description is that of the code."""

from __future__ import annotations

from pathlib import Path

from stocktool_admin.http.routers import described
from stocktool_kit.http.app import openapi_json


def test_committed_openapi_document_is_current() -> None:
    committed = (Path(__file__).parents[3] / "docs/openapi/admin.json").read_text(encoding="utf-8")
    assert committed == openapi_json(described()), "run: stocktool-admin openapi > docs/openapi/admin.json"
