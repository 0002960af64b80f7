"""What may be written: lots, dates of acquisition, reorganisations, other currencies. `test_ledger` has the rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from stocktool_kit.core.errors import InvalidArgument
from stocktool_stock.application.fixed_rates import with_rates
from stocktool_stock.domain.drafts import MAX_LOTS, read_drafts
from stocktool_stock.domain.fx import RateNotPublished
from stocktool_stock.domain.ledger import Draft, Entry, LotChoice, LotDraft

from tests.factories.stock import a_portfolio, day

ON = day("2024-03-01")
SALE = Draft("sell", ON, symbol="X", quantity="3", price="10")
BROUGHT = Draft("transfer_in", ON, symbol="X", quantity="3", cost_basis="30")
MOVED = Draft("transfer_out", ON, symbol="X", quantity="3", to_account_id="acc_2")
SPIN_OFF = Draft("spin_off", ON, symbol="X", new_symbol="y", ratio="1:3", cost_fraction="0.25")
MERGER = Draft("merger", ON, symbol="X", new_symbol="Y", ratio="1")


def read(draft: Draft) -> Entry:
    portfolio = a_portfolio(accounts={"acc_1": "USD", "acc_2": "EUR"})
    now = datetime(2026, 1, 1, tzinfo=UTC)
    [entry] = read_drafts(
        [draft], portfolio, today=day("2024-11-29"), currencies=frozenset({"USD", "EUR", "CHF"}), recorded_at=now
    )
    return entry


def violations(draft: Draft) -> dict[str, str]:
    with pytest.raises(InvalidArgument) as caught:
        read(draft)
    return {violation.pointer.removeprefix("/items/0/"): violation.detail for violation in caught.value.violations}


def test_chosen_lots_are_read_in_order() -> None:
    sale = read(replace(SALE, lots=[LotDraft("txn_b", "1"), LotDraft("txn_a", "2.0")]))
    assert sale.lots == (LotChoice("txn_b", Decimal(1)), LotChoice("txn_a", Decimal(2)))


@pytest.mark.parametrize(
    ("draft", "pointer", "detail"),
    [
        (replace(SALE, lots=[LotDraft("a", "1")]), "lots", "sum to 1, and the quantity is 3"),
        (replace(SALE, lots=[LotDraft("a", "1"), LotDraft("a", "2")]), "lots/1/lot_id", "is chosen twice"),
        (replace(SALE, lots=[LotDraft("a", "0"), LotDraft("b", "3")]), "lots/0/quantity", "must be more than 0"),
        (replace(SALE, lots=[LotDraft("a", "x")]), "lots/0/quantity", "decimal number"),
        (replace(SALE, lots=[LotDraft("", "3")]), "lots/0/lot_id", "is needed"),
        (replace(SALE, lots=[LotDraft(f"l{n}", "1") for n in range(MAX_LOTS + 1)]), "lots", "at most 100"),
        (replace(SALE, type="buy", lots=[LotDraft("a", "3")]), "lots", "does not belong to a buy"),
        (replace(SALE, fee_currency="CHF"), "fee_currency", "needs a fee"),
        (replace(SALE, tax="1", tax_currency="GBP"), "tax_currency", "no currency the ECB"),
        (replace(SALE, acquired=ON), "acquired", "does not belong to a sell"),
        (replace(BROUGHT, acquired=day("2024-03-02")), "acquired", "lies after the date"),
        (replace(BROUGHT, acquired=day("1969-12-31")), "acquired", "lies before"),
        (replace(BROUGHT, amount="30", price="10"), "price", "exactly one of price and amount"),
        (replace(BROUGHT, cost_basis="-1"), "cost_basis", "must not be negative"),
        (replace(BROUGHT, symbol=None, quantity=None, amount="1"), "cost_basis", "does not belong"),
        (replace(MOVED, to_account_id="acc_1"), "to_account_id", "is the account it comes from"),
        (replace(MOVED, to_account_id="acc_9"), "to_account_id", "is no account of this portfolio"),
        (replace(MOVED, type="withdrawal", symbol=None, quantity=None, amount="1"), "to_account_id", "does not belong"),
        (replace(SPIN_OFF, cost_fraction="1"), "cost_fraction", "must be less than 1"),
        (replace(SPIN_OFF, cost_fraction="0"), "cost_fraction", "must be more than 0"),
        (replace(SPIN_OFF, cost_fraction=None), "cost_fraction", "is needed for a spin_off"),
        (replace(SPIN_OFF, new_symbol="X"), "new_symbol", "is the symbol itself"),
        (replace(SPIN_OFF, amount="1"), "account_id", "is needed with an amount"),
        (replace(SPIN_OFF, quantity="1"), "quantity", "does not belong"),
        (replace(MERGER, ratio="20000"), "ratio", "must be between 1/10000 and 10000"),
        (replace(MERGER, new_symbol=None), "new_symbol", "is needed for a merger"),
        (replace(MERGER, cost_fraction="0.5"), "cost_fraction", "does not belong to a merger"),
        (Draft("split", ON, symbol="X", ratio="1"), "ratio", "and not 1"),
    ],
)
def test_what_is_wrong_is_named_with_its_cure(draft: Draft, pointer: str, detail: str) -> None:
    assert detail in violations(draft)[pointer]


def test_shares_brought_in_may_tell_price_and_cost_apart() -> None:
    entry = read(replace(BROUGHT, price="15", acquired=day("2019-01-31"), fee="1", fee_currency="CHF"))
    assert (entry.brought, entry.worth, entry.acquired) == (30, 45, day("2019-01-31"))
    total = read(replace(BROUGHT, amount="46"))
    assert (total.brought, total.worth, read(BROUGHT).worth) == (30, 46, 30)
    assert entry.other_currencies == {"fee_currency": "CHF"}
    assert read(replace(BROUGHT, acquired=ON)).acquired is None  # the entry's own day says so already
    assert read(replace(BROUGHT, cost_basis="0")).brought == 0


def test_an_own_currency_is_no_other_one() -> None:
    assert read(replace(SALE, fee="1", fee_currency="USD")).other_currencies == {}


def test_reorganisations_are_booked_everywhere_unless_an_account_is_named() -> None:
    everywhere, here = read(SPIN_OFF), read(replace(SPIN_OFF, account_id="acc_2", amount="1"))
    assert (everywhere.account_id, everywhere.currency, everywhere.new_symbol) == ("", "USD", "Y")
    assert (here.account_id, here.currency, here.ratio) == ("acc_2", "EUR", Fraction(1, 3))
    assert read(MERGER).ratio == 1


def test_a_currency_without_a_rate_is_named_by_its_field() -> None:
    class Since1999(dict[tuple[str, date], Decimal]):
        def __missing__(self, need: tuple[str, date]) -> Decimal:
            currency, on = need
            if currency == "CHF" or on.year < 1999:
                raise RateNotPublished(f"no rate of {currency} on {on}")
            return Decimal(1)

    portfolio, table = a_portfolio(accounts={"acc_1": "EUR"}), Since1999()
    early = read(replace(BROUGHT, currency="EUR", acquired=day("1998-12-31")))
    fee = read(replace(SALE, currency="EUR", fee="1", fee_currency="CHF"))
    francs = read(replace(SALE, currency="CHF"))
    with pytest.raises(InvalidArgument) as caught:
        with_rates([early, fee, francs], portfolio, {"USD": table, "EUR": table}, "/items/{}".format)
    pointers = [violation.pointer for violation in caught.value.violations]
    assert pointers == ["/items/0/acquired", "/items/1/fee_currency", "/items/2/currency"]
