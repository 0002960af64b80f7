"""Many ledger entries, or fingerprints, as the bytes of one item."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Sequence

import orjson

from stocktool_stock.application.collector_pause import collector_paused
from stocktool_stock.application.columns import Schema
from stocktool_stock.domain.import_batch import PRINT_BYTES, short_print
from stocktool_stock.domain.ledger import Entry

_ENTRIES = Schema(Entry, leave_out=["reversed_by"])
_FORMAT = 1
_ROWS = 1_000
_PRINTS = 30_000  # 240 KB
MAX_BYTES = 320_000
"""What a chunk may weigh; an item may have 400 KB, its keys included."""


class ChunkDamaged(Exception):
    """The bytes are not what was written, or were written by another version."""


def pack_entries(entries: Sequence[Entry]) -> bytes:
    """Write entries: a line that tells format and digest, then columns, compressed."""
    body = orjson.dumps(_ENTRIES.write_many(entries))
    head = {"format": _FORMAT, "digest": hashlib.blake2b(body, digest_size=16).hexdigest()}
    return orjson.dumps(head) + b"\n" + zlib.compress(body, 5)


def unpack_entries(chunk: bytes, *, after: int = 0) -> list[Entry]:
    """Read entries, numbered on from `after`.

    Raises:
        ChunkDamaged: The bytes are not what was written.
    """
    line, _, packed = chunk.partition(b"\n")
    try:
        head, body = orjson.loads(line), zlib.decompress(packed)
        if head["format"] != _FORMAT or head["digest"] != hashlib.blake2b(body, digest_size=16).hexdigest():
            raise ChunkDamaged("a chunk of the ledger does not match its digest")
        content = orjson.loads(body)
        if after:
            numbers = content["c"]["sequence"]
            numbers["v"] = [after + number for number in numbers["v"]]
        with collector_paused():
            return _ENTRIES.read_many(content)
    except (zlib.error, ValueError, KeyError, TypeError, IndexError, ArithmeticError) as error:
        raise ChunkDamaged("a chunk of the ledger cannot be unpacked") from error


def cut_entries(entries: Sequence[Entry]) -> Iterator[tuple[Sequence[Entry], bytes]]:
    """Cut entries into chunks that fit an item, in order: which each has, and its bytes."""
    for at in range(0, len(entries), _ROWS):
        yield from _fitting(entries[at : at + _ROWS])


def _fitting(entries: Sequence[Entry]) -> Iterator[tuple[Sequence[Entry], bytes]]:
    chunk = pack_entries(entries)
    if len(chunk) <= MAX_BYTES or len(entries) == 1:
        yield entries, chunk
        return
    half = len(entries) // 2  # notes of 500 characters each that do not compress
    yield from _fitting(entries[:half])
    yield from _fitting(entries[half:])


def pack_prints(fingerprints: Sequence[str]) -> list[bytes]:
    """Cut fingerprints into chunks that fit an item."""
    chunks = [fingerprints[at : at + _PRINTS] for at in range(0, len(fingerprints), _PRINTS)]
    return [b"".join(map(short_print, chunk)) for chunk in chunks]


def unpack_prints(chunks: Sequence[bytes]) -> list[bytes]:
    """Read short fingerprints, in order of their entries."""
    return [chunk[at : at + PRINT_BYTES] for chunk in chunks for at in range(0, len(chunk), PRINT_BYTES)]
