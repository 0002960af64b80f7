"""Where symbols belong: sector, class and country, by their profiles."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from stocktool_kit.core.errors import StockToolError

from stocktool_stock.application.market_ports import InstrumentSource
from stocktool_stock.domain.allocation import Kind

_AT_ONCE = 8


async def read_kinds(instruments: InstrumentSource, symbols: Sequence[str]) -> dict[str, Kind]:
    """Read profiles; a symbol whose profile cannot be had belongs nowhere, so that the rest is still told."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def kind(symbol: str) -> Kind:
        async with gate:
            try:
                return Kind.of(await instruments.instrument(symbol))
            except StockToolError:
                return Kind()

    async with asyncio.TaskGroup() as group:
        tasks = {symbol: group.create_task(kind(symbol)) for symbol in symbols}
    return {symbol: task.result() for symbol, task in tasks.items()}
