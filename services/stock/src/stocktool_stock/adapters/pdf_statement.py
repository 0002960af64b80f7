"""The statement of a portfolio as a PDF."""

from __future__ import annotations

from decimal import Decimal

from stocktool_kit.core.money import Money

from stocktool_stock.adapters.pdf_paper import Column, Paper, amount, day, number, percent
from stocktool_stock.adapters.pdf_tax_lots import label_of, notes, sales_table, total_table
from stocktool_stock.application.measure_performance import PerformanceReport
from stocktool_stock.application.report_statement import Statement
from stocktool_stock.domain.valuation import Holding

_HOLDINGS = (
    Column("Symbol", 20), Column("Quantity", 24, right=True), Column("Price", 28, right=True), Column("As of", 19),
    Column("Cost", 26, right=True), Column("Value", 26, right=True), Column("Unrealised", 24, right=True),
    Column("Weight", 13, right=True),
)  # fmt: skip
_FIGURES = (Column("Figure", 60), Column("", 40, right=True))
_INCOME = (
    Column("Month", 30), Column("Gross", 30, right=True), Column("Tax withheld", 30, right=True),
    Column("Fees", 30, right=True), Column("Net", 30, right=True),
)  # fmt: skip
_PAYERS = (
    Column("Holding", 30), Column("Gross", 30, right=True), Column("Tax withheld", 30, right=True),
    Column("Net", 30, right=True), Column("Yield on cost", 30, right=True), Column("Trailing yield", 30, right=True),
)  # fmt: skip


def statement_pdf(statement: Statement) -> bytes:
    """Write it."""
    portfolio = statement.holdings.portfolio
    paper = Paper(
        f"Statement {statement.start} to {statement.end}",
        subject=f"{portfolio.name} · {portfolio.base_currency}",
        label=label_of(statement.market),
        reference=f"Made on {statement.created} · {statement.analysis_id}",
        on=statement.created,
    )
    paper.paragraph(
        f"Portfolio {portfolio.name}. Amounts in {portfolio.base_currency}, lots by {portfolio.cost_method.value}. "
        f"Holdings at the close of {statement.end}."
    )
    _summary(paper, statement)
    _holdings(paper, statement)
    _cash(paper, statement)
    _income(paper, statement)
    paper.heading("Realised gains")
    total_table(paper, statement.sales)
    sales_table(paper, statement.sales)
    _sources(paper, statement)
    notes(paper, [*statement.holdings.warnings, *statement.income.warnings], _conventions(statement))
    return paper.finished()


def _conventions(statement: Statement) -> dict[str, str]:
    """Those of the figures that are shown, by name; two parts both speak of a gain."""
    sales = {f"realised_{name}" if name == "gain" else name: text for name, text in statement.sales.conventions.items()}
    returns = {} if statement.performance is None else statement.performance.conventions
    shown = {name: returns[name] for name in ("gain", "twr", "xirr", "days", "start_day") if name in returns}
    return {**statement.holdings.conventions, **statement.income.conventions, **sales, **shown}


def _summary(paper: Paper, statement: Statement) -> None:
    paper.heading("Summary")
    valuation = statement.holdings.valuation
    rows = [
        ["Total value", amount(valuation.total)],
        ["of it cash", amount(valuation.cash_value)],
        ["Cost of what is held", amount(valuation.cost_basis)],
        ["Unrealised gain", amount(valuation.unrealised)],
        ["Realised gain of the period", amount(Money(statement.sales.lots.total.gain, valuation.total.currency))],
        ["Income of the period, net", amount(Money(statement.income.received.net, valuation.total.currency))],
    ]
    if statement.performance is not None:
        rows += _returns(statement.performance)
    paper.rows(_FIGURES, rows)


def _returns(performance: PerformanceReport) -> list[list[str]]:
    return [
        ["Value at the beginning", amount(performance.value_start)],
        ["Paid in less taken out", amount(performance.net_flows)],
        ["Gain", amount(performance.gain)],
        ["Time-weighted return", percent(performance.figures.get("twr"))],
        ["Money-weighted return, a year", percent(performance.figures.get("xirr"))],
        ["Deepest drawdown", percent(performance.figures.get("max_drawdown"))],
    ]


def _holdings(paper: Paper, statement: Statement) -> None:
    valuation = statement.holdings.valuation
    paper.heading("Holdings")
    rows = [_holding(each) for each in valuation.holdings]
    invested = Money(valuation.total.amount - valuation.cash_value.amount, valuation.total.currency)
    total = ["Total", "", "", "", amount(valuation.cost_basis), amount(invested), amount(valuation.unrealised), ""]
    paper.rows(_HOLDINGS, rows, total=total)


def _holding(each: Holding) -> list[str]:
    price = each.price
    return [
        each.symbol, number(each.quantity),
        "-" if price is None else f"{number(round(price.price.amount, 6))} {price.price.currency}",
        "-" if price is None else day(price.day) + ("!" if price.stale else ""),
        amount(each.cost_basis), amount(each.market_value), amount(each.unrealised), percent(each.weight),
    ]  # fmt: skip


def _cash(paper: Paper, statement: Statement) -> None:
    paper.heading("Cash")
    rows = [[money.currency, amount(money)] for money in statement.holdings.valuation.cash]
    base = statement.holdings.portfolio.base_currency
    paper.rows(
        (Column("Currency", 30), Column("Amount", 40, right=True)),
        rows,
        total=[f"In {base}", amount(statement.holdings.valuation.cash_value)],
    )


def _income(paper: Paper, statement: Statement) -> None:
    paper.heading("Income")
    report, base = statement.income, statement.holdings.portfolio.base_currency

    def sums(*parts: Decimal) -> list[str]:
        return [amount(Money(part, base)) for part in parts]

    received = report.received
    months = [
        [month, *sums(each.gross, each.tax, each.fee, each.net)]
        for month, each in report.by_month.items()
        if each.payments
    ]
    total = ["Total", *sums(received.gross, received.tax, received.fee, received.net)]
    paper.rows(_INCOME, months, total=total)
    payers = [
        [
            row.symbol or "interest", *sums(row.received.gross, row.received.tax, row.received.net),
            percent(row.yields.yield_on_cost), percent(row.yields.trailing_yield),
        ]
        for row in report.by_holding
        if row.received.payments
    ]  # fmt: skip
    if payers:
        paper.rows(_PAYERS, payers)


def _sources(paper: Paper, statement: Statement) -> None:
    paper.heading("Prices")
    valuation = statement.holdings.valuation
    sources = sorted({each.price.source for each in valuation.holdings if each.price is not None})
    paper.paragraph(
        f"Sources: {', '.join(sources) or 'none'}. Oldest price of {day(valuation.prices_as_of)}; "
        f"{valuation.stale_prices} of {len(valuation.holdings)} prices are older than they should be (marked !). "
        f"Market calendar {statement.market.calendar}, source {statement.market.source}."
    )
