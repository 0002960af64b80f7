"""Values of which a ledger has tens of thousands.

A frozen dataclass sets each attribute through `object.__setattr__`, which makes it six times as slow to build as one
that is not (Python 3.11). These are frozen to the type checker, which sees every line of ours, and plain when they run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as value
else:
    from dataclasses import dataclass

    def value(*, frozen, slots, eq=True):
        """`dataclass(frozen=True, slots=True)` as the type checker sees it."""
        assert frozen, "values do not change"
        return dataclass(slots=slots, eq=eq, unsafe_hash=eq)


__all__ = ["value"]
