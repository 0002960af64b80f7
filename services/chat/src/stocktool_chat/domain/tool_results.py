"""What a tool call leaves behind."""

from __future__ import annotations

from dataclasses import dataclass

from stocktool_chat.domain.json_types import JsonObject
from stocktool_chat.domain.proposals import Proposal


@dataclass(frozen=True, slots=True)
class ToolResult:
    """An immutable record of what a tool gave: the call, its result as JSON, and what it proposed."""

    call_id: str
    result: JsonObject
    proposal: Proposal | None = None
