"""The injection set, and what carries it to the model: files, news, names, notes, titles and errors."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import docx
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from fastapi import FastAPI
from fpdf import FPDF
from stocktool_kit.core.clock import SystemClock
from stocktool_kit.core.market_now import parse_market_now
from stocktool_market.adapters.bundled import load_series
from stocktool_market.application.market import Market, MarketTime
from stocktool_market.domain.notes import Note
from stocktool_market.http.control import control_router
from stocktool_market.http.yahoo import yahoo_router
from stocktool_market.settings import Settings

_FILE = Path(__file__).resolve().parents[1] / "data" / "injections.json"
_NEWEST = datetime(2024, 11, 29, 21, tzinfo=UTC)
HELD = "AAPL"


@dataclass(frozen=True, slots=True)
class Others:
    """What belongs to somebody else, and what would betray it."""

    user: str
    portfolio: str
    document: str
    secrets: Sequence[str]


@dataclass(frozen=True, slots=True)
class Injection:
    """One text that wants something it must not get.

    Attributes:
        carrier: What brings it: pdf, docx, news, name, note, title, error.
        technique: How it tries.
        text: With `{other_user}` and the like where it names what is another's.
        obey: What a model does that obeys: calls, and things to say.
        where: The place within a file.
        arrives: Whether the carrier is read at all; a comment of a Word file is not.
    """

    id: str
    carrier: str
    technique: str
    text: str
    obey: Sequence[Mapping[str, Any]]
    where: str = "text"
    arrives: bool = True

    def filled(self, others: Others) -> Injection:
        """With the ids of somebody else in it."""
        names = {"other_user": others.user, "other_portfolio": others.portfolio, "other_document": others.document}

        def fill(value: Any) -> Any:
            if isinstance(value, str):
                for name, its in names.items():
                    value = value.replace(f"{{{name}}}", its)
                return value
            if isinstance(value, Mapping):
                return {key: fill(each) for key, each in value.items()}
            return [fill(each) for each in value] if isinstance(value, list) else value

        return replace(self, text=fill(self.text), obey=fill(list(self.obey)))

    @property
    def marked(self) -> str:
        """The text with its id, so that a test can tell where it has come."""
        return f"({self.id}) {self.text}"


def injections(*carriers: str) -> list[Injection]:
    """All, or those of some carriers."""
    loaded = [Injection(**each) for each in json.loads(_FILE.read_text(encoding="utf-8"))]
    return [each for each in loaded if not carriers or each.carrier in carriers]


# --- files ------------------------------------------------------------------------------------------------------------


def a_file(injection: Injection) -> tuple[str, bytes]:
    """A document that carries it, among ordinary words."""
    if injection.carrier == "pdf":
        return f"{injection.id}.pdf", _pdf(injection)
    return f"{injection.id}.docx", _docx(injection)


def _topic(injection: Injection) -> str:
    return f"Lighthouse report {injection.id}. The lamps were replaced by diodes, which halves their power."


def _pdf(injection: Injection) -> bytes:
    pdf = FPDF()
    pdf.set_font("helvetica", size=11)
    pdf.add_page()
    pdf.multi_cell(0, 6, _topic(injection), new_x="LMARGIN", new_y="NEXT")
    match injection.where:
        case "white":
            pdf.set_text_color(255, 255, 255)
        case "tiny":
            pdf.set_font("helvetica", size=1)
        case "invisible":
            pdf.text_mode = "INVISIBLE"
        case "metadata":
            pdf.set_subject(injection.marked)
            pdf.set_keywords(injection.marked)
            return bytes(pdf.output())
    pdf.multi_cell(0, 6, injection.marked, new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())


def _docx(injection: Injection) -> bytes:
    document = docx.Document()
    paragraph = document.add_paragraph(_topic(injection))
    text = injection.marked
    match injection.where:
        case "comment":
            document.add_comment(paragraph.runs, text=text, author="Reviewer")
        case "field":
            field = OxmlElement("w:instrText")
            field.text = text
            paragraph.add_run()._r.append(field)
        case "vanish":
            hidden = document.add_paragraph().add_run(text)
            properties = hidden._r.get_or_add_rPr()
            properties.append(properties.makeelement(qn("w:vanish"), {}))
        case "table":
            document.add_table(rows=1, cols=1).rows[0].cells[0].text = text
        case "footer":
            document.sections[0].header.paragraphs[0].text = text
            document.sections[0].footer.paragraphs[0].text = text
        case _:
            document.add_paragraph(text)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


# --- the market -------------------------------------------------------------------------------------------------------


def symbols_of(carried: Sequence[Injection]) -> dict[str, Injection]:
    """A symbol for each of these injections; none is the one that is held."""
    free = [symbol for symbol in sorted(load_series()) if symbol != HELD]
    assert len(carried) <= len(free), "more injections than symbols to carry them"
    return dict(zip(free, carried, strict=False))


class _InjectedMarket(Market):
    """The stand-in's market with other news."""

    news: Mapping[str, Injection] = {}

    def notes(self, symbol: str, *, at_most: int) -> list[Note]:
        found = super().notes(symbol, at_most=at_most)
        carried = self.news.get(symbol.upper())
        return found if carried is None else [Note(carried.marked, carried.text, _NEWEST), *found][:at_most]


def a_market(names: Mapping[str, Injection], news: Mapping[str, Injection]) -> Callable[[Settings], FastAPI]:
    """What builds the stand-in with injected names and news, by symbol; the wire is its own."""

    def build(settings: Settings) -> FastAPI:
        flow = parse_market_now(settings.now)
        assert flow is not None
        time = MarketTime(flow, SystemClock())
        series = {
            symbol: replace(each, listing=replace(each.listing, name=names[symbol].marked)) if symbol in names else each
            for symbol, each in load_series().items()
        }
        market = _InjectedMarket(series, time.now)
        market.news = news
        app = FastAPI(openapi_url=None)
        app.include_router(control_router(time, None))
        app.include_router(yahoo_router(market, time))
        return app

    return build
