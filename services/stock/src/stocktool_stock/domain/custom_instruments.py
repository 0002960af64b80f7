"""Instruments of a user's own (a house, a private fund, a delisted share) with the prices the user gives them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal

import numpy as np
from stocktool_kit.core.errors import AlreadyExists, FailedPrecondition, FieldViolation, InvalidArgument, NotFound

from stocktool_stock.domain.bars import MANUAL, Bars
from stocktool_stock.domain.instruments import Instrument, parse_symbol
from stocktool_stock.domain.ledger import EARLIEST, read_decimal
from stocktool_stock.domain.portfolio import currency_problem

PREFIX = "CUSTOM:"
"""What symbols of a user's own begin with; no provider ever hears of one."""
MAX_INSTRUMENTS = 100
MAX_PRICES = 2_000
MAX_TEXT = 80
STALE_AFTER = 92
"""Days after which a manual price counts as stale unless its instrument says otherwise: a quarter."""
MAX_STALE_AFTER = 3_660


class InstrumentExists(AlreadyExists):
    """The portfolio has an instrument by this symbol."""

    reason = "INSTRUMENT_EXISTS"


class InstrumentNotFound(NotFound):
    """The portfolio has no instrument by this symbol."""

    reason = "INSTRUMENT_NOT_FOUND"


class InstrumentInUse(FailedPrecondition):
    """Transactions of the ledger name the instrument."""

    reason = "INSTRUMENT_IN_USE"


@dataclass(frozen=True, slots=True)
class CustomInstrument:
    """An instrument of a user's own, within one portfolio.

    Attributes:
        symbol: Begins with `CUSTOM:`.
        stale_after: Days after which its last price counts as stale.
        prices: Price of one unit in `currency` by day, oldest first; as told, never adjusted for splits.
    """

    symbol: str
    name: str
    currency: str
    asset_class: str = ""
    sector: str = ""
    country: str = ""
    stale_after: int = STALE_AFTER
    prices: tuple[tuple[date, Decimal], ...] = ()

    def profile(self) -> Instrument:
        """What is known of it, as of any other instrument."""
        return Instrument(
            symbol=self.symbol,
            name=self.name,
            type=self.asset_class,
            currency=self.currency,
            sector=self.sector,
            country=self.country,
        )

    def priced(self, prices: Mapping[date, Decimal]) -> CustomInstrument:
        """With these prices, each in place of one of the same day.

        Raises:
            InvalidArgument: There would be too many.
        """
        every = dict(self.prices) | dict(prices)
        if len(every) > MAX_PRICES:
            raise InvalidArgument.of("/prices", f"an instrument has at most {MAX_PRICES} prices")
        return replace(self, prices=tuple(sorted(every.items())))

    def unpriced(self, start: date | None, end: date | None) -> CustomInstrument:
        """Without the prices of a range of days, both included; None is open."""
        low, high = start or date.min, end or date.max
        return replace(self, prices=tuple((day, price) for day, price in self.prices if not low <= day <= high))


def is_custom(symbol: str) -> bool:
    """Whether a symbol is one of a user's own."""
    return symbol.startswith(PREFIX)


def read_custom_symbol(text: str, pointer: str) -> str:
    """Read a symbol of a user's own; lower case is raised.

    Raises:
        InvalidArgument: It is no symbol, or none of a user's own.
    """
    symbol = parse_symbol(text, pointer)
    if not is_custom(symbol) or symbol == PREFIX:
        raise InvalidArgument.of(pointer, "must begin with custom: as in custom:house")
    return symbol


def check_instrument(instrument: CustomInstrument, currencies: Collection[str]) -> CustomInstrument:
    """See that an instrument can be taken; texts are stripped.

    Raises:
        InvalidArgument: Something cannot; each violation names its field.
    """
    violations: list[FieldViolation] = []
    texts = {name: getattr(instrument, name).strip() for name in ("name", "asset_class", "sector", "country")}
    for name, text in texts.items():
        if len(text) > MAX_TEXT or not (text.isprintable() or not text) or (name == "name" and not text):
            least = 1 if name == "name" else 0
            violations.append(FieldViolation(f"/{name}", f"must be {least} to {MAX_TEXT} printable characters"))
    problem = currency_problem(instrument.currency, currencies)
    if problem:
        violations.append(FieldViolation("/currency", problem))
    if not 1 <= instrument.stale_after <= MAX_STALE_AFTER:
        violations.append(FieldViolation("/stale_after_days", f"must be 1 to {MAX_STALE_AFTER}"))
    if violations:
        raise InvalidArgument(f"{violations[0].pointer} {violations[0].detail}", violations)
    return replace(instrument, **texts)


def read_prices(rows: Sequence[tuple[date, str]], today: date) -> dict[date, Decimal]:
    """Read prices by day.

    Raises:
        InvalidArgument: One cannot be taken, or a day is there twice; each violation names its place.
    """
    violations: list[FieldViolation] = []
    prices: dict[date, Decimal] = {}
    for index, (day, text) in enumerate(rows):
        place = f"/prices/{index}"
        if day > today:
            violations.append(FieldViolation(f"{place}/date", f"lies after the market's today, {today}"))
        elif day < EARLIEST:
            violations.append(FieldViolation(f"{place}/date", f"lies before {EARLIEST}"))
        elif day in prices:
            violations.append(FieldViolation(f"{place}/date", "is there twice"))
        try:
            prices[day] = read_decimal(text)
        except InvalidArgument as error:
            violations.append(FieldViolation(f"{place}/price", error.message))
            continue
        if prices[day] < 0:
            violations.append(FieldViolation(f"{place}/price", "must not be negative"))
    if violations:
        raise InvalidArgument(f"{violations[0].pointer} {violations[0].detail}", violations)
    return prices


def manual_bars(instrument: CustomInstrument, until: date) -> Bars | None:
    """Its prices up to a day as bars, None when there are none.

    The last one holds until the next, and is stale once it is older than the instrument allows.
    """
    rows = [(day, price) for day, price in instrument.prices if day <= until]
    if not rows:
        return None
    close = np.array([float(price) for _, price in rows], dtype=np.float64)
    unknown = np.full(len(rows), np.nan)
    for column in (close, unknown):
        column.setflags(write=False)
    last = rows[-1][0]
    return Bars(
        symbol=instrument.symbol,
        currency=instrument.currency,
        days=np.array([day for day, _ in rows], dtype="datetime64[D]"),
        open=close,
        high=close,
        low=close,
        close=close,
        adjusted_close=close,
        volume=unknown,
        splits=(),
        source=MANUAL,
        as_of=datetime.combine(last, time(), tzinfo=UTC),
        stale=(until - last).days > instrument.stale_after,
    )


def all_manual_bars(instruments: Iterable[CustomInstrument], until: date) -> dict[str, Bars]:
    """Bars of every instrument that has a price by a day, by symbol."""
    found = {instrument.symbol: manual_bars(instrument, until) for instrument in instruments}
    return {symbol: bars for symbol, bars in found.items() if bars is not None}
