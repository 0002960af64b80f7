"""A portfolio beside itself after some trades. Nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import FieldViolation, InvalidArgument
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.money import Money

from stocktool_stock.application.fixed_rates import fix_rates
from stocktool_stock.application.market_ports import FxRates
from stocktool_stock.application.portfolio_picture import Picture, ReadPicture
from stocktool_stock.domain.allocation import AllocationBy, Slice, allocate
from stocktool_stock.domain.bars import Column
from stocktool_stock.domain.book import Book, Sale
from stocktool_stock.domain.drafts import read_drafts
from stocktool_stock.domain.exact import Undefined, exact
from stocktool_stock.domain.ledger import Draft, Entry, EntryType, plain
from stocktool_stock.domain.lots import QUANTUM
from stocktool_stock.domain.mix import CONVENTIONS as MIX_CONVENTIONS
from stocktool_stock.domain.mix import MixRisk, mix_risk
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId
from stocktool_stock.domain.valuation import Valuation, price_at

MAX_TRADES = 50
TYPES = (EntryType.BUY, EntryType.SELL, EntryType.DEPOSIT, EntryType.WITHDRAWAL)
CUTS = (AllocationBy.CLASS, AllocationBy.SECTOR, AllocationBy.CURRENCY)

CONVENTIONS: Mapping[str, str] = {
    **MIX_CONVENTIONS,
    "trades": "booked on the market's day in the order given, by the rules of the ledger; nothing is stored",
    "prices": "given ones, else the last closes",
    "gain": "proceeds after fee - cost of the lots sold, in the base currency",
}


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """A portfolio before or after; `cash` by currency."""

    valuation: Valuation
    book: Book
    allocation: Mapping[AllocationBy, tuple[Slice, ...] | Undefined]
    risk: MixRisk


@dataclass(frozen=True, slots=True, eq=False)
class WhatIfReport:
    """Both sides, the entries as they would be booked, and the sales among them with their lots."""

    portfolio: Portfolio
    as_of: date
    window_start: date | None
    benchmark: str
    before: Side
    after: Side
    entries: Sequence[Entry]
    sales: Sequence[Sale]
    realised: Money
    fees: Money
    left_out: Mapping[str, str]
    warnings: Sequence[str]
    conventions: Mapping[str, str] = field(default_factory=lambda: dict(CONVENTIONS))


class WhatIf:
    """Applies trades in memory and compares."""

    def __init__(self, pictures: ReadPicture, fx: FxRates, clock: Clock) -> None:
        self._pictures = pictures
        self._fx = fx
        self._clock = clock

    async def __call__(
        self,
        owner: OwnerId,
        portfolio_id: PortfolioId,
        trades: Sequence[Draft],
        *,
        benchmark: str = "",
        start: date | None = None,
    ) -> WhatIfReport:
        """Compare a portfolio with what it would be.

        Args:
            owner: Whose it is.
            portfolio_id: Which.
            trades: Buys, sells, deposits and withdrawals without a day; a trade without a price takes the last one.
            benchmark: Symbol for beta, none when empty.
            start: First day of the window of returns; by default a year before.

        Raises:
            InvalidArgument: Something cannot be taken; each violation names its place.
            ShortSale: More would be sold than is held.
            PortfolioNotFound: None by this id is the owner's.
        """
        _check(trades)
        symbols = sorted({trade.symbol.strip().upper() for trade in trades if trade.symbol})
        also = {*symbols, *([benchmark] if benchmark else [])}
        picture = await self._pictures(
            owner, portfolio_id, start=start, also=also, unprofiled=[benchmark] if benchmark not in symbols else []
        )
        if benchmark:
            picture.require(benchmark, "/benchmark")
        entries = await self._entries(picture, trades)
        forked = await self._pictures.fork_entries(picture, entries)
        against = picture.benchmark(benchmark)
        before = _side(picture, picture.valuation, picture.book, against)
        after = _side(picture, forked.valuation, forked.book, against)
        held = {h.symbol for h in (*picture.valuation.holdings, *forked.valuation.holdings)}
        return WhatIfReport(
            portfolio=picture.portfolio,
            as_of=picture.day,
            window_start=picture.window_start,
            benchmark=benchmark,
            before=before,
            after=after,
            entries=entries,
            sales=forked.sales,
            realised=Money(sum((sale.gain for sale in forked.sales), Decimal(0)), picture.base),
            fees=Money(forked.book.fees - picture.book.fees, picture.base),
            left_out={n: why for n, why in picture.table.left_out.items() if n in held or n == benchmark},
            warnings=tuple(dict.fromkeys((*picture.warnings(), *forked.valuation.warnings))),
        )

    async def _entries(self, picture: Picture, trades: Sequence[Draft]) -> list[Entry]:
        drafts = [_priced(picture, replace(each, day=picture.day), index) for index, each in enumerate(trades)]
        entries = read_drafts(
            drafts,
            picture.portfolio,
            today=picture.day,
            currencies=await self._fx.currencies(),
            recorded_at=self._clock.now(),
            pointer="/trades/{}",
        )
        return await fix_rates(self._fx, entries, picture.portfolio, "/trades/{}".format)


def _check(trades: Sequence[Draft]) -> None:
    if not 1 <= len(trades) <= MAX_TRADES:
        raise InvalidArgument.of("/trades", f"must hold 1 to {MAX_TRADES} trades")
    found = [
        FieldViolation(f"/trades/{index}/type", f"must be one of {', '.join(TYPES)}")
        for index, trade in enumerate(trades)
        if trade.type not in TYPES
    ]
    if found:
        raise InvalidArgument(f"{found[0].pointer} {found[0].detail}", found)


def _priced(picture: Picture, trade: Draft, index: int) -> Draft:
    """A trade with the last price, where it has none; it is in the price's currency then."""
    if not trade.symbol or trade.price or trade.amount:
        return trade
    symbol = trade.symbol.strip().upper()
    point = price_at(symbol, picture.book, picture.material.bars, picture.day)
    if point is None:
        raise InvalidArgument.of(f"/trades/{index}/price", f"is needed: no price of {symbol} is known")
    if trade.currency and trade.currency != point.price.currency:
        raise InvalidArgument.of(
            f"/trades/{index}/price", f"is needed: the last price of {symbol} is in {point.price.currency}"
        )
    with exact():  # a vendor's float has more digits than an entry keeps
        price = point.price.amount.quantize(QUANTUM, rounding=ROUND_HALF_EVEN)
    return replace(trade, price=plain(price), currency=point.price.currency)


def _side(picture: Picture, valuation: Valuation, book: Book, against: Column | None) -> Side:
    return Side(
        valuation=valuation,
        book=book,
        allocation={by: allocate(valuation, by, picture.portfolio, picture.kinds) for by in CUTS},
        risk=mix_risk(valuation, picture.table, benchmark=against),
    )
