"""Entries of one kind in `stocktool-stock-cache`: PK `symbol`, SK `data_type`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Generic, TypeVar

from stocktool_kit.aws.table import Table
from stocktool_kit.core.clock import Clock, epoch, instant, parse_instant
from stocktool_kit.core.ids import new_ulid

from stocktool_stock.application.provider_ports import Entry

T = TypeVar("T")

_KEPT = timedelta(days=7)  # after its fresh time a value can still be served as an old one
_PART_BYTES = 350_000  # an item holds 400 KB with its names


class DynamoDBEntries(Generic[T]):
    """One kind of entry as packed bytes, in as many items as its size needs.

    Args:
        table: The cache table.
        data_type: The kind: `quote`, `bars#1d`.
        pack: Writes a value.
        unpack: Reads what `pack` wrote; raises ValueError for what an older version wrote.
        clock: Real time.
    """

    def __init__(
        self, table: Table, data_type: str, *, pack: Callable[[T], bytes], unpack: Callable[[bytes], T], clock: Clock
    ) -> None:
        self._table = table
        self._data_type = data_type
        self._pack = pack
        self._unpack = unpack
        self._clock = clock

    async def read(self, keys: Sequence[str]) -> Mapping[str, Entry[T]]:
        """Give the entries there are and have not expired, fresh or not; all with one batch read."""
        items = await self._table.batch_get([self._key(key, 0) for key in keys], consistent=False)
        now = epoch(self._clock.now())
        heads = {item["symbol"]: item for item in items if item["expires_at"] > now}
        parts: dict[str, dict[int, bytes]] = {symbol: {0: head.get("body", b"")} for symbol, head in heads.items()}
        more = [
            self._key(symbol, part) for symbol, head in heads.items() for part in range(1, int(head.get("parts", 1)))
        ]
        for item in await self._table.batch_get(more, consistent=False) if more else ():
            head = heads[item["symbol"]]
            if item["version"] == head["version"]:  # else another write is under way
                parts[item["symbol"]][int(item["part"])] = item["body"]
        result = {}
        for symbol, head in heads.items():
            entry = self._entry(head, parts[symbol])
            if entry is not None:
                result[symbol] = entry
        return result

    async def write(self, entries: Mapping[str, Entry[T]]) -> None:
        """Keep entries. The parts go before the head that names them, so that a head never lacks its parts for long."""
        tails: list[dict[str, Any]] = []
        heads: list[dict[str, Any]] = []
        for key, entry in entries.items():
            body = b"" if entry.value is None else self._pack(entry.value)
            cuts = [body[at : at + _PART_BYTES] for at in range(0, len(body), _PART_BYTES)] or [b""]
            version = new_ulid()
            common = {"version": version, "expires_at": epoch(entry.fresh_until, _KEPT)}
            tails += [
                {**self._key(key, part), **common, "part": part, "body": cut}
                for part, cut in enumerate(cuts[1:], start=1)
            ]
            heads.append(
                {
                    **self._key(key, 0),
                    **common,
                    "parts": len(cuts),
                    "body": cuts[0] or None,
                    "absent": True if entry.value is None else None,
                    "suggestions": list(entry.suggestions) or None,
                    "fresh_until": instant(entry.fresh_until),
                    "fetched_at": None if entry.fetched_at is None else instant(entry.fetched_at),
                }
            )
        for tail in tails:  # one by one: a batch request may hold 16 MB, but an emulator's may not
            await self._table.put(tail)
        await self._table.batch_write(heads)

    def _key(self, symbol: str, part: int) -> dict[str, str]:
        return {"symbol": symbol, "data_type": self._data_type if part == 0 else f"{self._data_type}#{part}"}

    def _entry(self, head: Mapping[str, Any], parts: Mapping[int, bytes]) -> Entry[T] | None:
        fresh_until = parse_instant(head["fresh_until"])
        fetched_at = parse_instant(head["fetched_at"]) if head.get("fetched_at") else None
        if head.get("absent"):
            return Entry(None, fresh_until, tuple(head.get("suggestions", ())), fetched_at)
        count = int(head["parts"])
        if len(parts) != count:
            return None
        try:
            value = self._unpack(b"".join(bytes(parts[part]) for part in range(count)))
        except ValueError:
            return None
        return Entry(value, fresh_until, fetched_at=fetched_at)
