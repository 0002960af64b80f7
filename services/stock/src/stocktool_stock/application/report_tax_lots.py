"""The tax-lot report of a portfolio."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.ids import OwnerId

from stocktool_stock.application.analysis_ports import ReportStore, TellStep
from stocktool_stock.application.market_ports import MarketStatus, Status
from stocktool_stock.application.offload import Offload
from stocktool_stock.application.portfolio_reader import PRICE_BASIS, RATE_SOURCE, PortfolioReader, price_warnings
from stocktool_stock.domain.analysis import Analysis, Json, Outcome
from stocktool_stock.domain.holding_period import HoldingRule
from stocktool_stock.domain.portfolio import Portfolio, PortfolioId
from stocktool_stock.domain.realised import WASH_DAYS, realised_sales
from stocktool_stock.domain.tax_lots import TaxLots, tax_lots
from stocktool_stock.domain.valuation import Valuation, value_book

CSV_TYPE = "text/csv; charset=utf-8"
PDF_TYPE = "application/pdf"


@dataclass(frozen=True, slots=True)
class TaxLotsRequest:
    """Period and rule; without days from the ledger's first to the market's today."""

    start: date | None = None
    end: date | None = None
    rule: HoldingRule = field(default_factory=HoldingRule)


@dataclass(frozen=True, slots=True)
class TaxLotsReport:
    """Everything the files say."""

    portfolio: Portfolio
    lots: TaxLots
    valuation: Valuation
    market: Status
    warnings: tuple[str, ...]
    conventions: Mapping[str, str]


class ReportTaxLots:
    """Collects sales and open lots."""

    def __init__(self, reader: PortfolioReader, market: MarketStatus) -> None:
        self._reader = reader
        self._market = market

    async def __call__(self, owner: OwnerId, portfolio_id: PortfolioId, request: TaxLotsRequest) -> TaxLotsReport:
        """Collect them.

        Raises:
            PortfolioNotFound: None by this id is the owner's.
            InvalidArgument: The period lies after the market's today.
        """
        last = self._reader.day_of(request.end)
        if request.start is not None and request.start > last:
            raise InvalidArgument.of("/parameters/start", f"must not be after {last}, the last day there is")
        material = await self._reader.material(owner, portfolio_id, last)
        book, rates = await self._reader.book(material, last)
        valuation = value_book(book, material.bars, rates, as_of=last)
        sales = realised_sales(book.sales, material.ledger.standing, rates, request.rule)
        first = request.start or book.first_day or last
        held = [holding.symbol for holding in valuation.holdings]
        return TaxLotsReport(
            portfolio=material.portfolio,
            lots=tax_lots(sales, valuation.holdings, start=first, end=last, rule=request.rule),
            valuation=valuation,
            market=await self._market.status(),
            warnings=(*valuation.warnings, *price_warnings(material, held)),
            conventions={
                "cost_method": material.portfolio.cost_method.value,
                "long_term": request.rule.text,
                "gain": "proceeds less fee at the rate of the sale's day - cost with fees at the rate of the lot's day",
                "wash_sales": f"losses with purchases of the symbol within {WASH_DAYS} days are marked, not adjusted",
                "exchange_rates": RATE_SOURCE,
                "price_basis": PRICE_BASIS,
            },
        )


class WriteTaxLots:
    """The report in the background: CSV for a tax programme, PDF for a person."""

    def __init__(
        self,
        collect: ReportTaxLots,
        reports: ReportStore,
        offload: Offload,
        *,
        read: Callable[[Mapping[str, Json]], TaxLotsRequest],
        render: Callable[[TaxLotsReport], Mapping[str, Json]],
        write_csv: Callable[[TaxLotsReport], bytes],
        write_pdf: Callable[[TaxLotsReport], bytes],
    ) -> None:
        self._collect = collect
        self._reports = reports
        self._offload = offload
        self._read = read
        self._render = render
        self._write_csv = write_csv
        self._write_pdf = write_pdf

    async def __call__(self, analysis: Analysis, tell: TellStep) -> Outcome:
        """Do it."""
        report = await self._collect(analysis.owner, analysis.portfolio_id, self._read(analysis.parameters))
        await tell("lots")
        name = f"tax-lots-{report.lots.start}-{report.lots.end}"
        pdf = await self._offload(lambda: self._write_pdf(report))
        csv = await self._offload(lambda: self._write_csv(report))
        files = (
            await self._reports.put(analysis, f"{name}.pdf", pdf, PDF_TYPE),
            await self._reports.put(analysis, f"{name}.csv", csv, CSV_TYPE),
        )
        await tell("files")
        return Outcome(self._render(report), files)
