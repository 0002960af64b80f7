"""Carries proposals out at the stock service, as the current caller: nothing here runs under a turn's grant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import grpc
from google.type.date_pb2 import Date
from stocktool.stock.v1 import portfolio_service_pb2 as pb
from stocktool.stock.v1.portfolio_service_pb2_grpc import PortfolioServiceStub
from stocktool_kit.core.errors import NotFound

from stocktool_chat.adapters.proto_json import to_plain
from stocktool_chat.domain.json_types import Json, JsonObject
from stocktool_chat.domain.proposals import Proposal

if TYPE_CHECKING:
    from stocktool.stock.v1.portfolio_service_pb2_grpc import PortfolioServiceAsyncStub

_DROPPED = ("sequence", "recorded_at", "reversed")


class GrpcWrites:
    """`Writes` over the channel to stock."""

    def __init__(self, stock: grpc.aio.Channel) -> None:
        self._portfolios: PortfolioServiceAsyncStub = PortfolioServiceStub(stock)

    async def carry_out(self, proposal: Proposal) -> JsonObject:
        """See the port."""
        request = pb.RecordTransactionsRequest(
            portfolio_id=_text(proposal.arguments, "portfolio_id"),
            items=[_transaction(proposal.arguments.get("transaction"))],
            idempotency_key=proposal.id,
        )
        answer = await self._portfolios.RecordTransactions(request)
        items: list[Json] = [to_plain(item, drop=_DROPPED) for item in answer.items]
        return {"portfolio_id": request.portfolio_id, "transactions": items}

    async def undo(self, proposal: Proposal) -> None:
        """See the port."""
        outcome = proposal.outcome or {}
        written = outcome.get("transactions")
        for item in written if isinstance(written, list) else []:
            if isinstance(item, Mapping):
                await self._take_back(_text(outcome, "portfolio_id"), _text(item, "id"))

    async def _take_back(self, portfolio_id: str, transaction_id: str) -> None:
        request = pb.DeleteTransactionRequest(portfolio_id=portfolio_id, transaction_id=transaction_id)
        try:
            await self._portfolios.DeleteTransaction(request)
        except NotFound as error:
            if error.reason != "TRANSACTION_NOT_FOUND":
                raise


def _transaction(given: Json) -> pb.NewTransaction:
    fields: Mapping[str, Json] = given if isinstance(given, Mapping) else {}
    values: dict[str, Any] = {name: str(value) for name, value in fields.items() if name not in ("date", "type")}
    day = date.fromisoformat(_text(fields, "date"))
    return pb.NewTransaction(
        date=Date(year=day.year, month=day.month, day=day.day),
        type=pb.TransactionType.Value(f"TRANSACTION_TYPE_{_text(fields, 'type').upper()}"),
        **values,
    )


def _text(fields: Mapping[str, Json], name: str) -> str:
    return str(fields.get(name, ""))
