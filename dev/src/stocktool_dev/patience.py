"""Requests to a mesh that may still be starting."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx


def patiently(ask: Callable[[], httpx.Response], seconds: float) -> httpx.Response:
    """Ask until the answer is not 429 or 503: a service may have just come up behind the edge, or a limit is met."""
    deadline = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer.status_code not in {429, 503} or time.monotonic() > deadline:
            return answer
        time.sleep(min(float(answer.headers.get("retry-after", 1)), 5))
