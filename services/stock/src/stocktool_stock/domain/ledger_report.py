"""What a handed-in ledger comes to: holdings with lots, gains, and returns over a range. See docs/formulas.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from stocktool_stock.domain.book import Book, Flow
from stocktool_stock.domain.bookkeeping import keep_book
from stocktool_stock.domain.closes import Exchange, Observations, price_on
from stocktool_stock.domain.exact import Undefined, exact
from stocktool_stock.domain.ledger_days import RETURN_FIGURES, return_figures, value_days
from stocktool_stock.domain.lots import Lot, held
from stocktool_stock.domain.returns import DatedFlow, xirr
from stocktool_stock.domain.risk import Figure
from stocktool_stock.domain.stateless import ACCOUNT, GivenLedger, ReadLedger, read_ledger

Amount = Decimal | Undefined


@dataclass(frozen=True, slots=True)
class GivenHolding:
    """What is held of a symbol, in the base currency."""

    symbol: str
    quantity: Decimal
    cost_basis: Decimal
    market_value: Amount
    unrealised: Amount
    lots: tuple[Lot, ...]


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """Amounts in the base currency, over (start, end]; from the ledger's first day on its first flows count too."""

    base_currency: str
    start: date | None
    end: date | None
    holdings: tuple[GivenHolding, ...]
    realised: Decimal
    income: Decimal
    fees: Decimal
    taxes: Decimal
    cost_of_sales: Decimal
    net_flows: Decimal
    amounts: Mapping[str, Amount]
    figures: Mapping[str, Figure]
    n_returns: int
    warnings: tuple[str, ...]

    def undefined(self) -> dict[str, str]:
        """Why figures are null, by name."""
        every: dict[str, Amount | Figure] = {**self.amounts, **self.figures}
        return {name: value.reason for name, value in every.items() if isinstance(value, Undefined)}


def report_ledger(given: GivenLedger, today: date) -> LedgerReport:
    """Book a ledger and measure it.

    Args:
        given: The ledger with its prices and rates.
        today: No transaction lies after it.

    Raises:
        InvalidArgument: Something cannot be taken; every violation names its field.
        ShortSale: More leaves a position than it holds.
    """
    ledger = read_ledger(given, today)
    with exact():
        return _Reporter(given, ledger).report()


