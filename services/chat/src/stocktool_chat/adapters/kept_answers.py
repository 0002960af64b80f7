"""What tools gave a moment ago, for the next turn that asks the same."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeAlias

from stocktool_kit.core.ids import OwnerId

from stocktool_chat.domain.json_types import JsonObject
from stocktool_chat.domain.summaries import to_json

Question: TypeAlias = tuple[OwnerId, str, str]
"""Who asks, the tool, and its arguments as JSON."""
_LARGEST_BYTES = 65_536


class KeptAnswers:
    """Answers of the last seconds, each for the user who asked: an instrument of their own is nobody else's.

    Args:
        seconds: How long an answer is good; 0 keeps none.
        most: How many are kept; the one used longest ago goes first. One over 64 KB is not kept at all.
        now: Seconds of a clock that never goes back.
    """

    def __init__(self, seconds: float, most: int = 512, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._most = most
        self._now = now
        self._kept: OrderedDict[Question, tuple[float, JsonObject]] = OrderedDict()

    def get(self, question: Question) -> JsonObject | None:
        """What was given, while it is good."""
        found = self._kept.get(question)
        if found is None:
            return None
        ends, answer = found
        if self._now() >= ends:
            del self._kept[question]
            return None
        self._kept.move_to_end(question)
        return answer

    def put(self, question: Question, answer: JsonObject) -> None:
        """Keep an answer."""
        if self._seconds <= 0 or len(to_json(answer)) > _LARGEST_BYTES:
            return
        self._kept[question] = (self._now() + self._seconds, answer)
        self._kept.move_to_end(question)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
