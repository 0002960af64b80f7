"""The `ImportReader` of the mesh."""

from __future__ import annotations

from dataclasses import replace

from stocktool_kit.aio import Limiter, run_blocking

from stocktool_stock.adapters.import_files.decode import decode
from stocktool_stock.domain.imports.options import ReadOptions
from stocktool_stock.domain.imports.read_text import read_text
from stocktool_stock.domain.imports.rows import ImportFile


class ImportFiles:
    """Reads files off the event loop.

    Args:
        threads: On which.
    """

    def __init__(self, threads: Limiter) -> None:
        self._threads = threads

    async def read(self, content: bytes, options: ReadOptions) -> ImportFile:
        """Read a file."""
        return await run_blocking(self._threads, _read, content, options)


def _read(content: bytes, options: ReadOptions) -> ImportFile:
    text, encoding = decode(content)
    return replace(read_text(text, options), encoding=encoding)
