"""`/portfolios/{id}/instruments`: things of the user's own (a house, a private fund) and the prices given to them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Query
from pydantic import BeforeValidator, Field
from stocktool_kit.http.model import MoneyModel, RequestModel, ResponseModel

from stocktool_stock.application.custom_instruments import InstrumentChange
from stocktool_stock.domain.custom_instruments import STALE_AFTER, CustomInstrument, manual_bars
from stocktool_stock.domain.ledger import plain
from stocktool_stock.domain.portfolio import PortfolioId
from stocktool_stock.http.figure_models import unit_price
from stocktool_stock.http.portfolio_models import number_text
from stocktool_stock.http.portfolio_uses import Key, Reader, Uses, Writer

router = APIRouter(tags=["instruments"], prefix="/portfolios/{portfolio_id}/instruments")

Day: TypeAlias = date
"""For models in which `date` is a field."""

_TEXT = Field(default="", max_length=80)
_MAYBE = Field(default=None, max_length=80)
_STALE = "Days after which its last price counts as stale."


class NewInstrumentModel(RequestModel):
    """An instrument to be made."""

    symbol: str = Field(max_length=64, examples=["custom:house"], description="Begins with custom:")
    name: str = Field(min_length=1, max_length=80)
    currency: str = Field(max_length=16, examples=["EUR"])
    asset_class: str = Field(default="", max_length=80, examples=["real estate"])
    sector: str = _TEXT
    country: str = _TEXT
    stale_after_days: int = Field(default=STALE_AFTER, description=_STALE)

    def instrument(self) -> CustomInstrument:
        """As the domain has it."""
        return CustomInstrument(
            symbol=self.symbol,
            name=self.name,
            currency=self.currency,
            asset_class=self.asset_class,
            sector=self.sector,
            country=self.country,
            stale_after=self.stale_after_days,
        )


class InstrumentChangeModel(RequestModel):
    """A change; what is left out stays. The currency stays too, since the prices are in it."""

    name: str | None = _MAYBE
    asset_class: str | None = _MAYBE
    sector: str | None = _MAYBE
    country: str | None = _MAYBE
    stale_after_days: int | None = Field(default=None, description=_STALE)

    def change(self) -> InstrumentChange:
        """As the use case takes it."""
        return InstrumentChange(self.name, self.asset_class, self.sector, self.country, self.stale_after_days)


class ManualPriceModel(RequestModel):
    """A price of one unit on a day, in the instrument's currency."""

    date: Day
    price: Annotated[
        str,
        BeforeValidator(number_text, json_schema_input_type=str | float),
        Field(max_length=64, examples=["350000"]),
    ]


class ManualPricesModel(RequestModel):
    """Prices to be set, each day once."""

    prices: list[ManualPriceModel] = Field(min_length=1, max_length=500)


class CustomInstrumentModel(ResponseModel):
    """An instrument of the user's own; `price` is its last one."""

    symbol: str
    name: str
    currency: str
    asset_class: str | None
    sector: str | None
    country: str | None
    stale_after_days: int
    price: MoneyModel | None
    price_as_of: date | None
    stale: bool = Field(description="Whether the last price is too old, or there is none.")
    price_count: int

    @classmethod
    def of(cls, instrument: CustomInstrument, today: date) -> CustomInstrumentModel:
        """As the API writes it."""
        bars = manual_bars(instrument, today)
        last = instrument.prices[-1] if instrument.prices else None
        return cls(
            symbol=instrument.symbol,
            name=instrument.name,
            currency=instrument.currency,
            asset_class=instrument.asset_class or None,
            sector=instrument.sector or None,
            country=instrument.country or None,
            stale_after_days=instrument.stale_after,
            price=None if last is None else unit_price(last[1], instrument.currency),
            price_as_of=None if last is None else last[0],
            stale=bars is None or bars.stale,
            price_count=len(instrument.prices),
        )


class CustomInstrumentList(ResponseModel):
    """All of a portfolio, at most a hundred."""

    items: list[CustomInstrumentModel]
    next_page_token: str = ""


