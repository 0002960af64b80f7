"""Analyses as items of the table."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from typing import Any

import orjson
from stocktool_kit.aws.errors import TooLarge
from stocktool_kit.aws.table import Item
from stocktool_kit.core.clock import instant, parse_instant
from stocktool_kit.core.ids import OwnerId

from stocktool_stock.domain.analysis import Analysis, AnalysisKind, AnalysisState, Json, ReportFile, Step
from stocktool_stock.domain.portfolio import PortfolioId

SUMMARY = (
    "id", "owner", "portfolio_id", "kind", "state", "created_at", "parameters", "steps", "error_reason",
    "error_message", "finished_at", "died", "files",
)  # fmt: skip
"""Attributes of a list: all but the result."""
_PACKED_FROM = 50_000
_LARGEST = 380_000  # DynamoDB takes 400 KB for an item, with all its names


def job_key(analysis_id: str) -> dict[str, str]:
    """Key of an analysis."""
    return {"pk": f"J#{analysis_id}", "sk": "job"}


def list_prefix(portfolio_id: PortfolioId) -> str:
    """What the sort keys of a portfolio's list begin with, in its owner's partition."""
    return f"A#{portfolio_id}#"


def list_row(analysis: Analysis, *, expires_at: int) -> dict[str, Any]:
    """The row of the owner's list."""
    return {
        "pk": f"U#{analysis.owner}",
        "sk": list_prefix(analysis.portfolio_id) + analysis.id,
        "analysis_id": analysis.id,
        "expires_at": expires_at,
    }


def job_item(analysis: Analysis, *, expires_at: int) -> dict[str, Any]:
    """A new analysis."""
    return {
        **job_key(analysis.id),
        "id": analysis.id,
        "owner": analysis.owner,
        "portfolio_id": analysis.portfolio_id,
        "kind": analysis.kind.value,
        "state": analysis.state.value,
        "created_at": instant(analysis.created_at),
        "parameters": orjson.dumps(analysis.parameters).decode(),
        "steps": [],
        "died": 0,
        "expires_at": expires_at,
    }


def step_items(analysis: Analysis) -> list[dict[str, str]]:
    """Finished parts."""
    return [{"name": step.name, "finished_at": instant(step.finished_at)} for step in analysis.steps]


def file_item(file: ReportFile) -> dict[str, str | int]:
    """A file."""
    return {
        "key": file.key,
        "name": file.name,
        "content_type": file.content_type,
        "size_bytes": file.size_bytes,
    }


def packed_result(result: Mapping[str, Json]) -> dict[str, str | bytes]:
    """A result as its attribute: text, or compressed where it is long.

    Raises:
        TooLarge: It does not fit an item even so.
    """
    text = orjson.dumps(result)
    if len(text) < _PACKED_FROM:
        return {"result": text.decode()}
    packed = gzip.compress(text, mtime=0)
    if len(packed) > _LARGEST:
        raise TooLarge("the result is larger than can be kept; ask for less at a time")
    return {"packed_result": packed}


def _result(item: Item) -> dict[str, Json] | None:
    if "packed_result" in item:
        read: dict[str, Json] = orjson.loads(gzip.decompress(bytes(item["packed_result"])))
        return read
    return orjson.loads(item["result"]) if "result" in item else None


def analysis_of(item: Item) -> Analysis:
    """An analysis from its item; those of earlier releases have fewer attributes."""
    return Analysis(
        id=item["id"],
        owner=OwnerId(item["owner"]),
        portfolio_id=PortfolioId(item["portfolio_id"]),
        kind=AnalysisKind(item["kind"]),
        state=AnalysisState(item["state"]),
        created_at=parse_instant(item["created_at"]),
        parameters=orjson.loads(item.get("parameters", "{}")),
        steps=tuple(Step(step["name"], parse_instant(step["finished_at"])) for step in item["steps"]),
        result=_result(item),
        files=tuple(
            ReportFile(file["key"], file["name"], file["content_type"], int(file["size_bytes"]))
            for file in item.get("files", [])
        ),
        error_reason=item.get("error_reason", ""),
        error_message=item.get("error_message", ""),
        finished_at=parse_instant(item["finished_at"]) if "finished_at" in item else None,
        died=int(item.get("died", 0)),
    )
