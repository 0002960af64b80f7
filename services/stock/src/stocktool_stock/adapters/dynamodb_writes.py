"""The history of a portfolio's writes: `V#<version>` rows in its partition, each written with the write it tells of."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from stocktool_kit.aws.table import Key, Table
from stocktool_kit.core.clock import instant, parse_instant
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.paging import Page, PageRequest, decode_token, encode_token

from stocktool_stock.adapters.ledger_log import partition
from stocktool_stock.application.ledger_ports import Write
from stocktool_stock.application.ports import Change
from stocktool_stock.domain.portfolio import PortfolioId


class DynamoDBWrites:
    """The `WriteHistory` of the mesh.

    Args:
        table: `stocktool-portfolios`.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    async def writes(self, portfolio_id: PortfolioId, page: PageRequest) -> Page[Write]:
        """List writes, newest first."""
        before = "V#~"
        if page.page_token:
            position = decode_token(page.page_token).get("before", "")
            if not position.isdecimal() or not position.isascii():
                raise InvalidArgument.of("page_token", "is not a token this list gave; start again without it")
            before = _sort_key(int(position) - 1)
        rows, last = await self._table.query(
            Key("pk").eq(partition(portfolio_id)) & Key("sk").between("V#", before),
            limit=page.page_size,
            forward=False,
        )
        writes = [_write(row) for row in rows]
        return Page(writes, encode_token({"before": str(writes[-1].version)}) if last and writes else "")


def write_item(change: Change, now: datetime) -> dict[str, Any]:
    """A write as its row."""
    imported = 0 if change.commits is None else change.commits.count
    rows = len(change.entries) + len(change.reversals) + imported + (change.undoes is not None)
    return {
        "pk": partition(change.portfolio.id),
        "sk": _sort_key(change.portfolio.version),
        "version": change.portfolio.version,
        "at": instant(now),
        "actor": change.actor,
        "action": change.action,
        "first_sequence": change.portfolio.last_sequence - rows + 1,
        "last_sequence": change.portfolio.last_sequence,
        "about": change.about,
        "detail": dict(change.detail),
    }


def _sort_key(version: int) -> str:
    return f"V#{max(version, 0):010d}"


def _write(row: dict[str, Any]) -> Write:
    detail = {name: value if isinstance(value, str) else int(value) for name, value in row["detail"].items()}
    return Write(
        version=int(row["version"]),
        at=parse_instant(row["at"]),
        actor=row["actor"],
        action=row["action"],
        first_sequence=int(row["first_sequence"]),
        last_sequence=int(row["last_sequence"]),
        about=row["about"],
        detail=detail,
    )
