"""The method of `StockService` that gives technical indicators."""

from __future__ import annotations

import numpy as np
from stocktool.stock.v1 import stock_service_pb2 as pb
from stocktool.stock.v1 import stock_service_pb2_grpc as pb_grpc
from stocktool_kit.core.errors import InvalidArgument

from stocktool_stock.application.get_bars import GetBars
from stocktool_stock.application.offload import Offload
from stocktool_stock.domain.bars import Bars
from stocktool_stock.domain.indicators import CONVENTIONS, IndicatorSpec, indicator_columns, read_indicators
from stocktool_stock.rpc.wire import Context, from_date


class IndicatorMethods(pb_grpc.StockServiceServicer):
    """Converts, calls, converts."""

    _bars: GetBars
    _offload: Offload

    async def GetIndicators(self, request: pb.GetIndicatorsRequest, context: Context) -> pb.GetIndicatorsResponse:
        """Give indicators."""
        specs = read_indicators(",".join(request.names))
        start, end = from_date(request, "start"), from_date(request, "end")
        if start is not None and end is not None and start > end:
            raise InvalidArgument.of("start", "must not be after the end")
        bars = await self._bars.bars(request.symbol, None, end)
        first = 0 if start is None else int(np.searchsorted(bars.days, np.datetime64(start, "D"), side="left"))
        return await self._offload(lambda: _answer(bars, specs, first))


def _answer(bars: Bars, specs: list[IndicatorSpec], first: int) -> pb.GetIndicatorsResponse:
    columns = {name: column[first:] for name, column in indicator_columns(bars, specs).items()}
    response = pb.GetIndicatorsResponse(
        symbol=bars.symbol,
        currency=bars.currency,
        dates=np.datetime_as_string(bars.days[first:]).tolist(),
        close=bars.close[first:].tolist(),
        lines=[pb.IndicatorLine(name=name, values=column.tolist()) for name, column in columns.items()],
        source=bars.source,
        stale=bars.stale,
        conventions=CONVENTIONS,
        undefined={
            name: f"the {len(bars)} bars up to the last day are too few, or nothing moved"
            for name, column in columns.items()
            if bool(np.isnan(column).all())
        },
    )
    response.as_of.FromDatetime(bars.as_of)
    return response