class PriceModel(ResponseModel):
    """A price of one unit on a day, in the instrument's currency."""

    date: Day
    price: str


class PriceList(ResponseModel):
    """The prices of an instrument, oldest first; at most two thousand."""

    symbol: str
    currency: str
    items: list[PriceModel]
    next_page_token: str = ""

    @classmethod
    def of(cls, instrument: CustomInstrument, start: date | None = None, end: date | None = None) -> PriceList:
        """As the API writes it."""
        low, high = start or date.min, end or date.max
        rows = [PriceModel(date=day, price=plain(price)) for day, price in instrument.prices if low <= day <= high]
        return cls(symbol=instrument.symbol, currency=instrument.currency, items=rows)


Start = Annotated[date | None, Query(description="First day; by default the first there is.")]
End = Annotated[date | None, Query(description="Last day; by default the last there is.")]


@router.post("", status_code=201)
async def create_custom_instrument(
    portfolio_id: str, body: NewInstrumentModel, caller: Writer, key: Key, uses: Uses
) -> CustomInstrumentModel:
    """Make an instrument; transactions may name it from then on."""
    use = uses.custom_instruments
    made = await use.create(caller, PortfolioId(portfolio_id), body.instrument(), key=key)
    return CustomInstrumentModel.of(made, use.today())


@router.get("")
async def list_custom_instruments(portfolio_id: str, caller: Reader, uses: Uses) -> CustomInstrumentList:
    """The portfolio's own instruments, by symbol."""
    use = uses.custom_instruments
    found = await use.list(caller, PortfolioId(portfolio_id))
    return CustomInstrumentList(items=[CustomInstrumentModel.of(each, use.today()) for each in found])


@router.get("/{symbol}")
async def get_custom_instrument(portfolio_id: str, symbol: str, caller: Reader, uses: Uses) -> CustomInstrumentModel:
    """One of them."""
    use = uses.custom_instruments
    return CustomInstrumentModel.of(await use.get(caller, PortfolioId(portfolio_id), symbol), use.today())


@router.patch("/{symbol}")
async def update_custom_instrument(
    *, portfolio_id: str, symbol: str, body: InstrumentChangeModel, caller: Writer, key: Key, uses: Uses
) -> CustomInstrumentModel:
    """Change one."""
    use = uses.custom_instruments
    changed = await use.update(caller, PortfolioId(portfolio_id), symbol, body.change(), key=key)
    return CustomInstrumentModel.of(changed, use.today())


@router.delete("/{symbol}", status_code=204)
async def delete_custom_instrument(portfolio_id: str, symbol: str, caller: Writer, key: Key, uses: Uses) -> None:
    """Remove one with its prices; while transactions name it: 409 INSTRUMENT_IN_USE."""
    await uses.custom_instruments.delete(caller, PortfolioId(portfolio_id), symbol, key=key)


@router.put("/{symbol}/prices")
async def set_manual_prices(
    *, portfolio_id: str, symbol: str, body: ManualPricesModel, caller: Writer, key: Key, uses: Uses
) -> PriceList:
    """Set the prices of up to 500 days and answer all; those of other days stay, the same again changes nothing."""
    rows = [(each.date, each.price) for each in body.prices]
    return PriceList.of(
        await uses.custom_instruments.set_prices(caller, PortfolioId(portfolio_id), symbol, rows, key=key)
    )


@router.get("/{symbol}/prices")
async def list_manual_prices(
    *, portfolio_id: str, symbol: str, caller: Reader, uses: Uses, start: Start = None, end: End = None
) -> PriceList:
    """The prices of a range of days."""
    found = await uses.custom_instruments.get(caller, PortfolioId(portfolio_id), symbol)
    return PriceList.of(found, start, end)


@router.delete("/{symbol}/prices", status_code=204)
async def delete_manual_prices(
    *, portfolio_id: str, symbol: str, caller: Writer, key: Key, uses: Uses, start: Start = None, end: End = None
) -> None:
    """Remove the prices of a range of days, both included; without a range all of them."""
    await uses.custom_instruments.delete_prices(
        caller, PortfolioId(portfolio_id), symbol, start=start, end=end, key=key
    )
