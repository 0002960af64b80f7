"""What may be written into a ledger, and which field is named when it may not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from stocktool_kit.core.errors import InvalidArgument
from stocktool_stock.domain.drafts import read_drafts
from stocktool_stock.domain.ledger import (
    Draft,
    Entry,
    EntryType,
    Ledger,
    TransactionNotFound,
    plain,
    ratio_text,
    read_decimal,
    read_ratio,
)

from tests.factories.stock import a_portfolio, an_entry, day

CURRENCIES = frozenset({"USD", "EUR"})
BUY = Draft("buy", day("2024-01-02"), symbol="AAPL", quantity="10", price="185.64", fee="1")


def read(*drafts: Draft) -> list[Entry]:
    portfolio = a_portfolio(accounts={"acc_1": "USD", "acc_2": "EUR"})
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return read_drafts(drafts, portfolio, today=day("2024-11-29"), currencies=CURRENCIES, recorded_at=now)


def violations(*drafts: Draft) -> dict[str, str]:
    with pytest.raises(InvalidArgument) as caught:
        read(*drafts)
    return {violation.pointer: violation.detail for violation in caught.value.violations}


def test_a_buy_is_read_with_the_accounts_currency() -> None:
    [entry] = read(BUY)
    assert (entry.type, entry.symbol, entry.quantity, entry.price) == (EntryType.BUY, "AAPL", 10, Decimal("185.64"))
    assert (entry.account_id, entry.currency, entry.fee, entry.sequence) == ("acc_1", "USD", 1, 1)
    assert read(replace(BUY, account_id="acc_2"))[0].currency == "EUR"


def test_entries_of_a_batch_are_numbered_in_the_order_given() -> None:
    assert [entry.sequence for entry in read(BUY, BUY, BUY)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("draft", "pointer", "word"),
    [
        (replace(BUY, quantity="0"), "/items/0/quantity", "more than 0"),
        (replace(BUY, quantity="-1"), "/items/0/quantity", "more than 0"),
        (replace(BUY, quantity="NaN"), "/items/0/quantity", "finite"),
        (replace(BUY, quantity="Infinity"), "/items/0/quantity", "finite"),
        (replace(BUY, quantity="ten"), "/items/0/quantity", "decimal number"),
        (replace(BUY, quantity="1e30"), "/items/0/quantity", "digits"),
        (replace(BUY, quantity="0.0000000000001"), "/items/0/quantity", "decimal places"),
        (replace(BUY, quantity=None), "/items/0/quantity", "needed"),
        (replace(BUY, fee="-0.01"), "/items/0/fee", "negative"),
        (replace(BUY, price=None), "/items/0/price", "exactly one"),
        (replace(BUY, amount="1"), "/items/0/price", "exactly one"),
        (replace(BUY, symbol="A PL"), "/items/0/symbol", "symbol"),
        (replace(BUY, symbol=None), "/items/0/symbol", "needed"),
        (replace(BUY, day=day("2024-11-30")), "/items/0/date", "today"),
        (replace(BUY, day=None), "/items/0/date", "needed"),
        (replace(BUY, day=day("1960-01-01")), "/items/0/date", "before"),
        (replace(BUY, currency="XXX"), "/items/0/currency", "ECB"),
        (replace(BUY, currency="usd"), "/items/0/currency", "ISO 4217"),
        (replace(BUY, account_id="acc_9"), "/items/0/account_id", "account"),
        (replace(BUY, type="buys"), "/items/0/type", "one of"),
        (replace(BUY, note="x" * 501), "/items/0/note", "500"),
        (replace(BUY, ratio="2"), "/items/0/ratio", "does not belong"),
        (Draft("deposit", day("2024-01-02"), amount="0"), "/items/0/amount", "more than 0"),
        (Draft("deposit", day("2024-01-02"), amount="5", symbol="AAPL"), "/items/0/symbol", "does not belong"),
        (Draft("split", day("2024-01-02"), symbol="AAPL", ratio="1"), "/items/0/ratio", "not 1"),
        (Draft("split", day("2024-01-02"), symbol="AAPL", ratio="0"), "/items/0/ratio", "more than 0"),
        (Draft("split", day("2024-01-02"), symbol="AAPL", ratio="1:2:3"), "/items/0/ratio", "new shares per old"),
    ],
)  # fmt: skip
def test_a_field_that_cannot_be_taken_is_named(draft: Draft, pointer: str, word: str) -> None:
    found = violations(draft)
    assert word in found[pointer]


def test_all_problems_of_a_batch_are_told_at_once() -> None:
    assert set(violations(BUY, replace(BUY, quantity="0", fee="x"), replace(BUY, symbol=""))) == {
        "/items/1/quantity",
        "/items/1/fee",
        "/items/2/symbol",
    }


def test_a_batch_holds_at_most_ninety() -> None:
    assert len(read(*[BUY] * 90)) == 90
    assert set(violations(*[BUY] * 91)) == {"/items"}
    assert set(violations()) == {"/items"}


def test_shares_and_cash_can_be_transferred_with_different_fields() -> None:
    shares, cash = read(
        Draft("transfer_in", day("2024-01-02"), symbol="AAPL", quantity="3", amount="300"),
        Draft("transfer_in", day("2024-01-02"), amount="100"),
    )
    assert (shares.quantity, shares.gross, cash.gross) == (3, 300, 100)


def test_a_split_without_account_is_one_of_all_accounts() -> None:
    assert read(Draft("split", day("2024-01-02"), symbol="AAPL", ratio="4"))[0].account_id == ""


def test_numbers_keep_every_digit() -> None:
    assert plain(read_decimal("123456789012345678901234.123456789012")) == "123456789012345678901234.123456789012"
    assert plain(read_decimal("1.500")) == "1.5"
    assert plain(read_decimal("1E3")) == "1000"
    assert plain(read_decimal("0e-999999999")) == "0"


@pytest.mark.parametrize(
    ("text", "ratio", "written"),
    [
        ("4", Fraction(4), "4"),
        ("0.125", Fraction(1, 8), "0.125"),
        ("3:2", Fraction(3, 2), "1.5"),
        ("1/3", Fraction(1, 3), "1/3"),
    ],
)
def test_ratios_are_read_and_written(text: str, ratio: Fraction, written: str) -> None:
    assert read_ratio(text) == ratio
    assert ratio_text(ratio) == written
    assert read_ratio(written) == ratio


def test_a_reversed_entry_no_longer_stands() -> None:
    first, second = an_entry("deposit", "2024-01-02", amount="1"), an_entry("deposit", "2024-01-01", amount="2")
    ledger = Ledger([first, second])
    assert [entry.id for entry in ledger.standing] == [second.id, first.id]
    after = ledger.without(first.id, "txn_r")
    assert [entry.id for entry in after.standing] == [second.id]
    with pytest.raises(TransactionNotFound):
        after.without(first.id, "txn_r2")
