"""What of a tool's result the model is shown: all of it, a part that says what it lacks, or that there is no room."""

from __future__ import annotations

from dataclasses import dataclass

from stocktool_chat.domain.json_types import JsonObject
from stocktool_chat.domain.summaries import capped, to_json


@dataclass(frozen=True, slots=True)
class Shown:
    """A result as the model sees it.

    Attributes:
        output: Its JSON text.
        left_out_bytes: By how much that is shorter than the whole; 0 for one that is whole.
        no_room: Whether the turn's results together left no room for it, or not for more of it.
    """

    output: str
    left_out_bytes: int = 0
    no_room: bool = False

    @property
    def size(self) -> int:
        """Bytes it takes."""
        return len(self.output.encode())


def show(result: JsonObject, most: int, room: int) -> Shown:
    """Show a result.

    Args:
        result: All of it.
        most: Bytes a result may take, about.
        room: Bytes that are left of those the results of a turn may take together. What is told of a result that has no
            room at all, some 200 bytes, comes on top.
    """
    whole = to_json(result)
    size = len(whole.encode())
    if size <= min(most, room):
        return Shown(whole)
    # The number is told, and takes room itself: as many digits as the whole has are enough for it.
    told = len(to_json({"left_out_bytes": size}))
    part = capped(result, min(most, room) - told)
    left_out = size - len(to_json(part).encode())
    said = to_json({**part, "left_out_bytes": left_out})
    if left_out > 0 and len(said.encode()) <= room:
        return Shown(said, left_out, no_room=room < most)
    return Shown(to_json(_unseen(size)), size, no_room=True)


def _unseen(size: int) -> JsonObject:
    detail = f"{size} bytes of this result are not shown: the results of this turn have taken all they may"
    return {"error": {"reason": "TOOL_BYTES_SPENT", "detail": detail}}
