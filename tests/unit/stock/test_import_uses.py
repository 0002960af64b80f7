"""Imports and exports as use cases, on fakes: symbols, accounts, splits, short sales, and the way out and back in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stocktool_kit.core.caller import Caller
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.paging import Page, PageRequest
from stocktool_kit.testing.clock import FakeClock
from stocktool_stock.adapters.import_files.parts import import_uses
from stocktool_stock.application.custom_instruments import CustomInstruments
from stocktool_stock.application.export_portfolio import ExportFormat
from stocktool_stock.application.import_report import ImportChoices, ImportRefused, ImportReport, RowState
from stocktool_stock.application.import_uses import ImportUses
from stocktool_stock.application.portfolios import CreatePortfolio
from stocktool_stock.application.read_import import ImportOutcome
from stocktool_stock.application.stage_import import StageImport
from stocktool_stock.application.transactions import RecordTransactions
from stocktool_stock.domain.bookkeeping import keep_book
from stocktool_stock.domain.custom_instruments import CustomInstrument
from stocktool_stock.domain.imports.check import with_ratios
from stocktool_stock.domain.imports.options import ReadOptions, UnreadableFile
from stocktool_stock.domain.imports.rows import ImportRow
from stocktool_stock.domain.instruments import Instrument
from stocktool_stock.domain.ledger import Draft, Entry, LotDraft
from stocktool_stock.domain.portfolio import NewAccount, Portfolio
from stocktool_stock.domain.quotes import SymbolNotFound

from tests.factories.stock import a_rate_table, an_entry, day
from tests.fakes.import_mappings import FakeMappings
from tests.fakes.stock_portfolios import FakeImports, FakeMarket, FakePortfolios, FakeRates

CALLER = Caller("usr_1", (OwnerId("usr_1"),))
KNOWN = {
    "AVGO": Instrument("AVGO", "Broadcom Inc.", "EQUITY", "NMS", "USD"),
    "SPY": Instrument("SPY", "SPDR S&P 500", "ETF", "PCX", "USD"),
    "IBN": Instrument("IBN", "ICICI Bank", "EQUITY", "NYQ", "USD"),
    "VOD": Instrument("VOD", "Vodafone ADR", "EQUITY", "NMS", "USD"),
    "VOD.L": Instrument("VOD.L", "Vodafone Group", "EQUITY", "LSE", "GBp"),
    "BRK-B": Instrument("BRK-B", "Berkshire Hathaway", "EQUITY", "NYQ", "USD"),
}


@dataclass
class Market:
    """An `InstrumentSource` of the above."""

    asked: int = 0

    async def search(self, query: str, page: PageRequest) -> Page[Instrument]:
        found = [one for one in KNOWN.values() if query.lower() in f"{one.symbol} {one.name}".lower()]
        return Page(found[: page.page_size], "")

    async def instrument(self, symbol: str) -> Instrument:
        self.asked += 1
        if symbol not in KNOWN:
            raise SymbolNotFound(symbol)
        return KNOWN[symbol]


@dataclass
class Kit:
    store: FakePortfolios
    portfolio: Portfolio
    record: RecordTransactions
    uses: ImportUses
    create: CreatePortfolio
    market: Market

    async def look(self, text: str, **choices: object) -> ImportReport:
        return await self.uses.read(
            CALLER,
            self.portfolio.id,
            text.encode(),
            options=ReadOptions(),
            choices=ImportChoices(**choices),  # type: ignore[arg-type]
        )

    async def book(self, text: str, portfolio: Portfolio | None = None, **choices: object) -> ImportOutcome:
        return await self.uses.commit(
            CALLER,
            (portfolio or self.portfolio).id,
            text.encode(),
            options=ReadOptions(),
            choices=ImportChoices(**choices),  # type: ignore[arg-type]
            source_name="f.csv",
            key=None,
        )

    async def exported(self, export_format: ExportFormat, portfolio: Portfolio | None = None) -> str:
        export = await self.uses.export(CALLER, (portfolio or self.portfolio).id, export_format)
        return "".join([part async for part in export.parts])

    async def standing(self, portfolio: Portfolio | None = None) -> Sequence[Entry]:
        head = await self.store.get(CALLER.owner, (portfolio or self.portfolio).id)
        return (await self.store.ledger(head)).standing


async def a_kit(accounts: Sequence[NewAccount] = ()) -> Kit:
    store, rates, market = FakePortfolios(), FakeRates(), FakeMarket(day("2024-11-29"))
    clock, instruments = FakeClock(datetime(2026, 1, 1, tzinfo=UTC)), Market()
    create = CreatePortfolio(store, rates, clock)
    portfolio = await create(CALLER, name="P", base_currency="USD", accounts=accounts)
    stage = StageImport(store, FakeImports(store), rates, market, clock)
    uses = import_uses(
        store, stage, store, FakeMappings(), instruments=instruments, rates=rates, market=market, clock=clock
    )
    record = RecordTransactions(store, store, rates, market, clock)
    return Kit(store, portfolio, record, uses, create, instruments)


@pytest.fixture
async def kit() -> Kit:
    return await a_kit()


def problems(report: ImportReport) -> dict[int, str]:
    return {
        result.row.row: "; ".join(f"{one.field} {one.detail}" for one in result.row.problems)
        for result in report.rows
        if result.state is RowState.ERROR
    }


HEAD = "date,type,symbol,name,quantity,price,currency\n"


async def test_a_split_without_a_ratio_is_told_by_what_was_held_before(kit: Kit) -> None:
    """One share recorded before, nine that came: ten for one."""
    await kit.record(
        CALLER, kit.portfolio.id, [Draft("buy", day("2024-06-13"), symbol="AVGO", quantity="1", price="1680")]
    )
    schwab = (
        '"Date","Action","Symbol","Description","Quantity","Price","Fees & Comm","Amount"\n'
        '"07/15/2024","Stock Split","AVGO","BROADCOM INC","9","","",""\n'
    )
    outcome = await kit.book(schwab)
    assert outcome.staged.count == 1
    split = (await kit.standing())[-1]
    assert (split.type, split.ratio, split.day) == ("split", 10, day("2024-07-15"))


async def test_a_split_of_shares_nobody_holds_is_asked_about(kit: Kit) -> None:
    schwab = (
        '"Date","Action","Symbol","Description","Quantity","Price","Fees & Comm","Amount"\n'
        '"07/15/2024","Stock Split","AVGO","BROADCOM INC","9","","",""\n'
    )
    assert "ratio cannot be told" in problems(await kit.look(schwab))[2]


def test_ratios_are_those_of_small_numbers_near_what_fractions_of_shares_say() -> None:
    """10.333 shares and 5.1665 more are three for two; a split in between moves what is held."""
    rows = [
        ImportRow(1, Draft("buy", day("2024-01-02"), symbol="X", quantity="10.333", price="1")),
        ImportRow(2, Draft("split", day("2024-01-03"), symbol="X", quantity="5.1665")),
        ImportRow(3, Draft("split", day("2024-01-04"), symbol="X", ratio="2")),
        ImportRow(4, Draft("split", day("2024-01-05"), symbol="X", quantity="-27.8991")),
    ]
    done = with_ratios(rows, [])
    assert [row.draft.ratio for row in done if row.draft] == [None, "3:2", "2", "1:10"]
    earlier = [an_entry("buy", "2023-01-02", "X", quantity="89.667", price="1")]
    assert with_ratios(rows[1:2], earlier)[0].problems != ()


async def test_a_short_sale_is_named_with_its_row_and_the_rest_goes_on(kit: Kit) -> None:
    text = HEAD + (
        "2024-01-02,buy,SPY,,10,100,USD\n2024-01-03,sell,SPY,,4,100,USD\n2024-01-04,sell,SPY,,7,100,USD\n"
        "2024-01-05,sell,SPY,,6,100,USD\n2024-01-06,sell,AVGO,,1,100,USD\n"
    )
    report = await kit.look(text)
    found = problems(report)
    assert found.keys() == {4, 6}  # after row 4 is left out, six are there for row 5
    assert "only 6 are held, 1 short" in found[4]
    with pytest.raises(ImportRefused) as refused:
        await kit.book(text)
    assert {violation.pointer for violation in refused.value.violations} == {"/rows/4/quantity", "/rows/6/quantity"}
    assert await kit.standing() == ()
    assert (await kit.book(text, skip_rows=frozenset({4, 6}))).staged.count == 3


async def test_a_later_sale_of_the_ledger_that_a_file_leaves_short_is_told(kit: Kit) -> None:
    await kit.record(
        CALLER,
        kit.portfolio.id,
        [
            Draft("buy", day("2024-01-02"), symbol="SPY", quantity="10", price="100"),
            Draft("sell", day("2024-02-02"), symbol="SPY", quantity="10", price="100"),
        ],
    )
    report = await kit.look(HEAD + "2024-01-10,sell,SPY,,1,100,USD\n")
    assert report.refused
    assert "10 SPY cannot leave on 2024-02-02" in report.problems[0].detail


async def test_a_symbol_is_known_by_the_ledger_the_market_or_the_client(kit: Kit) -> None:
    delisted = Draft("buy", day("2020-01-02"), symbol="GONE", quantity="1", price="100")
    await kit.record(CALLER, kit.portfolio.id, [delisted])
    text = HEAD + (
        "2024-01-02,buy,gone,,1,100,USD\n2024-01-02,buy,SPY,,1,100,USD\n2024-01-02,buy,BRK B,,1,100,USD\n"
        "2024-01-03,buy,VOD,Vodafone,1,100,EUR\n2024-01-03,buy,XXX,Broadcom,1,100,USD\n"
    )
    report = await kit.look(text)
    assert problems(report).keys() == {5, 6}
    by_row = {result.row.row: result.row for result in report.rows}
    assert [by_row[number].draft.symbol for number in (2, 3, 4)] == ["GONE", "SPY", "BRK-B"]  # type: ignore[union-attr]
    assert by_row[4].notes == ("BRK B is BRK-B here",)
    assert {one.symbol for one in by_row[5].problems[0].candidates} == {"VOD", "VOD.L"}
    assert [one.symbol for one in by_row[6].problems[0].candidates] == ["AVGO"]
    told = await kit.look(text, symbols={"VOD": "VOD.L", "Broadcom": "avgo"})
    assert not told.refused
    with pytest.raises(InvalidArgument):
        await kit.look(text, symbols={"VOD": "not a symbol"})


async def test_each_instrument_is_asked_for_once(kit: Kit) -> None:
    await kit.look(HEAD + "2024-01-02,buy,SPY,,1,100,USD\n" * 50)
    assert kit.market.asked == 1


ACCOUNTS = "date,type,amount,currency,account\n2024-01-02,deposit,1,USD,Cash\n2024-01-02,deposit,2,USD,Pension\n"


async def test_accounts_of_a_file_are_matched_by_name_or_asked_about() -> None:
    kit = await a_kit([NewAccount("cash", "USD"), NewAccount("Old age", "USD")])
    cash, pension = kit.portfolio.accounts
    report = await kit.look(ACCOUNTS)
    assert problems(report) == {3: "account_id 'Pension' is no account of this portfolio"}
    outcome = await kit.book(ACCOUNTS, accounts={"Pension": pension.id})
    assert outcome.staged.count == 2
    assert [(entry.account_id, entry.amount) for entry in await kit.standing()] == [(cash.id, 1), (pension.id, 2)]
    with pytest.raises(InvalidArgument):
        await kit.look(ACCOUNTS, account_id="acc_none")


async def test_the_same_file_for_another_account_is_another_import() -> None:
    kit = await a_kit([NewAccount("A", "USD"), NewAccount("B", "USD")])
    text = "date,type,amount,currency\n2024-01-02,deposit,5,USD\n"
    for account in kit.portfolio.accounts:
        assert (await kit.book(text, account_id=account.id)).staged.count == 1
        assert (await kit.book(text, account_id=account.id)).staged.count == 0
    assert len(await kit.standing()) == 2


async def test_a_day_without_a_rate_and_a_currency_unknown_are_told_at_their_rows(kit: Kit) -> None:
    text = "date,type,amount,currency\n2024-01-02,deposit,5,GBP\n2024-01-02,deposit,5,USD\n2024-01-02,deposit,5,usd\n"
    found = problems(await kit.look(text))
    assert found.keys() == {2}
    assert "GBP" in found[2]


CENTS = st.integers(1, 10**7).map(lambda cents: Decimal(cents).scaleb(-2))
NOTES = st.one_of(
    st.just(""), st.sampled_from(["=1+1", "'quoted", "+x", "-", "@a", ' "a",b', "ünï; x", "two\nlines", "'=", "\ttab"])
)


@st.composite
def ledgers(draw: st.DrawFn) -> list[tuple[int, Draft]]:
    """Drafts that a ledger takes, each with the number of its account."""
    held: dict[tuple[int, str], Decimal] = {}
    on = date(2020, 1, 2)
    result: list[tuple[int, Draft]] = []
    for _ in range(draw(st.integers(1, 14))):
        on += timedelta(days=draw(st.integers(0, 40)))
        account, symbol = draw(st.integers(0, 1)), draw(st.sampled_from(["SPY", "AVGO", "^X", "OLD"]))
        holding = held.get((account, symbol), Decimal(0))
        note, fee = draw(NOTES) or None, draw(st.sampled_from([None, "1.25"]))
        quantity = Decimal(draw(st.integers(1, 10_000))).scaleb(-draw(st.integers(0, 4)))
        kind = draw(
            st.sampled_from(["deposit", "buy", "sell", "dividend", "split", "transfer_in", "opening", "reinvest"])
        )
        amount = str(draw(CENTS))
        draft = Draft(kind, on, note=note, currency=draw(st.sampled_from(["USD", "EUR"])))
        if kind == "deposit":
            draft = replace(draft, amount=amount)
        elif kind in ("buy", "reinvest", "transfer_in", "opening"):
            draft = replace(draft, symbol=symbol, quantity=f"{quantity:f}", amount=amount)
            draft = replace(draft, fee=fee) if kind == "buy" else draft
            if kind == "transfer_in":
                draft = replace(draft, acquired=on - timedelta(days=400), cost_basis="12.34")
            held[account, symbol] = holding + quantity
        elif not holding:
            continue
        elif kind == "sell":
            draft = replace(draft, symbol=symbol, quantity=f"{holding:f}", price="3.5", fee=fee)
            held[account, symbol] = Decimal(0)
        elif kind == "dividend":
            draft = replace(draft, symbol=symbol, amount=amount, tax="0.15")
        else:
            draft = replace(draft, symbol=symbol, ratio="3:2", currency=None)
            held[account, symbol] = holding * 3 / 2
        result.append((account, draft))
    return result


@pytest.mark.parametrize("export_format", list(ExportFormat))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drafts=ledgers())
async def test_what_is_exported_is_imported_as_it_was(
    export_format: ExportFormat, drafts: list[tuple[int, Draft]]
) -> None:
    names = [NewAccount("Main", "USD"), NewAccount("=Zwei, 'ü'", "EUR")]
    kit = await a_kit(names)
    accounts = [account.id for account in kit.portfolio.accounts]
    for account, draft in drafts:
        await kit.record(CALLER, kit.portfolio.id, [replace(draft, account_id=accounts[account])])
    if not drafts:
        return
    other = await kit.create(CALLER, name="Q", base_currency="USD", accounts=names)
    text = await kit.exported(export_format)
    outcome = await kit.book(text, other)
    assert outcome.staged.count == len(drafts)
    places = dict(zip([account.id for account in other.accounts], accounts, strict=True))

    def plainly(entries: Sequence[Entry], ids: dict[str, str]) -> list[Entry]:
        return [replace(one, id="", sequence=0, account_id=ids.get(one.account_id, one.account_id)) for one in entries]

    assert plainly(await kit.standing(other), places) == plainly(await kit.standing(), {})
    assert (await kit.book(text, other)).staged.count == 0
    assert (await kit.book(text)).staged.count == 0


@pytest.mark.parametrize("export_format", list(ExportFormat))
async def test_chosen_lots_come_back_as_those_of_the_new_ledger(export_format: ExportFormat) -> None:
    """Ten at 1 and ten at 3, of which the dear ones are sold: what is left cost ten, in the copy too."""
    kit = await a_kit()
    bought = await kit.record(
        CALLER,
        kit.portfolio.id,
        [
            Draft("buy", day("2024-01-02"), symbol="SPY", quantity="10", price="1"),
            Draft("buy", day("2024-01-03"), symbol="SPY", quantity="10", price="3"),
        ],
    )
    lots = [LotDraft(bought.entries[1].id, "10")]
    sale = Draft("sell", day("2024-01-04"), symbol="SPY", quantity="10", price="4", lots=lots)
    await kit.record(CALLER, kit.portfolio.id, [sale])
    other = await kit.create(CALLER, name="Q", base_currency="USD")
    outcome = await kit.book(await kit.exported(export_format), other)
    assert outcome.staged.count == 3
    book = keep_book(await kit.standing(other), other, a_rate_table())
    [left] = [lot for held in book.lots.values() for lot in held]
    assert (left.quantity, left.cost) == (10, 10)
    assert book.realised == 10


async def test_instruments_of_ones_own_come_with_an_export_in_json() -> None:
    kit = await a_kit()
    house = CustomInstrument(
        "CUSTOM:HOUSE", "House", "EUR", "real estate", country="DE", prices=((day("2024-01-02"), Decimal(300)),)
    )
    own = CustomInstruments(kit.store, kit.store, FakeRates(), FakeMarket(day("2024-11-29")))
    await own.create(CALLER, kit.portfolio.id, house)
    await kit.record(
        CALLER,
        kit.portfolio.id,
        [Draft("opening", day("2024-01-02"), symbol=house.symbol, quantity="1", amount="300", currency="EUR")],
    )
    other = await kit.create(CALLER, name="Q", base_currency="USD")
    with pytest.raises(ImportRefused, match="none was"):  # the CSV has entries alone
        await kit.book(await kit.exported(ExportFormat.CSV), other)
    text = await kit.exported(ExportFormat.JSON)
    assert (await kit.book(text, other)).staged.count == 1
    assert await own.list(CALLER, other.id) == [house]
    broken = text.replace('"price":"300"', '"price":"many"')
    with pytest.raises(UnreadableFile, match="instrument"):
        await kit.book(broken, other)
