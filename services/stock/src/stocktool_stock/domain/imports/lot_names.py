"""Chosen lots of an export are named by the entries that bought them, whose ids are others once imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from stocktool_stock.domain.ledger import Entry, LotChoice


def with_lot_names(entries: Sequence[Entry], names: Mapping[str, str]) -> list[Entry]:
    """Entries whose chosen lots are named by the new ids; lots that are not among them keep their names.

    Args:
        entries: In any order.
        names: New id by the old one.
    """
    if not names:
        return list(entries)
    return [replace(entry, lots=_renamed(entry.lots, names)) if entry.lots else entry for entry in entries]


def _renamed(lots: Sequence[LotChoice], names: Mapping[str, str]) -> tuple[LotChoice, ...]:
    return tuple(LotChoice(names.get(choice.lot_id, choice.lot_id), choice.quantity) for choice in lots)
