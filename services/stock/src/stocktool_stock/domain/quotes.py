"""Last prices, and what is to be said about their age."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from stocktool_kit.core.errors import NotFound, RateLimited, Unavailable
from stocktool_kit.core.money import Money


class SymbolNotFound(NotFound):
    """No instrument trades under this symbol."""

    reason = "SYMBOL_NOT_FOUND"

    def __init__(self, symbol: str, suggestions: Sequence[str] = ()) -> None:
        hint = f"; did you mean {' or '.join(suggestions)}?" if suggestions else ""
        super().__init__(
            f"no instrument trades as {symbol}{hint}", symbol=symbol, suggestions=",".join(suggestions) or None
        )
        self.symbol = symbol
        self.suggestions = tuple(suggestions)


class ProviderUnavailable(Unavailable):
    """The provider of market data does not answer, or answers nonsense."""

    reason = "PROVIDER_UNAVAILABLE"


class ProviderLimited(RateLimited):
    """The provider refuses calls for their number, or our own budget is spent."""

    reason = "PROVIDER_LIMITED"


class BudgetSpent(ProviderLimited):
    """Our own budget of calls is spent, or another process's to spend; says nothing about the provider."""


@dataclass(frozen=True, slots=True)
class Quote:
    """The last price of one symbol.

    Attributes:
        symbol: The symbol asked for.
        price: Last price in the currency it trades in.
        previous_close: Close of the session before, None when unknown.
        as_of: When the price was made, by the market's clock.
        source: Name shown beside the price.
        stale: The price is older than it should be; see `stocktool_stock.domain.calendar.PricesDue`.
        name: Name of the instrument, empty when unknown.
        zone: IANA zone of its exchange, empty when unknown.
    """

    symbol: str
    price: Money
    previous_close: Money | None
    as_of: datetime
    source: str
    stale: bool = False
    name: str = ""
    zone: str = ""

    @property
    def change(self) -> Money | None:
        """Price less previous close, None when that is unknown."""
        return None if self.previous_close is None else self.price - self.previous_close

    @property
    def change_fraction(self) -> Decimal | None:
        """Change as a fraction of the previous close to six places, None when undefined."""
        if self.previous_close is None or self.previous_close.amount == 0:
            return None
        fraction = self.price.amount / self.previous_close.amount - 1
        return fraction.quantize(Decimal("0.000001"), rounding=ROUND_HALF_EVEN)

    def undefined(self) -> dict[str, str]:
        """Figures that are absent, each with its reason."""
        if self.previous_close is None:
            reason = "no earlier close is known"
            return {"previous_close": reason, "change": reason, "change_fraction": reason}
        if self.previous_close.amount == 0:
            return {"change_fraction": "the previous close is zero"}
        return {}

    def age_seconds(self, now: datetime) -> int:
        """Whole seconds from the price's instant to `now`, never negative."""
        return max(0, int((now - self.as_of).total_seconds()))

    def marked(self, *, stale: bool) -> Quote:
        """The same quote with its staleness judged anew."""
        return self if stale == self.stale else replace(self, stale=stale)


@dataclass(frozen=True, slots=True)
class SymbolFailure:
    """Why one symbol has no answer: `reason` is SYMBOL_NOT_FOUND, PROVIDER_UNAVAILABLE or PROVIDER_LIMITED."""

    symbol: str
    reason: str
    detail: str
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QuoteBatch:
    """Quotes in the order asked, and a failure for each symbol without one.

    Attributes:
        now: The market's now, to which ages count.
    """

    quotes: Sequence[Quote]
    failures: Sequence[SymbolFailure]
    now: datetime
    by_symbol: Mapping[str, Quote] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_symbol", {quote.symbol: quote for quote in self.quotes})
