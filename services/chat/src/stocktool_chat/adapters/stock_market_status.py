"""The market's now, from the stock service."""

from __future__ import annotations

import time
from datetime import UTC, date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import grpc
from stocktool.stock.v1 import stock_service_pb2 as pb
from stocktool.stock.v1.stock_service_pb2_grpc import StockServiceStub
from stocktool_kit.core.errors import StockToolError

from stocktool_chat.adapters.proto_json import to_plain
from stocktool_chat.domain.prompt import MarketDay

if TYPE_CHECKING:  # the asynchronous stub exists as a type only
    from stocktool.stock.v1.stock_service_pb2_grpc import StockServiceAsyncStub

_FRESH_SECONDS = 10.0
_TIMEOUT_SECONDS = 2.0


def market_day(status: pb.GetMarketStatusResponse) -> date:
    """The day at the exchange, which in the evening is not that of UTC."""
    return status.now.ToDatetime(UTC).astimezone(ZoneInfo(status.time_zone or "UTC")).date()


class StockMarketStatus:
    """`MarketStatus` over `StockService`; one answer serves all turns of a few seconds."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stock: StockServiceAsyncStub = StockServiceStub(channel)
        self._known = MarketDay()
        self._asked_at = float("-inf")

    async def today(self) -> MarketDay:
        """See the port."""
        if time.monotonic() - self._asked_at < _FRESH_SECONDS:
            return self._known
        try:
            answer = await self._stock.GetMarketStatus(pb.GetMarketStatusRequest(), timeout=_TIMEOUT_SECONDS)
        except StockToolError:
            return MarketDay()
        plain = to_plain(answer)
        now = str(plain.get("now", ""))
        self._known = MarketDay(
            market_day(answer).isoformat(), now, answer.open, str(plain.get("mode", "")), answer.source
        )
        self._asked_at = time.monotonic()
        return self._known
