"""Bodies of `POST /analytics/ledger`."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Annotated, Literal

from pydantic import Field
from stocktool_kit.core.money import minor_units
from stocktool_kit.http.model import RequestModel, ResponseModel

from stocktool_stock.domain.closes import Table
from stocktool_stock.domain.exact import Undefined, exact, number_or_none
from stocktool_stock.domain.ledger import EntryType, plain
from stocktool_stock.domain.ledger_report import Amount, GivenHolding, LedgerReport
from stocktool_stock.domain.lots import QUANTUM, CostMethod, Lot
from stocktool_stock.domain.stateless import GivenLedger, GivenTransaction
from stocktool_stock.http.analytics_route import Conventions, Day, Number
from stocktool_stock.http.analytics_tables import Name, TableModel
from stocktool_stock.http.figure_models import Undefinable

MOST_TRANSACTIONS = 5_000

Type = Literal[
    "buy",
    "sell",
    "deposit",
    "withdrawal",
    "dividend",
    "interest",
    "fee",
    "tax",
    "split",
    "transfer_in",
    "transfer_out",
]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$", examples=["USD"])]

CONVENTIONS: Conventions = {
    "order": "by day, within a day as given",
    "cost": "fees and taxes of a purchase belong to its cost, the fee of a sale lowers its proceeds",
    "average": "all shares of a position cost the same; the oldest leave first",
    "hifo": "highest cost per share in the base currency first, the older among equals",
    "realised": "proceeds at the rate of the sale's day less cost at the rates of the lots' days; no gain by transfers",
    "dividend": "amount per share on the shares held at that point of the day; nothing where none are held",
    "split": "new shares per old; the close of its day counts shares after it",
    "transfers": "flows at the day's price; without a cost basis, shares that come in cost that price",
    "cash": "by currency, valued at the rate of the end",
    "conversion": "a trade uses cash of its own currency; at the end of its day what it lacks is bought with the base "
    "currency, and what it leaves is sold for it, at the day's rate",
    "implied_deposits": "where there is no deposit or withdrawal, what cash lacks at the end of a day is paid in then",
    "range": "from the close of start to the close of end; from the first transaction on, its day's flows count too",
    "prices": "raw closes; a gap carries the last close forward, over splits",
    "before_first_price": "a name counts at its last trade",
    "twr": "daily, flows at the end of their day, chained; days that begin without value are left out",
    "xirr": "investor's flows, ACT/365, yearly rate",
    "price_return": "as twr, had dividends and interest been paid out",
    "currency_effect": "chained daily: return_local at the rates of the day before, return_fx of the rates alone, "
    "return_interaction what is left; the three sum to twr",
    "n_returns": "days with a close, and days between on which the value changed",
    "amounts": "exact, rounded once to twelve decimal places",
    "periods_per_year": 252,
    "ddof": 1,
}


class GivenTransactionModel(RequestModel):
    """A transaction; which fields belong to its type, the answer to a wrong one says."""

    date: Day
    type: Type
    symbol: Name | None = None
    quantity: Number | None = None
    price: Number | None = Field(default=None, description="Of one share, as traded.")
    amount: Number | None = Field(default=None, description="Total in `currency`; of a dividend, per share.")
    fee: Number | None = None
    tax: Number | None = None
    currency: Currency | None = Field(default=None, description="By default the symbol's, or the base currency.")
    ratio: Number | None = Field(default=None, description="New shares per old.")
    cost_basis: Number | None = Field(default=None, description="Total cost of shares transferred in.")

    def given(self) -> GivenTransaction:
        """As the domain has it."""
        return GivenTransaction(
            day=self.date,
            type=EntryType(self.type),
            symbol=self.symbol or "",
            quantity=self.quantity,
            price=self.price,
            amount=self.amount,
            fee=self.fee,
            tax=self.tax,
            currency=self.currency or "",
            ratio=self.ratio,
            cost_basis=self.cost_basis,
        )


class GivenLedgerModel(RequestModel):
    """A ledger, and what to value it by."""

    base_currency: Currency
    cost_method: CostMethod = CostMethod.FIFO
    transactions: list[GivenTransactionModel] = Field(max_length=MOST_TRANSACTIONS)
    prices: TableModel | None = Field(default=None, description="Raw closes, in the symbol's currency.")
    currencies: dict[Name, Currency] = Field(
        default_factory=dict, description="What the closes are in; base otherwise."
    )
    fx: TableModel | None = Field(default=None, description="EURUSD: dollars for one euro.")
    start: Day | None = None
    end: Day | None = None

    def given(self) -> GivenLedger:
        """As the domain has it.

        Raises:
            InvalidArgument: A table cannot be taken; each violation names its place.
        """
        return GivenLedger(
            base_currency=self.base_currency,
            cost_method=self.cost_method,
            transactions=[each.given() for each in self.transactions],
            prices=self.prices.table("/prices", least=Decimal(0)) if self.prices else Table(),
            fx=self.fx.table("/fx") if self.fx else Table(),
            currencies=self.currencies,
            start=self.start,
            end=self.end,
        )


class GivenLotModel(ResponseModel):
    """Shares acquired together and still held."""

    date: date
    quantity: str
    price: str = Field(description="Cost of one share in the base currency, fees included.")

    @classmethod
    def of(cls, lot: Lot) -> GivenLotModel:
        """As the API writes it."""
        return cls(date=lot.day, quantity=plain(lot.quantity), price=plain(_twelve(lot.base_cost / lot.quantity)))


class GivenHoldingModel(ResponseModel):
    """What is held of a symbol, in the base currency."""

    symbol: str
    quantity: str
    cost_basis: str
    market_value: str | None
    unrealised: str | None
    lots: list[GivenLotModel]
    undefined: Undefinable

    @classmethod
    def of(cls, holding: GivenHolding, currency: str) -> GivenHoldingModel:
        """As the API writes it."""
        named: dict[str, Amount] = {"market_value": holding.market_value, "unrealised": holding.unrealised}
        return cls(
            symbol=holding.symbol,
            quantity=plain(holding.quantity),
            cost_basis=exact_text(holding.cost_basis, currency),
            market_value=_maybe(holding.market_value, currency),
            unrealised=_maybe(holding.unrealised, currency),
            lots=[GivenLotModel.of(lot) for lot in holding.lots],
            undefined={name: amount.reason for name, amount in named.items() if isinstance(amount, Undefined)},
        )


class LedgerReportModel(ResponseModel):
    """What a ledger comes to; amounts are decimal text in the base currency, returns fractions over the range."""

    base_currency: str
    start: date | None = Field(description="Day whose close is the base.")
    end: date | None
    holdings: list[GivenHoldingModel]
    realised: str
    income: str = Field(description="Dividends and interest before tax.")
    fees: str
    taxes: str
    cash: str | None
    cost_of_sales: str = Field(description="Cost of the shares sold.")
    value_start: str | None
    value_end: str | None
    net_flows: str
    gain: str | None = Field(description="Value at end less value at start less net flows.")
    twr: float | None
    xirr: float | None
    n_returns: int
    price_return: float | None
    worst_daily_return: float | None
    return_local: float | None
    return_fx: float | None
    return_interaction: float | None
    warnings: list[str]
    undefined: Undefinable
    conventions: Conventions

    @classmethod
    def of(cls, report: LedgerReport) -> LedgerReportModel:
        """As the API writes it."""
        code = report.base_currency
        with exact():
            return cls(
                base_currency=code,
                start=report.start,
                end=report.end,
                holdings=[GivenHoldingModel.of(holding, code) for holding in report.holdings],
                realised=exact_text(report.realised, code),
                income=exact_text(report.income, code),
                fees=exact_text(report.fees, code),
                taxes=exact_text(report.taxes, code),
                cost_of_sales=exact_text(report.cost_of_sales, code),
                net_flows=exact_text(report.net_flows, code),
                **{name: _maybe(amount, code) for name, amount in report.amounts.items()},
                **{name: number_or_none(figure) for name, figure in report.figures.items()},
                n_returns=report.n_returns,
                warnings=list(report.warnings),
                undefined=report.undefined(),
                conventions=CONVENTIONS,
            )


def exact_text(amount: Decimal, currency: str) -> str:
    """An amount with all its digits, at most twelve after the point and no fewer than the currency has."""
    text = plain(_twelve(amount))
    places = len(text.partition(".")[2])
    least = minor_units(currency)
    return text if places >= least else f"{Decimal(text):.{least}f}"


def _maybe(amount: Amount, currency: str) -> str | None:
    return None if isinstance(amount, Undefined) else exact_text(amount, currency)


def _twelve(amount: Decimal) -> Decimal:
    rounded = amount.quantize(QUANTUM, rounding=ROUND_HALF_EVEN)
    return rounded or Decimal(0)  # no minus before a zero
