"""What sales realised over a range of days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.paging import Page, PageRequest, decode_token, encode_token

from stocktool_stock.application.market_ports import FxRates, MarketStatus
from stocktool_stock.application.portfolio_reader import RATE_SOURCE
from stocktool_stock.application.ports import PortfolioStore
from stocktool_stock.application.rate_collector import collect_rates
from stocktool_stock.domain.book import Book, keep_book
from stocktool_stock.domain.holding_period import HoldingRule
from stocktool_stock.domain.ledger import Entry
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId
from stocktool_stock.domain.realised import RealisedSale, RealisedTotal, realised_sales, total, totals_by_symbol


@dataclass(frozen=True, slots=True)
class RealisedReport:
    """A page of sales, and sums over all of the range."""

    portfolio: Portfolio
    start: date | None
    end: date
    sales: Page[RealisedSale]
    total: RealisedTotal
    by_symbol: Mapping[str, RealisedTotal]
    conventions: Mapping[str, str]


class ReportRealised:
    """Reports realised gains."""

    def __init__(self, store: PortfolioStore, rates: FxRates, market: MarketStatus) -> None:
        self._store = store
        self._rates = rates
        self._market = market

    async def __call__(
        self,
        owner: OwnerId,
        portfolio_id: PortfolioId,
        page: PageRequest,
        *,
        start: date | None = None,
        end: date | None = None,
        account_id: str = "",
        symbol: str = "",
        rule: HoldingRule = HoldingRule(),  # noqa: B008 - frozen
    ) -> RealisedReport:
        """Report the sales from `start` to `end`, both included.

        Raises:
            PortfolioNotFound: None by this id is the owner's.
            InvalidArgument: The start lies after the end, or the account is none of the portfolio's.
        """
        today = self._market.today()
        last = today if end is None else min(end, today)
        if start is not None and start > last:
            raise InvalidArgument.of("start", f"must not lie after the end, {last}")
        portfolio = await self._store.get(owner, portfolio_id)
        if account_id and account_id not in portfolio.by_account:
            raise InvalidArgument.of("account_id", "is no account of this portfolio")
        entries = (await self._store.ledger(portfolio)).standing
        book = await self._book(portfolio, entries, last)
        sales = [
            sale
            for sale in book.sales
            if (start is None or sale.day >= start)
            and account_id in ("", sale.account_id)
            and symbol in ("", sale.symbol)
        ]
        needed = {(lot.currency, sale.day) for sale in sales for lot in sale.lots}
        rates = await collect_rates(self._rates, portfolio, (), on=needed)
        told = realised_sales(sales, entries, rates, rule)
        return RealisedReport(
            portfolio=portfolio,
            start=start,
            end=last,
            sales=_page(told, page),
            total=total(told),
            by_symbol=totals_by_symbol(told),
            conventions={
                "cost_method": f"{portfolio.cost_method.value}, where a sale chose no lots",
                "gain": "proceeds after fee at the rate of the day of sale, less cost at the rate of each lot's day",
                "currency_effect": "cost in the lot's currency x (rate of the sale - rate of the purchase)",
                "long_term": rule.text,
                "wash_sale": "losses with a purchase of the symbol within 30 days around them are marked, not adjusted",
                "exchange_rates": RATE_SOURCE,
            },
        )

    async def _book(self, portfolio: Portfolio, entries: tuple[Entry, ...], last: date) -> Book:
        rates = await collect_rates(self._rates, portfolio, entries)
        return keep_book(entries, portfolio, rates, until=last)


def _page(sales: list[RealisedSale], page: PageRequest) -> Page[RealisedSale]:
    first = 0
    if page.page_token:
        position = decode_token(page.page_token).get("first", "")
        if not position.isdecimal() or not position.isascii():
            raise InvalidArgument.of("page_token", "is not a token this list gave; start again without it")
        first = int(position)
    after = first + page.page_size
    return Page(sales[first:after], encode_token({"first": str(after)}) if after < len(sales) else "")
