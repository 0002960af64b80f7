"""Valid objects of the stock service, small and readable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import count

import numpy as np
from stocktool_kit.core.ids import OwnerId
from stocktool_stock.domain.bars import Bars, Split
from stocktool_stock.domain.ledger import Entry, EntryType, LotChoice
from stocktool_stock.domain.lots import CostMethod
from stocktool_stock.domain.portfolio import Account, Portfolio, PortfolioId
from stocktool_stock.domain.rates import RateTable

OWNER = OwnerId("usr_1")
RECORDED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

_sequence = count(1)


def day(text: str) -> date:
    """A day from `2024-11-29`."""
    return date.fromisoformat(text)


def a_portfolio(
    *,
    base_currency: str = "USD",
    accounts: Mapping[str, str] | None = None,
    cost_method: CostMethod = CostMethod.FIFO,
    owner: OwnerId = OWNER,
) -> Portfolio:
    """A portfolio whose accounts are named by id and currency."""
    return Portfolio(
        id=PortfolioId("prt_1"),
        owner=owner,
        name="Test",
        base_currency=base_currency,
        accounts=tuple(
            Account(key, f"Account {key}", currency) for key, currency in (accounts or {"acc_1": base_currency}).items()
        ),
        cost_method=cost_method,
        created_at=RECORDED,
    )


def an_entry(
    type: str,  # noqa: A002 - the ledger's word
    on: str,
    symbol: str = "",
    *,
    quantity: str | None = None,
    price: str | None = None,
    amount: str | None = None,
    amount_per_share: str | None = None,
    fee: str = "0",
    tax: str = "0",
    currency: str = "USD",
    account_id: str = "acc_1",
    ratio: str | None = None,
    fx_rate: str | None = None,
    fee_currency: str = "",
    tax_currency: str = "",
    lots: Mapping[str, str] | None = None,
    acquired: str | None = None,
    cost_basis: str | None = None,
    to_account_id: str = "",
    new_symbol: str = "",
    cost_fraction: str | None = None,
) -> Entry:
    """An entry; each one made later has a higher sequence."""

    def number(text: str | None) -> Decimal | None:
        return None if text is None else Decimal(text)

    sequence = next(_sequence)
    return Entry(
        id=f"txn_{sequence:06d}",
        sequence=sequence,
        day=day(on),
        type=EntryType(type),
        account_id=account_id,
        currency=currency,
        recorded_at=RECORDED,
        symbol=symbol,
        quantity=number(quantity),
        price=number(price),
        amount=number(amount),
        amount_per_share=number(amount_per_share),
        fee=Decimal(fee),
        tax=Decimal(tax),
        ratio=None if ratio is None else Fraction(ratio),
        fx_rate=number(fx_rate),
        fee_currency=fee_currency,
        tax_currency=tax_currency,
        lots=tuple(LotChoice(lot_id, Decimal(shares)) for lot_id, shares in (lots or {}).items()),
        acquired=None if acquired is None else day(acquired),
        cost_basis=number(cost_basis),
        to_account_id=to_account_id,
        new_symbol=new_symbol,
        cost_fraction=number(cost_fraction),
    )


def some_bars(
    symbol: str,
    closes: Mapping[str, float],
    *,
    currency: str = "USD",
    splits: Sequence[tuple[str, str]] = (),
    stale: bool = False,
) -> Bars:
    """Bars with the given closes, adjusted for splits as Yahoo gives them."""
    close = np.array(list(closes.values()), dtype=np.float64)
    return Bars(
        symbol=symbol,
        currency=currency,
        days=np.array(list(closes), dtype="datetime64[D]"),
        open=close,
        high=close,
        low=close,
        close=close,
        adjusted_close=close,
        volume=np.full(len(close), np.nan),
        splits=tuple(Split(day(on), Decimal(ratio)) for on, ratio in splits),
        source="test",
        as_of=datetime.fromisoformat(f"{list(closes)[-1]}T21:00:00+00:00"),
        stale=stale,
    )


def a_rate_table(base: str = "USD", rates: Mapping[tuple[str, str], str] | None = None) -> RateTable:
    """Rates by currency and day."""
    return RateTable(base, {(code, day(on)): Decimal(rate) for (code, on), rate in (rates or {}).items()})
