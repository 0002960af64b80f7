"""Settled bars in the knowledge bucket: `bars/<symbol>/<year>` as packed columns, `bars/<symbol>/head` about them all.

The head names the hash of every year, and is written last: what a torn write, a lost or a broken object leaves does not
match it, and counts as nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import quote

import numpy as np
import orjson
import structlog
from stocktool_kit.aws.bucket import Bucket
from stocktool_kit.core.errors import NotFound, StockToolError

from stocktool_stock.adapters.packed_bars import Columns, bars_of, head_of, pack_columns, read_head, unpack_columns
from stocktool_stock.domain.bars import Bars

T = TypeVar("T")

PREFIX = "bars/"
_AT_ONCE = 8

log = structlog.get_logger()


class S3BarArchive:
    """The `BarArchive` in a bucket.

    Args:
        bucket: The knowledge bucket; nobody is told of objects under `bars/`.
    """

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._broken: set[str] = set()

    async def read(self, symbol: str, *, last_years: int | None = None) -> Bars | None:
        """Give what is kept; None when there is nothing, or nothing whole."""
        head = await self._head(symbol)
        if head is None:
            return None
        kept = sorted(head["years"])[0 if last_years is None else -last_years :]
        years = {year: head["years"][year] for year in kept}
        turn = asyncio.Semaphore(_AT_ONCE)

        async def one(year: str) -> Columns | None:
            try:
                async with turn:
                    body = (await self._bucket.get(_key(symbol, year))).body
                return unpack_columns(body) if _digest(body) == years[year] else None
            except (ValueError, KeyError, NotFound):
                return None

        parts = await _all(one(year) for year in years)
        if any(part is None for part in parts):
            log.warning("bar_archive_broken", symbol=symbol)
            self._broken.add(symbol)
            return None
        return bars_of(head, _joined([part for part in parts if part is not None]))

    async def write(self, bars: Bars) -> None:
        """Keep a whole series."""
        before = await self._head(bars.symbol)
        known: Mapping[str, str] = {} if before is None or bars.symbol in self._broken else before["years"]
        years = bars.days.astype("datetime64[Y]").astype(np.int64) + 1970
        turn = asyncio.Semaphore(_AT_ONCE)
        digests: dict[str, str] = {}

        async def one(year: int) -> None:
            body = pack_columns(bars.taken(np.flatnonzero(years == year)))
            digests[str(year)] = _digest(body)
            if known.get(str(year)) != digests[str(year)]:
                async with turn:
                    await self._bucket.put(_key(bars.symbol, str(year)), body)

        await _all(one(year) for year in np.unique(years).tolist())
        head = {**head_of(replace(bars, stale=False)), "years": dict(sorted(digests.items()))}
        await self._bucket.put(_key(bars.symbol, "head"), orjson.dumps(head), content_type="application/json")
        self._broken.discard(bars.symbol)

    async def _head(self, symbol: str) -> Mapping[str, Any] | None:
        try:
            head = read_head((await self._bucket.get(_key(symbol, "head"))).body)
        except NotFound:
            return None
        except ValueError:
            self._broken.add(symbol)
            return None
        return head if isinstance(head.get("years"), dict) and head["years"] else None


def _key(symbol: str, name: str) -> str:
    return f"{PREFIX}{quote(symbol, safe='')}/{name}"


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:32]


def _joined(parts: list[Columns]) -> Columns:
    names = parts[0].values if parts else ()
    return Columns(
        np.concatenate([part.days for part in parts]),
        {name: np.concatenate([part.values[name] for part in parts]) for name in names},
    )


async def _all(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Do all at once; of several errors the first is raised, as if it had been one call."""
    failed: list[BaseException] = []
    tasks: list[asyncio.Task[T]] = []
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in work]
    except* StockToolError as errors:
        failed = list(errors.exceptions)
    if failed:
        raise failed[0]
    return [task.result() for task in tasks]
