"""Usage through ChatService."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import grpc
from google.type import date_pb2
from stocktool.chat.v1 import chat_service_pb2 as pb
from stocktool.chat.v1 import chat_service_pb2_grpc as pb_grpc
from stocktool_kit.core.money import Money

from stocktool_admin.domain.usage import UsageBy, UsageRow

_DIMENSIONS = {
    UsageBy.USER: pb.USAGE_DIMENSION_USER,
    UsageBy.MODEL: pb.USAGE_DIMENSION_MODEL,
    UsageBy.DAY: pb.USAGE_DIMENSION_DAY,
}


class GrpcUsage:
    """A `UsageReport`; the channel carries the administrator's own token."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._chat: pb_grpc.ChatServiceAsyncStub = pb_grpc.ChatServiceStub(channel)

    async def rows(self, by: UsageBy, start: date | None, end: date | None) -> Sequence[UsageRow]:
        """Rows by key."""
        response = await self._chat.GetUsage(pb.GetUsageRequest(by=_DIMENSIONS[by], start=_date(start), end=_date(end)))
        return [
            UsageRow(
                key=row.key,
                turns=row.turns,
                input_tokens=row.input_tokens,
                output_tokens=row.output_tokens,
                cost=Money(Decimal(row.cost.amount), row.cost.currency) if row.HasField("cost") else None,
            )
            for row in response.rows
        ]


def _date(day: date | None) -> date_pb2.Date | None:
    return date_pb2.Date(year=day.year, month=day.month, day=day.day) if day is not None else None
