"""Bodies of the portfolio and ledger routes."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, Field
from stocktool_kit.http.model import RequestModel, ResponseModel

from stocktool_stock.domain.drafts import MAX_LOTS
from stocktool_stock.domain.ledger import Draft, Entry, LotDraft, plain, ratio_text
from stocktool_stock.domain.lots import CostMethod
from stocktool_stock.domain.portfolio import NewAccount, Portfolio

Day: TypeAlias = date
"""For models in which `date` is a field."""


def number_text(value: object) -> object:
    """Take a JSON number as the text it was written as; the domain judges what it says."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return str(value)
    return repr(value) if isinstance(value, float) else value


DecimalText = Annotated[
    str | None,
    BeforeValidator(number_text, json_schema_input_type=str | float | None),
    Field(default=None, max_length=64, examples=["12.50"]),
]


class NewAccountModel(RequestModel):
    """An account to be made."""

    name: str = Field(min_length=1, max_length=80)
    currency: str = Field(pattern="^[A-Z]{3}$", examples=["USD"])

    def account(self) -> NewAccount:
        """As the domain has it."""
        return NewAccount(self.name, self.currency)


class NewPortfolioModel(RequestModel):
    """A portfolio to be made."""

    name: str = Field(min_length=1, max_length=80)
    base_currency: str = Field(pattern="^[A-Z]{3}$", examples=["USD"], description="What everything is valued in.")
    accounts: list[NewAccountModel] = Field(
        default_factory=list, max_length=20, description="None makes one account in the base currency."
    )
    cost_method: CostMethod = Field(default=CostMethod.FIFO, description="Which lots a sale takes.")


class PortfolioChangeModel(RequestModel):
    """A change; what is left out stays."""

    name: str | None = Field(default=None, min_length=1, max_length=80)
    cost_method: CostMethod | None = None
    add_accounts: list[NewAccountModel] = Field(default_factory=list, max_length=20)
    version: int | None = Field(default=None, ge=1, description="Version the change was made on; or send If-Match.")


class AccountModel(ResponseModel):
    """An account."""

    id: str
    name: str
    currency: str


class PortfolioModel(ResponseModel):
    """A portfolio without its ledger."""

    id: str
    name: str
    base_currency: str
    accounts: list[AccountModel]
    cost_method: CostMethod
    version: int = Field(description="Grows by one with every write to the portfolio or its ledger.")
    created_at: datetime

    @classmethod
    def of(cls, portfolio: Portfolio) -> PortfolioModel:
        """As the API writes it."""
        return cls(
            id=portfolio.id,
            name=portfolio.name,
            base_currency=portfolio.base_currency,
            accounts=[AccountModel(id=a.id, name=a.name, currency=a.currency) for a in portfolio.accounts],
            cost_method=portfolio.cost_method,
            version=portfolio.version,
            created_at=portfolio.created_at,
        )


class PortfolioPage(ResponseModel):
    """A page of portfolios."""

    items: list[PortfolioModel]
    next_page_token: str = ""


class LotChoiceModel(RequestModel):
    """Shares out of one lot."""

    lot_id: str = Field(max_length=64, description="Id of an open lot, as the holdings list it.")
    quantity: Annotated[
        str,
        BeforeValidator(number_text, json_schema_input_type=str | float),
        Field(max_length=64, examples=["10"]),
    ]


class TransactionInput(RequestModel):
    """A booking to be made; which fields belong to a type, the answer to a wrong one says."""

    date: date
    type: str = Field(max_length=32, examples=["buy"])
    symbol: str | None = Field(default=None, max_length=64, examples=["AAPL"])
    quantity: DecimalText
    price: DecimalText
    amount: DecimalText
    amount_per_share: DecimalText
    fee: DecimalText
    tax: DecimalText
    currency: str | None = Field(default=None, max_length=16, description="By default the account's.")
    ratio: DecimalText
    account_id: str | None = Field(default=None, max_length=64, description="By default the first; a split: all.")
    note: str | None = Field(default=None, max_length=500)
    fee_currency: str | None = Field(default=None, max_length=16, description="Of the fee; by default `currency`.")
    tax_currency: str | None = Field(default=None, max_length=16, description="Of the tax; by default `currency`.")
    lots: list[LotChoiceModel] = Field(
        default_factory=list,
        max_length=MAX_LOTS,
        description="Lots a sale or transfer takes, summing to `quantity`; by default the cost method picks.",
    )
    acquired: Day | None = Field(
        default=None, description="Day from which shares that are brought in have been held; by default `date`."
    )
    cost_basis: DecimalText
    to_account_id: str | None = Field(
        default=None, max_length=64, description="Account of this portfolio that a transfer out goes to."
    )
    new_symbol: str | None = Field(
        default=None, max_length=64, description="Of the new shares of a spin-off or merger."
    )
    cost_fraction: DecimalText

    def draft(self) -> Draft:
        """As the domain reads it."""
        return Draft(
            type=self.type,
            day=self.date,
            symbol=self.symbol,
            quantity=self.quantity,
            price=self.price,
            amount=self.amount,
            amount_per_share=self.amount_per_share,
            fee=self.fee,
            tax=self.tax,
            currency=self.currency,
            ratio=self.ratio,
            account_id=self.account_id,
            note=self.note,
            fee_currency=self.fee_currency,
            tax_currency=self.tax_currency,
            lots=[LotDraft(choice.lot_id, choice.quantity) for choice in self.lots],
            acquired=self.acquired,
            cost_basis=self.cost_basis,
            to_account_id=self.to_account_id,
            new_symbol=self.new_symbol,
            cost_fraction=self.cost_fraction,
        )


