"""Carries proposals out at the stock service, as the current caller: nothing here runs under a turn's grant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

import grpc
from google.type.date_pb2 import Date
from stocktool.stock.v1 import alert_service_pb2 as alert_pb
from stocktool.stock.v1 import portfolio_service_pb2 as pb
from stocktool.stock.v1.alert_service_pb2_grpc import AlertServiceStub
from stocktool.stock.v1.portfolio_service_pb2_grpc import PortfolioServiceStub
from stocktool_kit.core.errors import FailedPrecondition, NotFound

from stocktool_chat.adapters.proto_json import to_plain
from stocktool_chat.adapters.watch_tools import rule_message
from stocktool_chat.domain.json_types import Json, JsonObject
from stocktool_chat.domain.proposals import Proposal

if TYPE_CHECKING:
    from stocktool.stock.v1.alert_service_pb2_grpc import AlertServiceAsyncStub
    from stocktool.stock.v1.portfolio_service_pb2_grpc import PortfolioServiceAsyncStub

_DROPPED = ("sequence", "recorded_at", "reversed")


class Write(Protocol):
    """One kind of write; both halves can be repeated without doing anything twice."""

    async def carry_out(self, proposal: Proposal) -> JsonObject:
        """Do what was proposed; answers what was written."""
        ...

    async def undo(self, proposal: Proposal) -> None:
        """Take it back."""
        ...


class UnknownProposal(FailedPrecondition):
    """The tool that proposed it is none of this version."""

    reason = "UNKNOWN_PROPOSAL"


class GrpcWrites:
    """`Writes` over the channel to stock: each tool that proposes has its write."""

    def __init__(self, stock: grpc.aio.Channel) -> None:
        self._writes: Mapping[str, Write] = {
            "propose_transaction": TransactionWrite(stock),
            "propose_watch": WatchWrite(stock),
        }

    async def carry_out(self, proposal: Proposal) -> JsonObject:
        """See the port."""
        return await self._write(proposal).carry_out(proposal)

    async def undo(self, proposal: Proposal) -> None:
        """See the port."""
        await self._write(proposal).undo(proposal)

    def _write(self, proposal: Proposal) -> Write:
        write = self._writes.get(proposal.tool)
        if write is None:
            raise UnknownProposal(f"what {proposal.tool} proposed cannot be written any more; ask again")
        return write


class TransactionWrite:
    """An entry of a ledger."""

    def __init__(self, stock: grpc.aio.Channel) -> None:
        self._portfolios: PortfolioServiceAsyncStub = PortfolioServiceStub(stock)

    async def carry_out(self, proposal: Proposal) -> JsonObject:
        """Record it."""
        request = pb.RecordTransactionsRequest(
            portfolio_id=_text(proposal.arguments, "portfolio_id"),
            items=[_transaction(proposal.arguments.get("transaction"))],
            idempotency_key=proposal.id,
        )
        answer = await self._portfolios.RecordTransactions(request)
        items: list[Json] = [to_plain(item, drop=_DROPPED) for item in answer.items]
        return {"portfolio_id": request.portfolio_id, "transactions": items}

    async def undo(self, proposal: Proposal) -> None:
        """Delete what was recorded."""
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


class WatchWrite:
    """A watch."""

    def __init__(self, stock: grpc.aio.Channel) -> None:
        self._alerts: AlertServiceAsyncStub = AlertServiceStub(stock)

    async def carry_out(self, proposal: Proposal) -> JsonObject:
        """Make it."""
        given = proposal.arguments
        rule = given.get("rule")
        request = alert_pb.CreateAlertRequest(
            name=_text(given, "name"),
            rule=rule_message(rule if isinstance(rule, Mapping) else {}),
            repeat=given.get("repeat") is True,
            idempotency_key=proposal.id,
        )
        answer = await self._alerts.CreateAlert(request)
        return {"watch": to_plain(answer.alert, drop=("rule",))}

    async def undo(self, proposal: Proposal) -> None:
        """Delete it, unless its user has done so."""
        made = (proposal.outcome or {}).get("watch")
        alert_id = _text(made if isinstance(made, Mapping) else {}, "id")
        request = alert_pb.DeleteAlertRequest(alert_id=alert_id, idempotency_key=f"undo-{proposal.id}")
        try:
            await self._alerts.DeleteAlert(request)
        except NotFound as error:
            if error.reason != "ALERT_NOT_FOUND":
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
