"""Results of a turn so far, by name: what a calculation may take its figures from."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stocktool_kit.core.errors import NotFound

from stocktool_chat.domain.json_types import JsonObject


class ResultNotFound(NotFound):
    """No earlier result goes by this name."""

    reason = "RESULT_NOT_FOUND"


@dataclass(frozen=True, slots=True)
class EarlierResult:
    """What a call of a tool gave."""

    call_id: str
    tool: str
    result: JsonObject


class EarlierResults:
    """The results of one turn, in the order they came."""

    def __init__(self) -> None:
        self._all: list[EarlierResult] = []

    def add(self, call_id: str, tool: str, result: JsonObject) -> None:
        """Keep one."""
        self._all.append(EarlierResult(call_id, tool, result))

    def named(self, name: str) -> EarlierResult:
        """The result of a call by its id, by its tool (the last call of it), or as `get_quotes#2` (the second).

        Raises:
            ResultNotFound: There is none; names those there are.
        """
        tool, _, number = name.partition("#")
        of_tool = [each for each in self._all if each.tool == tool and "error" not in each.result]
        if re.fullmatch("[1-9][0-9]?", number) and int(number) <= len(of_tool):
            return of_tool[int(number) - 1]
        if not number and of_tool:
            return of_tool[-1]
        for each in self._all:
            if each.call_id == name:
                return each
        known = ", ".join(dict.fromkeys(each.tool for each in self._all)) or "none yet; call the tools first"
        raise ResultNotFound(f"there is no earlier result {name!r} in this turn; there are: {known}", result=name)
