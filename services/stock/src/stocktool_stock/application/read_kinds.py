"""Where symbols belong: sector, class and country, by their profiles."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from stocktool_kit.core.errors import StockToolError

from stocktool_stock.application.market_ports import InstrumentSource
from stocktool_stock.domain.allocation import Kind
from stocktool_stock.domain.custom_instruments import CustomInstrument, is_custom

_AT_ONCE = 8


async def read_kinds(
    instruments: InstrumentSource, symbols: Sequence[str], custom: Mapping[str, CustomInstrument] | None = None
) -> dict[str, Kind]:
    """Read profiles; a symbol whose profile cannot be had belongs nowhere, so that the rest is still told.

    Args:
        instruments: Where the profiles come from.
        symbols: Whose.
        custom: The user's own instruments, which tell theirs themselves.
    """
    gate = asyncio.Semaphore(_AT_ONCE)

    async def kind(symbol: str) -> Kind:
        own = (custom or {}).get(symbol)
        if own is not None or is_custom(symbol):
            return Kind() if own is None else Kind.told(own.profile())
        async with gate:
            try:
                return Kind.of(await instruments.instrument(symbol))
            except StockToolError:
                return Kind()

    async with asyncio.TaskGroup() as group:
        tasks = {symbol: group.create_task(kind(symbol)) for symbol in symbols}
    return {symbol: task.result() for symbol, task in tasks.items()}
