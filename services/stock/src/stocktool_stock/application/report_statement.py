"""The statement of a portfolio: a period on paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import InvalidArgument

from stocktool_stock.application.analysis_ports import ReportStore, TellStep
from stocktool_stock.application.market_ports import MarketStatus, Status
from stocktool_stock.application.measure_income import IncomeReport, MeasureIncome
from stocktool_stock.application.measure_performance import MeasurePerformance, PerformanceReport
from stocktool_stock.application.offload import Offload
from stocktool_stock.application.report_tax_lots import PDF_TYPE, ReportTaxLots, TaxLotsReport, TaxLotsRequest
from stocktool_stock.application.value_portfolio import HoldingsReport, ValuePortfolio
from stocktool_stock.domain.analysis import Analysis, Json, Outcome


@dataclass(frozen=True, slots=True)
class StatementRequest:
    """The period; without days from the ledger's first to the market's today."""

    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """Everything the paper says: holdings at the end, and what happened in the period."""

    start: date
    end: date
    holdings: HoldingsReport
    performance: PerformanceReport | None
    income: IncomeReport
    sales: TaxLotsReport
    market: Status
    analysis_id: str
    created: date


class WriteStatement:
    """A statement in the background, as a PDF."""

    def __init__(
        self,
        value: ValuePortfolio,
        performance: MeasurePerformance,
        income: MeasureIncome,
        sales: ReportTaxLots,
        *,
        market: MarketStatus,
        reports: ReportStore,
        offload: Offload,
        clock: Clock,
        read: Callable[[Mapping[str, Json]], StatementRequest],
        render: Callable[[Statement], Mapping[str, Json]],
        write_pdf: Callable[[Statement], bytes],
    ) -> None:
        self._value = value
        self._performance = performance
        self._income = income
        self._sales = sales
        self._market = market
        self._reports = reports
        self._offload = offload
        self._clock = clock
        self._read = read
        self._render = render
        self._write_pdf = write_pdf

    async def __call__(self, analysis: Analysis, tell: TellStep) -> Outcome:
        """Do it.

        Raises:
            PortfolioNotFound: It is gone.
            InvalidArgument: The period lies after the market's today.
        """
        owner, portfolio_id, asked = analysis.owner, analysis.portfolio_id, self._read(analysis.parameters)
        today = self._market.today()
        end = min(asked.end or today, today)
        if asked.start is not None and asked.start > end:
            raise InvalidArgument.of("/parameters/start", f"must not be after {end}, the last day there is")
        holdings = await self._value(owner, portfolio_id, as_of=end)
        await tell("holdings")
        performance = None
        if asked.start is None or asked.start < end:  # a single day has no return
            performance = await self._performance(owner, portfolio_id, start=asked.start, end=end)
        await tell("performance")
        income = await self._income(owner, portfolio_id, start=asked.start, end=end)
        await tell("income")
        sales = await self._sales(owner, portfolio_id, TaxLotsRequest(asked.start, end))
        await tell("realised")
        statement = Statement(
            start=income.start,
            end=end,
            holdings=holdings,
            performance=performance,
            income=income,
            sales=sales,
            market=sales.market,
            analysis_id=analysis.id,
            created=self._clock.now().date(),
        )
        pdf = await self._offload(lambda: self._write_pdf(statement))
        name = f"statement-{statement.start}-{statement.end}.pdf"
        file = await self._reports.put(analysis, name, pdf, PDF_TYPE)
        await tell("document")
        return Outcome(self._render(statement), (file,))
