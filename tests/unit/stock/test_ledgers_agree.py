"""A ledger handed in with raw closes and the same one kept as a portfolio on adjusted closes have the same figures."""

from __future__ import annotations

import math
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stocktool_stock.domain.closes import Table
from stocktool_stock.domain.exact import Undefined
from stocktool_stock.domain.ledger import Entry, EntryType
from stocktool_stock.domain.ledger_report import report_ledger
from stocktool_stock.domain.lots import CostMethod
from stocktool_stock.domain.stateless import GivenLedger, GivenTransaction

from tests.factories.measured import Measured
from tests.factories.stock import a_portfolio, an_entry, day

Move = tuple[str, int, int]
FIRST = day("2024-01-01")
DAYS = [FIRST + timedelta(days=number) for number in range(60)]
TRADING = [each for each in DAYS if each.weekday() < 5]
RAW = {each: Decimal(f"{50 + 9 * math.sin(number):.2f}") for number, each in enumerate(TRADING)}

moves = st.lists(
    st.tuples(
        st.sampled_from(
            ["buy", "sell", "split", "dividend", "deposit", "withdrawal", "interest", "fee", "transfer_in"]
        ),
        st.integers(1, 40),
        st.integers(1, 4),
    ),
    min_size=1,
    max_size=14,
)


def both(chosen: list[Move]) -> tuple[list[GivenTransaction], list[Entry], dict[date, Fraction]]:
    """The same transactions twice, and the splits among them."""
    held, on = Fraction(0), FIRST
    given_, entries, splits = [], [], {}
    for kind, wanted, gap in [("buy", 10, 0), *chosen]:
        on += timedelta(days=gap)
        size = min(wanted, int(held)) if kind == "sell" else wanted
        amount = Decimal(size)
        fields: dict[str, Decimal] = {"amount": amount}
        if kind in ("buy", "sell"):
            fields = {"quantity": Decimal(size), "price": Decimal("52.5"), "fee": Decimal(1)}
        elif kind == "transfer_in":
            fields = {"quantity": amount, "cost_basis": amount * 40}
        elif kind == "split":
            fields = {"ratio": Decimal(2 if size % 2 else "0.5")}
        if (kind in ("sell", "split", "dividend") and not held) or size == 0 or (kind == "split" and on in splits):
            continue
        if kind == "split":
            splits[on] = Fraction(fields["ratio"])
        held *= splits[on] if kind == "split" else 1
        held += {"buy": size, "transfer_in": size, "sell": -size}.get(kind, 0)
        symbol = "" if kind in ("deposit", "withdrawal", "interest", "fee") else "X"
        given_.append(GivenTransaction(on, EntryType(kind), symbol, **fields))
        texts = {name: str(value) for name, value in fields.items()}
        if kind == "dividend":
            texts["amount_per_share"] = texts.pop("amount")
        entries.append(an_entry(kind, str(on), symbol, account_id="" if kind == "split" else "acc_1", **texts))
    return given_, entries, splits


@settings(max_examples=40, deadline=None)
@given(moves, st.sampled_from(list(CostMethod)), st.sampled_from([None, 11, 18]))
async def test_a_ledger_has_the_same_figures_handed_in_and_kept(
    chosen: list[Move], method: CostMethod, start: int | None
) -> None:
    given_, entries, splits = both(chosen)
    begin = None if start is None else FIRST + timedelta(days=start)
    prices = Table.of(TRADING, {"X": [RAW[each] for each in TRADING]})
    handed_in = report_ledger(
        GivenLedger("USD", method, given_, prices=prices, start=begin, end=DAYS[-1]), day("2025-01-01")
    )
    later = {each: math.prod(ratio for on, ratio in splits.items() if on > each) for each in TRADING}
    adjusted = {str(each): float(Fraction(RAW[each]) / later[each]) for each in TRADING}
    kept = await Measured(
        entries,
        a_portfolio(cost_method=method),
        {"X": adjusted},
        today=str(DAYS[-1]),
        splits={"X": [(str(on), str(Decimal(ratio.numerator) / ratio.denominator)) for on, ratio in splits.items()]},
    ).performance(**({} if begin is None else {"start": begin}))
    assert (kept.start, kept.end) == (handed_in.start, handed_in.end)
    for name, amount in (("gain", kept.gain), ("value_start", kept.value_start), ("value_end", kept.value_end)):
        assert float(amount.amount) == pytest.approx(float(handed_in.amounts[name]), rel=1e-9, abs=1e-9), name
    assert float(kept.net_flows.amount) == pytest.approx(float(handed_in.net_flows), rel=1e-9, abs=1e-9)
    assert kept.fees.amount == handed_in.fees
    twr, rate = handed_in.figures["twr"], handed_in.figures["xirr"]
    assert isinstance(twr, Undefined) or kept.figures["twr"] == pytest.approx(twr, rel=1e-9, abs=1e-9)
    assert isinstance(rate, Undefined) or kept.figures["xirr"] == pytest.approx(rate, rel=1e-6, abs=1e-9)
