"""Lists of symbols that somebody keeps an eye on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from stocktool_kit.core.errors import Conflict, FailedPrecondition, FieldViolation, InvalidArgument, NotFound
from stocktool_kit.core.ids import OwnerId

from stocktool_stock.domain.instruments import parse_symbol

MOST_LISTS = 20
MOST_SYMBOLS = 100
MOST_NAME = 80


class WatchlistNotFound(NotFound):
    """No watchlist by this id belongs to the caller."""

    reason = "WATCHLIST_NOT_FOUND"


class TooManyWatchlists(FailedPrecondition):
    """The owner has as many as there may be."""

    reason = "TOO_MANY_WATCHLISTS"


class StaleWatchlist(Conflict):
    """The list was changed since the caller read it."""

    reason = "STALE_VERSION"


@dataclass(frozen=True, slots=True)
class Watchlist:
    """One list; `version` grows by one with each change."""

    id: str
    owner: OwnerId
    name: str
    symbols: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    version: int = 1

    def changed(self, at: datetime, *, name: str | None = None, symbols: Sequence[str] | None = None) -> Watchlist:
        """The next version with these changes."""
        return replace(
            self,
            name=self.name if name is None else name,
            symbols=self.symbols if symbols is None else tuple(symbols),
            updated_at=at,
            version=self.version + 1,
        )


def read_list_name(text: str, pointer: str = "/name") -> str:
    """Read a name.

    Raises:
        InvalidArgument: Empty, too long, or with control characters.
    """
    name = text.strip()
    if not 1 <= len(name) <= MOST_NAME or not name.isprintable():
        raise InvalidArgument.of(pointer, f"must be 1 to {MOST_NAME} printable characters")
    return name


def read_symbols(texts: Sequence[str], pointer: str = "/symbols") -> tuple[str, ...]:
    """Read symbols in the order given, each once.

    Raises:
        InvalidArgument: Too many, or one cannot be a symbol; each violation names its place.
    """
    violations: list[FieldViolation] = []
    if len(texts) > MOST_SYMBOLS:
        raise InvalidArgument.of(pointer, f"at most {MOST_SYMBOLS} symbols")
    found: list[str] = []
    for index, text in enumerate(texts):
        try:
            found.append(parse_symbol(text, f"{pointer}/{index}"))
        except InvalidArgument as error:
            violations += error.violations
    if violations:
        raise InvalidArgument(f"{violations[0].pointer} {violations[0].detail}", violations)
    return tuple(dict.fromkeys(found))
