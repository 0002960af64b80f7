"""What of a tool's result the model is shown, at the edges of what it may take."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stocktool_chat.domain.json_types import JsonObject
from stocktool_chat.domain.pricing import Budget, Spending
from stocktool_chat.domain.showing import show
from stocktool_chat.domain.summaries import to_json

ROWS: JsonObject = {"total": "9493.20", "items": [{"symbol": f"S{at}", "note": "x" * 80} for at in range(100)]}
SIZE = len(to_json(ROWS).encode())


@pytest.mark.parametrize("bound", ["most", "room"])
def test_a_result_that_fits_exactly_is_whole_and_one_byte_less_cuts_it(bound: str) -> None:
    limits = {"most": SIZE * 2, "room": SIZE * 2}
    whole = show(ROWS, **{**limits, bound: SIZE})
    cut = show(ROWS, **{**limits, bound: SIZE - 1})

    assert (whole.output, whole.left_out_bytes, whole.no_room) == (to_json(ROWS), 0, False)
    assert cut.left_out_bytes > 0
    assert cut.size <= SIZE - 1
    assert cut.no_room == (bound == "room")


def test_a_cut_result_says_what_it_lacks() -> None:
    cut = show(ROWS, 3_000, 100_000)
    seen = json.loads(cut.output)
    kept = len(seen["items"])
    assert seen["total"] == "9493.20"
    assert seen["omitted"] == {"$.items": 100 - kept}
    assert seen["left_out_bytes"] == cut.left_out_bytes
    without = {name: value for name, value in seen.items() if name != "left_out_bytes"}
    assert cut.left_out_bytes == SIZE - len(to_json(without).encode())


@pytest.mark.parametrize("room", [0, 1, 100])
def test_without_room_the_model_is_told_how_much_there_was(room: int) -> None:
    cut = show(ROWS, 24_000, room)
    error = json.loads(cut.output)["error"]
    assert error["reason"] == "TOOL_BYTES_SPENT"
    assert error["detail"].startswith(f"{SIZE} bytes of this result are not shown")
    assert (cut.left_out_bytes, cut.no_room) == (SIZE, True)
    assert cut.size < 250


_RESULTS = st.dictionaries(
    st.text(max_size=5),
    st.recursive(st.integers() | st.text(max_size=200), lambda inner: st.lists(inner, max_size=60), max_leaves=100),
    max_size=6,
)


@given(_RESULTS, st.integers(200, 30_000), st.integers(0, 30_000))
def test_no_result_takes_more_than_there_is_room_for(result: JsonObject, most: int, room: int) -> None:
    seen = show(result, most, room)
    whole = len(to_json(result).encode())
    assert seen.size <= max(room, 250)
    assert (seen.left_out_bytes == 0) == (whole <= min(most, room))
    assert json.loads(seen.output) is not None


def test_room_is_what_the_results_before_left() -> None:
    budget, spending = Budget(turn_tool_bytes=1_000), Spending()
    spending.add_tool(400, no_room=False)
    assert (spending.tool_room(budget), spending.no_more_tools(budget)) == (600, False)
    spending.add_tool(700, no_room=True)
    assert (spending.tool_room(budget), spending.no_more_tools(budget)) == (0, True)
