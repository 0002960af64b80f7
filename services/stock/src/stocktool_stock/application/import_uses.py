"""The use cases of imports and exports together."""

from __future__ import annotations

from dataclasses import dataclass

from stocktool_stock.application.export_portfolio import ExportPortfolio
from stocktool_stock.application.import_mappings import ImportMappings
from stocktool_stock.application.read_import import CommitImport, ReadImport


@dataclass(frozen=True, slots=True)
class ImportUses:
    """The use cases of imports and exports."""

    read: ReadImport
    commit: CommitImport
    export: ExportPortfolio
    mappings: ImportMappings