class TransactionBatch(RequestModel):
    """Up to 90 bookings, all or none."""

    items: list[TransactionInput] = Field(min_length=1, max_length=90)


class ChosenLot(ResponseModel):
    """Shares taken out of one lot by choice."""

    lot_id: str
    quantity: str


class TransactionModel(ResponseModel):
    """A booking of the ledger; amounts are decimal text in `currency`."""

    id: str
    date: date
    type: str
    symbol: str | None
    quantity: str | None
    price: str | None
    amount: str | None
    amount_per_share: str | None
    fee: str | None
    tax: str | None
    currency: str
    ratio: str | None
    account_id: str | None = Field(description="None for a split, spin-off or merger in all accounts.")
    note: str | None
    sequence: int = Field(description="Order of entry, which is the order within a day.")
    fx_rate: str | None = Field(description="Account currency per unit of `currency`, where the entry converts.")
    fee_currency: str | None = Field(description="Of the fee, where it is not `currency`.")
    tax_currency: str | None = Field(description="Of the tax, where it is not `currency`.")
    lots: list[ChosenLot] | None = Field(description="Lots that were chosen.")
    acquired: Day | None = Field(description="Day from which shares brought in have been held, where earlier.")
    cost_basis: str | None
    to_account_id: str | None
    new_symbol: str | None
    cost_fraction: str | None
    reversed: bool = Field(description="Whether it was taken back.")
    recorded_at: datetime

    @classmethod
    def of(cls, entry: Entry) -> TransactionModel:
        """As the API writes it."""
        return cls(
            id=entry.id,
            date=entry.day,
            type=entry.type.value,
            symbol=entry.symbol or None,
            quantity=_text(entry.quantity),
            price=_text(entry.price),
            amount=_text(entry.amount),
            amount_per_share=_text(entry.amount_per_share),
            fee=_text(entry.fee or None),
            tax=_text(entry.tax or None),
            currency=entry.currency,
            ratio=None if entry.ratio is None else ratio_text(entry.ratio),
            account_id=entry.account_id or None,
            note=entry.note or None,
            sequence=entry.sequence,
            fx_rate=_text(entry.fx_rate),
            fee_currency=entry.fee_currency or None,
            tax_currency=entry.tax_currency or None,
            lots=[ChosenLot(lot_id=lot.lot_id, quantity=plain(lot.quantity)) for lot in entry.lots] or None,
            acquired=entry.acquired,
            cost_basis=_text(entry.cost_basis),
            to_account_id=entry.to_account_id or None,
            new_symbol=entry.new_symbol or None,
            cost_fraction=_text(entry.cost_fraction),
            reversed=bool(entry.reversed_by),
            recorded_at=entry.recorded_at,
        )


class TransactionPage(ResponseModel):
    """A page of the ledger."""

    items: list[TransactionModel]
    next_page_token: str = ""


class RecordedBatch(ResponseModel):
    """A batch as recorded, in the order given."""

    items: list[TransactionModel]
    version: int = Field(description="Version of the portfolio after the write.")


class RecordedTransaction(TransactionModel):
    """One booking as recorded; `items` and `version` as in a batch, so that one reader serves both."""

    items: list[TransactionModel]
    version: int = Field(description="Version of the portfolio after the write.")


def _text(number: Decimal | None) -> str | None:
    return None if number is None else plain(number)
