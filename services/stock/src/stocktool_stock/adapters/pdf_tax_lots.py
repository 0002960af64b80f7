"""The tax-lot report as a PDF."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stocktool_kit.core.money import Money

from stocktool_stock.adapters.pdf_paper import Column, Paper, amount, day, number
from stocktool_stock.application.market_ports import MarketMode, Status
from stocktool_stock.application.report_tax_lots import TaxLotsReport
from stocktool_stock.domain.realised import RealisedSale, SoldLot

_SOLD = (
    Column("Symbol", 20), Column("Quantity", 24, right=True), Column("Acquired", 20), Column("Sold", 20),
    Column("Term", 12), Column("Proceeds", 28, right=True), Column("Cost", 28, right=True),
    Column("Gain", 28, right=True),
)  # fmt: skip
_OPEN = (
    Column("Symbol", 20), Column("Account", 30), Column("Quantity", 26, right=True), Column("Acquired", 20),
    Column("Term", 12), Column("Cost", 24, right=True), Column("Value", 24, right=True),
    Column("Unrealised", 24, right=True),
)  # fmt: skip


def label_of(market: Status) -> str:
    """What has to be said on each page of figures that are not of today's market."""
    return "" if market.mode is MarketMode.REAL else f"DEMO DATA: market of {market.now:%Y-%m-%d}"


def tax_lots_pdf(report: TaxLotsReport) -> bytes:
    """Write it."""
    lots, portfolio = report.lots, report.portfolio
    paper = Paper(
        f"Tax lots {lots.start} to {lots.end}",
        subject=f"{portfolio.name} · {portfolio.base_currency}",
        label=label_of(report.market),
        reference="Not tax advice. Figures as recorded by the owner.",
        on=report.market.now.date(),
    )
    paper.paragraph(f"Amounts in {portfolio.base_currency}; lots by {portfolio.cost_method.value}.")
    paper.heading("Totals")
    total_table(paper, report)
    paper.heading("Sales by lot")
    sales_table(paper, report)
    paper.heading(f"Open lots on {lots.end}")
    names = {account.id: account.name for account in portfolio.accounts}
    base = portfolio.base_currency
    rows = [
        [
            each.lot.symbol, names.get(each.lot.account_id, ""), number(each.lot.quantity), day(each.lot.day),
            _term(long=each.long_term), amount(Money(each.lot.base_cost, base)),
            amount(None if each.value is None else Money(each.value, base)),
            amount(None if each.unrealised is None else Money(each.unrealised, base)),
        ]
        for each in lots.open
    ]  # fmt: skip
    paper.rows(_OPEN, rows, total=["Total", "", "", "", "", amount(Money(lots.open_cost, base)), "", ""])
    notes(paper, report.warnings, report.conventions)
    return paper.finished()


def total_table(paper: Paper, report: TaxLotsReport) -> None:
    """Sums of the period's sales."""
    base, total = report.portfolio.base_currency, report.lots.total
    figures = {
        "Proceeds": total.proceeds,
        "Cost": total.cost,
        "Realised gain": total.gain,
        "of it short-term": total.short_term,
        "of it long-term": total.long_term,
        "of it price effect": total.price_effect,
        "of it currency effect": total.currency_effect,
    }
    columns = (Column("Figure", 60), Column(base, 40, right=True))
    paper.rows(columns, [[name, amount(Money(value, base))] for name, value in figures.items()])


def sales_table(paper: Paper, report: TaxLotsReport) -> None:
    """The period's sales, lot by lot."""
    base = report.portfolio.base_currency
    rows = [_sold(each, lot, base) for each in report.lots.sales for lot in each.lots]
    total = report.lots.total
    sums = [amount(Money(value, base)) for value in (total.proceeds, total.cost, total.gain)]
    paper.rows(_SOLD, rows, total=["Total", "", "", "", "", *sums])
    if any(each.repurchases for each in report.lots.sales):
        paper.paragraph("* a loss with purchases of the same symbol within 30 days", faint=True)


def _sold(each: RealisedSale, part: SoldLot, base: str) -> list[str]:
    return [
        part.lot.symbol, number(part.lot.quantity), day(part.lot.day), day(each.sale.day),
        _term(long=part.long_term) + ("*" if each.repurchases else ""), amount(Money(part.proceeds, base)),
        amount(Money(part.lot.base_cost, base)), amount(Money(part.gain, base)),
    ]  # fmt: skip


def _term(*, long: bool) -> str:
    return "long" if long else "short"


def notes(paper: Paper, warnings: Sequence[str], conventions: Mapping[str, str]) -> None:
    """What has to be known to read the figures."""
    if warnings:
        paper.heading("To be noted")
        for warning in dict.fromkeys(warnings):
            paper.paragraph(f"• {warning}")
    paper.heading("How the figures are worked out")
    for name, text in conventions.items():
        paper.paragraph(f"{name.replace('_', ' ')}: {text}", faint=True)
