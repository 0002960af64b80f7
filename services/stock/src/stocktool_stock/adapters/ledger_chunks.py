"""Many ledger entries, or fingerprints, as the bytes of one item."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from stocktool_stock.application.records import Record, entry_of, entry_record
from stocktool_stock.domain.import_batch import PRINT_BYTES, short_print
from stocktool_stock.domain.ledger import Entry

_FORMAT = 1
_ROWS = 1_000
_PRINTS = 30_000  # 240 KB
MAX_BYTES = 320_000
"""What a chunk may weigh; an item may have 400 KB, its keys included."""


class ChunkDamaged(Exception):
    """The bytes are not what was written, or were written by another version."""


def pack_records(records: Sequence[Mapping[str, Any]]) -> bytes:
    """Write records (JSON values): a line that tells format, count and digest, then the records, compressed."""
    body = orjson.dumps(records)
    head = {"format": _FORMAT, "count": len(records), "digest": hashlib.blake2b(body, digest_size=16).hexdigest()}
    return orjson.dumps(head) + b"\n" + zlib.compress(body, 5)


def unpack_records(chunk: bytes) -> list[Record]:
    """Read records.

    Raises:
        ChunkDamaged: The bytes are not what was written.
    """
    line, _, packed = chunk.partition(b"\n")
    try:
        head, body = orjson.loads(line), zlib.decompress(packed)
        if head["format"] != _FORMAT or head["digest"] != hashlib.blake2b(body, digest_size=16).hexdigest():
            raise ChunkDamaged("a chunk of the ledger does not match its digest")
        records: list[Record] = orjson.loads(body)
    except (zlib.error, orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise ChunkDamaged("a chunk of the ledger cannot be unpacked") from error
    return records


def pack_entries(entries: Sequence[Entry]) -> Iterator[tuple[int, bytes]]:
    """Cut entries into chunks that fit an item: how many each has, and its bytes, in order."""
    for at in range(0, len(entries), _ROWS):
        yield from _fitting([entry_record(entry) for entry in entries[at : at + _ROWS]])


def _fitting(records: Sequence[Record]) -> Iterator[tuple[int, bytes]]:
    chunk = pack_records(records)
    if len(chunk) <= MAX_BYTES or len(records) == 1:
        yield len(records), chunk
        return
    half = len(records) // 2  # notes of 500 characters each that do not compress
    yield from _fitting(records[:half])
    yield from _fitting(records[half:])


def unpack_entries(chunk: bytes) -> list[Entry]:
    """Read entries.

    Raises:
        ChunkDamaged: The bytes are not what was written.
    """
    return [entry_of(record) for record in unpack_records(chunk)]


def pack_prints(fingerprints: Sequence[str]) -> list[bytes]:
    """Cut fingerprints into chunks that fit an item."""
    chunks = [fingerprints[at : at + _PRINTS] for at in range(0, len(fingerprints), _PRINTS)]
    return [b"".join(map(short_print, chunk)) for chunk in chunks]


def unpack_prints(chunks: Sequence[bytes]) -> list[bytes]:
    """Read short fingerprints, in order of their entries."""
    return [chunk[at : at + PRINT_BYTES] for chunk in chunks for at in range(0, len(chunk), PRINT_BYTES)]
