"""A DynamoDB table in Python values.

Conditions are those of boto3: `Attr("version").eq(3)`, `Attr("pk").not_exists()`, `Key("pk").eq("U#usr_1")`.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from boto3.dynamodb.conditions import Attr, ConditionBase, Key
from botocore.exceptions import BotoCoreError, ClientError

from stocktool_kit.aio import run_blocking
from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.aws.errors import ConditionFailed, Item, from_botocore, from_code
from stocktool_kit.aws.expressions import Expressions
from stocktool_kit.aws.values import from_wire, to_wire
from stocktool_kit.core.clock import epoch
from stocktool_kit.core.errors import Conflict, RateLimited, StockToolError

__all__ = [
    "Attr", "Check", "ConditionFailed", "Delete", "Item", "Key", "Operation", "Put", "Table", "Update", "is_live",
]  # fmt: skip

_BATCH_GET, _BATCH_WRITE, _BATCH_ROUNDS = 100, 25, 6


@dataclass(frozen=True, slots=True)
class Put:
    """Write a whole item. In all operations an empty `table` means the one `transact` is called on."""

    item: Mapping[str, Any]
    condition: ConditionBase | None = None
    table: str = ""
    return_item: bool = False

    def parameters(self) -> dict[str, Any]:
        """The API's form."""
        expressions = Expressions()
        expressions.condition("ConditionExpression", self.condition)
        return {"Item": to_wire(self.item), **expressions.parameters()}


@dataclass(frozen=True, slots=True)
class Update:
    """Change attributes; the item is made when it does not exist. Names may be dotted paths into maps.

    Attributes:
        put: Attributes to set; None removes one.
        add: Numbers to add to, sets to extend.
        append: Entries to append to lists.
        default: Attributes to set where there is none.
        remove: Attributes to remove.
        return_item: Whether a failed condition carries the item as it stands.
    """

    key: Mapping[str, Any]
    put: Mapping[str, Any] = field(default_factory=dict)
    add: Mapping[str, Any] = field(default_factory=dict)
    append: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    default: Mapping[str, Any] = field(default_factory=dict)
    remove: Sequence[str] = ()
    condition: ConditionBase | None = None
    table: str = ""
    return_item: bool = False

    def parameters(self) -> dict[str, Any]:
        """The API's form."""
        expressions = Expressions()
        expressions.condition("ConditionExpression", self.condition)
        expressions.update(put=self.put, add=self.add, append=self.append, default=self.default, remove=self.remove)
        return {"Key": to_wire(self.key), **expressions.parameters()}


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete an item; no error when there is none, unless the condition says so."""

    key: Mapping[str, Any]
    condition: ConditionBase | None = None
    table: str = ""
    return_item: bool = False

    def parameters(self) -> dict[str, Any]:
        """The API's form."""
        expressions = Expressions()
        expressions.condition("ConditionExpression", self.condition)
        return {"Key": to_wire(self.key), **expressions.parameters()}


@dataclass(frozen=True, slots=True)
class Check:
    """Require a state without changing it; for transactions only."""

    key: Mapping[str, Any]
    condition: ConditionBase
    table: str = ""
    return_item: bool = False

    def parameters(self) -> dict[str, Any]:
        """The API's form."""
        expressions = Expressions()
        expressions.condition("ConditionExpression", self.condition)
        return {"Key": to_wire(self.key), **expressions.parameters()}


Operation = Put | Update | Delete | Check
_VERBS: dict[type[Operation], str] = {Put: "Put", Update: "Update", Delete: "Delete", Check: "ConditionCheck"}


def is_live(item: Mapping[str, Any], now: datetime) -> bool:
    """Whether an item has not expired; readers judge `expires_at` themselves, since TTL deletes up to days later."""
    expires_at = item.get("expires_at")
    return expires_at is None or expires_at > epoch(now)


