"""Imports and exports, put together."""

from __future__ import annotations

from stocktool_kit.aio import Limiter
from stocktool_kit.core.clock import Clock

from stocktool_stock.adapters.import_files.reader import ImportFiles
from stocktool_stock.application.custom_instruments import CustomInstruments
from stocktool_stock.application.export_portfolio import ExportPortfolio
from stocktool_stock.application.import_mappings import ImportMappings, MappingStore
from stocktool_stock.application.import_uses import ImportUses
from stocktool_stock.application.ledger_ports import InstrumentShelf
from stocktool_stock.application.market_ports import FxRates, InstrumentSource, MarketStatus
from stocktool_stock.application.ports import PortfolioStore
from stocktool_stock.application.prepare_import import PrepareImport
from stocktool_stock.application.read_import import CommitImport, ReadImport
from stocktool_stock.application.resolve_symbols import ResolveSymbols
from stocktool_stock.application.stage_import import StageImport

THREADS = 2
"""Few, since reading files is the interpreter's work and not the disk's."""


def import_uses(
    store: PortfolioStore,
    stage: StageImport,
    shelf: InstrumentShelf,
    mappings: MappingStore,
    *,
    instruments: InstrumentSource,
    rates: FxRates,
    market: MarketStatus,
    clock: Clock,
) -> ImportUses:
    """Build the use cases.

    Args:
        store: Portfolios.
        stage: Books what was read.
        shelf: Instruments of the users' own.
        mappings: How users have their files read.
        instruments: The market's.
        rates: Exchange rates.
        market: The market's day.
        clock: Real time.
    """
    resolve = ResolveSymbols(instruments)
    threads = Limiter(THREADS)
    prepare = PrepareImport(store, ImportFiles(threads), resolve, stage, shelf=shelf, market=market, threads=threads)
    read = ReadImport(prepare, rates, clock, threads)
    return ImportUses(
        read,
        CommitImport(prepare, read, stage, CustomInstruments(store, shelf, rates, market), threads),
        ExportPortfolio(store, shelf, clock, threads),
        ImportMappings(mappings, clock),
    )