class _Reporter:
    """Measures one ledger; one use."""

    def __init__(self, given: GivenLedger, ledger: ReadLedger) -> None:
        self._given = given
        self._ledger = ledger
        self._exchange = Exchange(given.base_currency, given.fx)

    def report(self) -> LedgerReport:
        entries = self._ledger.entries
        last = self._given.end or max([*self._given.prices.days[-1:], *(e.day for e in entries[-1:])], default=None)
        if last is None:
            return self._nothing()
        last = max(last, self._given.start or last)
        book = self._book(last)
        first = entries[0].day if entries else last
        start = self._given.start
        inception = start is None or start <= first
        begin = min(first, last) if inception else start or first
        before = None if inception else self._book(begin)
        flows = [
            (flow.day, self._flow_currency(flow), self._flow_value(flow, last))
            for flow in book.flows
            if inception or flow.day > begin
        ]
        net = sum((amount for _, _, amount in flows), Decimal(0))
        final = self._value(book, last, last)
        opening: Amount = Decimal(0) if before is None else self._value(before, begin, last)
        gain: Amount = _first_undefined(final, opening) or _number(final) - _number(opening) - net
        figures, count = self._returns(book, begin, last, [(day, code, float(amount)) for day, code, amount in flows])
        figures["xirr"] = self._xirr(begin, last, opening, final, flows)
        return LedgerReport(
            base_currency=self._given.base_currency,
            start=begin,
            end=last,
            holdings=tuple(self._holding(symbol, book, last) for symbol in book.held_symbols()),
            realised=book.realised - (before.realised if before else 0),
            income=book.income - (before.income if before else 0),
            fees=book.fees - (before.fees if before else 0),
            taxes=book.taxes - (before.taxes if before else 0),
            cost_of_sales=_cost_of_sales(book) - (_cost_of_sales(before) if before else 0),
            net_flows=net,
            amounts={
                "cash": self._cash(book, last),
                "value_start": opening,
                "value_end": final,
                "gain": gain,
            },
            figures=figures,
            n_returns=count,
            warnings=self._warnings(book),
        )

    def _nothing(self) -> LedgerReport:
        zero, none = Decimal(0), Undefined("the ledger has no transactions")
        return LedgerReport(
            base_currency=self._given.base_currency,
            start=None,
            end=None,
            holdings=(),
            realised=zero,
            income=zero,
            fees=zero,
            taxes=zero,
            cost_of_sales=zero,
            net_flows=zero,
            amounts=dict.fromkeys(("cash", "value_start", "value_end", "gain"), zero),
            figures=dict.fromkeys((*RETURN_FIGURES, "xirr"), none),
            n_returns=0,
            warnings=(),
        )

    def _book(self, until: date) -> Book:
        return keep_book(
            self._ledger.entries,
            self._ledger.portfolio,
            self._ledger.rates,
            until=until,
            settle_daily=True,
            skip_empty_dividends=True,
        )

    def _price(self, symbol: str, day: date, until: date) -> Amount:
        """Price of one share in the base currency; before its first observation a name counts at its last trade."""
        seen = self._given.prices.columns.get(symbol, Observations())
        if seen.at(until) is None:
            return Undefined(f"no price of {symbol} is given at or before {until}")
        splits = self._ledger.splits.get(symbol, [])
        price = price_on(seen, splits, day)
        if price is None:
            price = price_on(self._ledger.traded.get(symbol, Observations()), splits, day)
        if price is None:
            return Undefined(f"no price of {symbol} is given at or before {day}")
        return _times(price, self._rate(self._ledger.price_currency[symbol], day))

    def _rate(self, currency: str, day: date) -> Amount:
        rate = self._exchange.rate(currency, day)
        if rate is None:
            return Undefined(f"fx has no rate {currency}{self._given.base_currency} at or before {day}")
        return rate

    def _holding(self, symbol: str, book: Book, day: date) -> GivenHolding:
        lots = tuple(book.lots[ACCOUNT, symbol])
        cost = sum((lot.base_cost for lot in lots), Decimal(0))
        value = _times(held(lots), self._price(symbol, day, day))
        return GivenHolding(
            symbol=symbol,
            quantity=held(lots),
            cost_basis=cost,
            market_value=value,
            unrealised=value if isinstance(value, Undefined) else value - cost,
            lots=lots,
        )

    def _cash(self, book: Book, day: date) -> Amount:
        total = Decimal(0)
        for (_, currency), amount in book.cash.items():
            worth = _times(amount, self._rate(currency, day)) if amount else Decimal(0)
            if isinstance(worth, Undefined):
                return worth
            total += worth
        return total

    def _value(self, book: Book, day: date, until: date) -> Amount:
        """Value on a day, names that have a first observation by `until` included."""
        total = self._cash(book, day)
        if isinstance(total, Undefined):
            return total
        for symbol in book.held_symbols():
            value = _times(held(book.lots[ACCOUNT, symbol]), self._price(symbol, day, until))
            if isinstance(value, Undefined):
                return value
            total += value
        return total

    def _flow_currency(self, flow: Flow) -> str:
        return self._ledger.price_currency[flow.symbol] if flow.symbol else flow.currency

    def _flow_value(self, flow: Flow, until: date) -> Decimal:
        """A flow in the base currency: shares at the day's price, at their cost where none is known."""
        if flow.symbol:
            value = _times(flow.quantity, self._price(flow.symbol, flow.day, until))
            if not isinstance(value, Undefined):
                return value
        return self._ledger.rates.to_base(flow.amount, flow.currency, flow.day)

    def _returns(
        self, book: Book, begin: date, last: date, flows: Sequence[tuple[date, str, float]]
    ) -> tuple[dict[str, Figure], int]:
        if book.first_day is None:
            return dict.fromkeys(RETURN_FIGURES, Undefined("the ledger has no transactions in this range")), 0
        for (_, symbol), steps in book.quantities.items():
            if steps[-1][0] > begin or steps[-1][1]:  # held at some time in the range
                price = self._price(symbol, last, last)
                if isinstance(price, Undefined):
                    return dict.fromkeys(RETURN_FIGURES, price), 0
        days = {day for day in self._given.prices.days if begin < day <= last}
        days |= {begin, last, *(day for day, _, _ in flows if begin < day <= last)}
        if not self._given.prices.days:
            days |= {entry.day for entry in self._ledger.entries if begin < entry.day <= last}
        valued = value_days(self._ledger, book, self._exchange, self._given.prices, days=sorted(days), flows=flows)
        return return_figures(valued)

    def _xirr(
        self, begin: date, last: date, opening: Amount, final: Amount, flows: Sequence[tuple[date, str, Decimal]]
    ) -> Figure:
        missing = _first_undefined(opening, final)
        if missing:
            return missing
        dated = [DatedFlow(day, -float(amount)) for day, _, amount in flows]
        return xirr([DatedFlow(begin, -float(_number(opening))), *dated, DatedFlow(last, float(_number(final)))])

    def _warnings(self, book: Book) -> tuple[str, ...]:
        said = []
        if any(flow.implied for flow in book.flows):
            said.append("the ledger has no deposits, so what purchases lacked counts as paid in on their day")
        said += [f"cash in {code} is negative" for (_, code), amount in sorted(book.cash.items()) if amount < 0]
        return tuple(said)


def _cost_of_sales(book: Book) -> Decimal:
    return sum((sale.cost for sale in book.sales), Decimal(0))


def _times(number: Decimal, amount: Amount) -> Amount:
    return amount if isinstance(amount, Undefined) else number * amount


def _number(amount: Amount) -> Decimal:
    return Decimal(0) if isinstance(amount, Undefined) else amount


def _first_undefined(*amounts: Amount) -> Undefined | None:
    return next((amount for amount in amounts if isinstance(amount, Undefined)), None)
