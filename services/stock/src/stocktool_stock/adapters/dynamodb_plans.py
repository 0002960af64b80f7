"""What an owner keeps beside a portfolio, in the table `stocktool-portfolios` under `P#<id>`."""

from __future__ import annotations

from collections.abc import Sequence

from stocktool_kit.aws.audit import audit_entry
from stocktool_kit.aws.idempotency import IdempotencyRecords
from stocktool_kit.aws.table import Attr, Check, ConditionFailed, Delete, Operation, Put, Table
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.idempotency import IdempotencyKey

from stocktool_stock.application.portfolio_plans import PlanName
from stocktool_stock.application.records import Record
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId
from stocktool_stock.domain.targets import StaleTargets

_KEYS = frozenset({"pk", "sk"})


class DynamoDBPlans:
    """The `PlanStore` of the mesh.

    Args:
        table: The portfolios' table.
        audit_table: Name of the audit table.
        clock: Real time.
    """

    def __init__(self, table: Table, audit_table: str, clock: Clock) -> None:
        self._table = table
        self._audit_table = audit_table
        self._clock = clock
        self._records = IdempotencyRecords(table, clock)

    async def get(self, portfolio_id: PortfolioId, name: PlanName) -> Record | None:
        """Read one."""
        item = await self._table.get(_key(portfolio_id, name))
        return None if item is None else {field: value for field, value in item.items() if field not in _KEYS}

    async def put(
        self,
        portfolio: Portfolio,
        name: PlanName,
        record: Record,
        *,
        expected_version: int,
        actor: str,
        key: IdempotencyKey | None,
    ) -> Record:
        """Keep one."""
        same = Attr("version").eq(expected_version) if expected_version else Attr("pk").not_exists()
        write = Put({**record, **_key(portfolio.id, name)}, same)
        return await self._write([write, self._audit(portfolio, name, "updated", actor)], portfolio, key, record)

    async def delete(
        self, portfolio: Portfolio, name: PlanName, *, expected_version: int, actor: str, key: IdempotencyKey | None
    ) -> None:
        """Remove one."""
        write = Delete(_key(portfolio.id, name), Attr("version").eq(expected_version))
        await self._write([write, self._audit(portfolio, name, "deleted", actor)], portfolio, key, {})

    async def earlier(self, key: IdempotencyKey | None) -> Record | None:
        """The answer given to the same request before."""
        return None if key is None else await self._records.replay(key)

    async def _write(
        self, writes: Sequence[Operation], portfolio: Portfolio, key: IdempotencyKey | None, answer: Record
    ) -> Record:
        head = Check({"pk": f"P#{portfolio.id}", "sk": "head"}, Attr("owner").eq(portfolio.owner))
        try:
            return await self._records.write(key, [*writes, head], answer)
        except ConditionFailed as error:
            raise StaleTargets("it was changed meanwhile; read it again", portfolio_id=portfolio.id) from error

    def _audit(self, portfolio: Portfolio, name: PlanName, what: str, actor: str) -> Put:
        return audit_entry(
            table=self._audit_table,
            actor=actor,
            owner=portfolio.owner,
            action=f"portfolio.{name.lower()}.{what}",
            target=portfolio.id,
            now=self._clock.now(),
        )


def _key(portfolio_id: str, name: PlanName) -> dict[str, str]:
    return {"pk": f"P#{portfolio_id}", "sk": name.value}
