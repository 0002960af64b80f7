"""What sales realised over a range of days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from stocktool_kit.aio import Limiter, run_blocking
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.paging import Page, PageRequest, decode_token, encode_token

from stocktool_stock.application.ledger_books import LedgerBooks
from stocktool_stock.application.market_ports import MarketStatus
from stocktool_stock.application.portfolio_reader import RATE_SOURCE
from stocktool_stock.application.ports import PortfolioStore
from stocktool_stock.domain.holding_period import HoldingRule
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId
from stocktool_stock.domain.realised import RealisedSale, RealisedTotal, realised_sales, total, totals_by_symbol

_MANY = 200
"""So many sales are worked out on a thread."""


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

    def __init__(self, store: PortfolioStore, books: LedgerBooks, market: MarketStatus) -> None:
        self._store = store
        self._books = books
        self._market = market
        self._threads = Limiter(1)

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
        book, rates = await self._books.book(portfolio, last)
        sales = [
            sale
            for sale in book.sales
            if (start is None or sale.day >= start)
            and account_id in ("", sale.account_id)
            and symbol in ("", sale.symbol)
        ]
        # Only a loss needs the purchases around it.
        entries = (await self._store.ledger(portfolio)).standing if any(sale.gain < 0 for sale in sales) else ()

        def work() -> tuple[list[RealisedSale], RealisedTotal, Mapping[str, RealisedTotal]]:
            told = realised_sales(sales, entries, rates, rule)
            return told, total(told), totals_by_symbol(told)

        told, sums, by_symbol = work() if len(sales) < _MANY else await run_blocking(self._threads, work)
        return RealisedReport(
            portfolio=portfolio,
            start=start,
            end=last,
            sales=_page(told, page),
            total=sums,
            by_symbol=by_symbol,
            conventions={
                "cost_method": f"{portfolio.cost_method.value}, where a sale chose no lots",
                "gain": "proceeds after fee at the rate of the day of sale, less cost at the rate of each lot's day",
                "currency_effect": "cost in the lot's currency x (rate of the sale - rate of the purchase)",
                "long_term": rule.text,
                "wash_sale": "losses with a purchase of the symbol within 30 days around them are marked, not adjusted",
                "exchange_rates": RATE_SOURCE,
            },
        )


def _page(sales: list[RealisedSale], page: PageRequest) -> Page[RealisedSale]:
    first = 0
    if page.page_token:
        position = decode_token(page.page_token).get("first", "")
        if not position.isdecimal() or not position.isascii():
            raise InvalidArgument.of("page_token", "is not a token this list gave; start again without it")
        first = int(position)
    after = first + page.page_size
    return Page(sales[first:after], encode_token({"first": str(after)}) if after < len(sales) else "")
