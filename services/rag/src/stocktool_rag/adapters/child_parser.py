"""Reads documents in a process of their own, so that a hostile one costs itself only."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog
from stocktool_kit.core.errors import Internal

from stocktool_rag.application.ports import ParsedDocument
from stocktool_rag.domain.identify import Unreadable
from stocktool_rag.domain.pages import PageText

log = structlog.get_logger()

_MAX_LINE = 64 << 20


@dataclass(frozen=True, slots=True)
class ParserLimits:
    """What one document may cost.

    Attributes:
        memory_bytes: Address space of the process that reads it.
        cpu_seconds: Its processor time.
        wall_seconds: Its time by the clock.
        pages: Pages or headings.
        characters: Characters of text in all.
    """

    memory_bytes: int = 1 << 30
    cpu_seconds: int = 60
    wall_seconds: float = 120.0
    pages: int = 5_000
    characters: int = 40_000_000


class ChildParser:
    """A `Parser` that starts a process per document."""

    def __init__(self, limits: ParserLimits | None = None) -> None:
        self._limits = limits or ParserLimits()

    async def parse(self, path: Path, name: str) -> ParsedDocument:
        """Read the pages of a stored file.

        Raises:
            Unreadable: It cannot be taken; the reason is for its owner.
        """
        limits = self._limits
        with path.open("rb") as source:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-I", "-m", "stocktool_rag.adapters.parse_child", name),
                *map(str, (limits.memory_bytes, limits.cpu_seconds, limits.pages, limits.characters)),
                stdin=source,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env={},
                limit=_MAX_LINE,
            )
        try:
            async with asyncio.timeout(limits.wall_seconds):
                parsed, complaint = await asyncio.gather(_read(process), _complaint(process))
                status = await process.wait()
        except TimeoutError as error:
            raise Unreadable(f"reading the document took longer than {limits.wall_seconds:.0f} seconds") from error
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if isinstance(parsed, ParsedDocument):
            return parsed
        if parsed is not None:
            raise parsed
        if status < 0:
            log.warning("parser_killed", signal=-status, complaint=complaint)
            raise Unreadable("the document made its reader run out of time or memory, or crash")
        if "MemoryError" in complaint:
            raise Unreadable("the document needs more memory to be read than is allowed")
        raise Internal("the parser ended without an answer", status=status, complaint=complaint)


async def _read(process: asyncio.subprocess.Process) -> ParsedDocument | Unreadable | None:
    """Collect the child's lines; None when it ended before it said everything."""
    assert process.stdout is not None
    media_type = ""
    pages: list[PageText] = []
    async for raw in process.stdout:
        line = json.loads(raw)
        if "page" in line:
            pages.append(PageText(line["page"], line["text"], line["title"]))
        elif "media_type" in line:
            media_type = line["media_type"]
        elif "error" in line:
            return Unreadable(line["error"])
        elif "end" in line and line["end"] == len(pages):
            return ParsedDocument(media_type, pages)
    return None


async def _complaint(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    text = await process.stderr.read()
    return text.decode(errors="replace")[-500:]