class Table:
    """One table.

    Args:
        aws: The process's clients.
        name: The table's name.
    """

    def __init__(self, aws: AwsClients, name: str) -> None:
        self.aws = aws
        self.name = name

    async def get(
        self, key: Mapping[str, Any], *, consistent: bool = True, live_at: datetime | None = None
    ) -> Item | None:
        """Read one item; None when there is none, or when it has expired at `live_at`."""
        answer = await self._call("get_item", Key=to_wire(key), ConsistentRead=consistent)
        if "Item" not in answer:
            return None
        item = from_wire(answer["Item"])
        return item if live_at is None or is_live(item, live_at) else None

    async def put(
        self, item: Mapping[str, Any], condition: ConditionBase | None = None, *, return_item: bool = False
    ) -> None:
        """Write a whole item.

        Raises:
            ConditionFailed: The condition does not hold; carries the item when `return_item` asks for it.
        """
        await self._write("put_item", Put(item, condition, return_item=return_item))

    async def update(self, update: Update) -> Item:
        """Change one item and answer it as it is now.

        Raises:
            ConditionFailed: The condition does not hold.
        """
        answer = await self._write("update_item", update, ReturnValues="ALL_NEW")
        return from_wire(answer.get("Attributes", {}))

    async def delete(
        self, key: Mapping[str, Any], condition: ConditionBase | None = None, *, return_item: bool = False
    ) -> Item | None:
        """Delete one item and answer what it was.

        Raises:
            ConditionFailed: The condition does not hold.
        """
        answer = await self._write(
            "delete_item", Delete(key, condition, return_item=return_item), ReturnValues="ALL_OLD"
        )
        return from_wire(answer["Attributes"]) if "Attributes" in answer else None

    async def query(
        self,
        key: ConditionBase,
        *,
        where: ConditionBase | None = None,
        index: str | None = None,
        limit: int | None = None,
        forward: bool = True,
        start: Mapping[str, Any] | None = None,
        consistent: bool | None = None,
        attributes: Sequence[str] = (),
    ) -> tuple[list[Item], Item | None]:
        """Read one page by partition key, in order of the sort key.

        Args:
            key: Condition on the keys.
            where: Filter applied after `limit` items were read.
            index: A secondary index; reads of one are never consistent.
            limit: At most so many items are read; a page also ends at 1 MB.
            forward: Ascending order.
            start: The key after which to go on, as an earlier page gave it.
            consistent: By default consistent on the table, not on an index.
            attributes: Only these attributes.

        Returns:
            The items, and the key to go on after, None at the end.
        """
        expressions = Expressions()
        expressions.condition("KeyConditionExpression", key, is_key=True)
        expressions.condition("FilterExpression", where)
        expressions.projection(attributes)
        parameters: dict[str, Any] = expressions.parameters()
        if index is not None:
            parameters["IndexName"] = index
        if limit is not None:
            parameters["Limit"] = limit
        if start is not None:
            parameters["ExclusiveStartKey"] = to_wire(start)
        parameters["ConsistentRead"] = index is None if consistent is None else consistent
        answer = await self._call("query", ScanIndexForward=forward, **parameters)
        last = answer.get("LastEvaluatedKey")
        return [from_wire(item) for item in answer["Items"]], from_wire(last) if last else None

    async def query_all(
        self,
        key: ConditionBase,
        *,
        where: ConditionBase | None = None,
        index: str | None = None,
        forward: bool = True,
        attributes: Sequence[str] = (),
    ) -> AsyncIterator[Item]:
        """Read every page of a query; for partitions whose size is bounded by the model."""
        start: Item | None = None
        while True:
            items, start = await self.query(
                key, where=where, index=index, forward=forward, start=start, attributes=attributes
            )
            for item in items:
                yield item
            if start is None:
                return

    async def scan(
        self, *, where: ConditionBase | None = None, limit: int | None = None, start: Mapping[str, Any] | None = None
    ) -> tuple[list[Item], Item | None]:
        """Read one page of the whole table; for administration of small tables."""
        expressions = Expressions()
        expressions.condition("FilterExpression", where)
        parameters: dict[str, Any] = expressions.parameters()
        if limit is not None:
            parameters["Limit"] = limit
        if start is not None:
            parameters["ExclusiveStartKey"] = to_wire(start)
        answer = await self._call("scan", **parameters)
        last = answer.get("LastEvaluatedKey")
        return [from_wire(item) for item in answer["Items"]], from_wire(last) if last else None

    async def batch_get(self, keys: Sequence[Mapping[str, Any]], *, consistent: bool = True) -> list[Item]:
        """Read many items by key, in no particular order; keys without an item are left out."""
        found: list[Item] = []
        wires = [to_wire(key) for key in keys]
        for at in range(0, len(wires), _BATCH_GET):
            pending = wires[at : at + _BATCH_GET]
            for round_ in range(_BATCH_ROUNDS):
                request = {self.name: {"Keys": pending, "ConsistentRead": consistent}}
                answer = await self.aws.call("dynamodb", "batch_get_item", RequestItems=request)
                found += [from_wire(item) for item in answer["Responses"].get(self.name, [])]
                pending = answer.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys", [])
                if not pending:
                    break
                await _pause(round_)
            else:
                raise RateLimited("the table did not answer all keys of a batch", table=self.name)
        return found

    async def batch_write(
        self, puts: Sequence[Mapping[str, Any]] = (), deletes: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        """Write and delete many items without conditions and without atomicity."""
        requests: list[dict[str, Any]] = [{"PutRequest": {"Item": to_wire(item)}} for item in puts]
        requests += [{"DeleteRequest": {"Key": to_wire(key)}} for key in deletes]
        for at in range(0, len(requests), _BATCH_WRITE):
            pending = requests[at : at + _BATCH_WRITE]
            for round_ in range(_BATCH_ROUNDS):
                answer = await self.aws.call("dynamodb", "batch_write_item", RequestItems={self.name: pending})
                pending = answer.get("UnprocessedItems", {}).get(self.name, [])
                if not pending:
                    break
                await _pause(round_)
            else:
                raise RateLimited("the table did not take all items of a batch", table=self.name)

    async def transact(self, operations: Sequence[Operation], token: str | None = None) -> None:
        """Do all operations or none; at most 100, each on another item.

        Args:
            operations: What to do; an operation may name another table.
            token: Makes a repetition of this call within ten minutes a success without effect; at most 36 characters.

        Raises:
            ConditionFailed: Conditions did not hold; says which and carries the items asked for.
            Conflict: Another transaction touches the same items, or the token was used for another call.
        """
        entries = []
        for operation in operations:
            parameters = {"TableName": operation.table or self.name, **operation.parameters()}
            if operation.return_item:
                parameters["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
            entries.append({_VERBS[type(operation)]: parameters})
        extra = {} if token is None else {"ClientRequestToken": token}
        await self._raw("transact_write_items", {"TransactItems": entries, **extra})

    async def _write(self, operation: str, write: Put | Update | Delete, **extra: Any) -> dict[str, Any]:
        parameters = {"TableName": self.name, **write.parameters(), **extra}
        if write.return_item:
            parameters["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        return await self._raw(operation, parameters)

    async def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return await self.aws.call("dynamodb", operation, TableName=self.name, **parameters)

    async def _raw(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Make a conditional call; its errors carry items and reasons that the plain mapping drops."""

        def call() -> dict[str, Any]:
            answer: dict[str, Any] = getattr(self.aws.client("dynamodb"), operation)(**parameters)
            return answer

        try:
            return await run_blocking(self.aws.limiter, call)
        except ClientError as error:
            raise _explained(operation, error) from error
        except BotoCoreError as error:
            raise from_botocore("dynamodb", operation, error) from error


def _explained(operation: str, error: ClientError) -> StockToolError:
    response: Mapping[str, Any] = error.response
    code = response.get("Error", {}).get("Code", "")
    if code == "ConditionalCheckFailedException":
        failed = ConditionFailed(operation=operation)
        if response.get("Item"):
            failed.item = from_wire(response["Item"])
        return failed
    if code == "TransactionCanceledException" and response.get("CancellationReasons"):
        return _cancelled(operation, response["CancellationReasons"])
    return from_botocore("dynamodb", operation, error)


def _cancelled(operation: str, reasons: Sequence[Mapping[str, Any]]) -> StockToolError:
    codes = [str(reason.get("Code", "None")) for reason in reasons]
    refused = [position for position, code in enumerate(codes) if code == "ConditionalCheckFailed"]
    if refused:
        failed = ConditionFailed(operation=operation, failed=",".join(map(str, refused)))
        failed.operations = refused
        failed.items = {at: from_wire(reasons[at]["Item"]) for at in refused if reasons[at].get("Item")}
        failed.item = failed.items.get(refused[0])
        return failed
    position, code = next(((at, code) for at, code in enumerate(codes) if code != "None"), (0, "None"))
    if code == "TransactionConflict":
        return Conflict("another transaction is changing the same items", operation=operation)
    return from_code("dynamodb", operation, code, str(reasons[position].get("Message", "")))


async def _pause(round_: int) -> None:
    await asyncio.sleep(random.uniform(0.02, 0.05) * 2**round_)  # noqa: S311 - jitter, not a secret
