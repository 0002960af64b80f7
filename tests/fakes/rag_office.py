"""Small Office files, tables and messages for tests."""

from __future__ import annotations

import io
import zipfile
from email.message import EmailMessage

import docx
import pptx
from pptx.util import Inches
from xlsxwriter import Workbook


def a_docx() -> bytes:
    """Two headings, a table with a merged cell."""
    document = docx.Document()
    document.add_paragraph("Words before any heading.")
    document.add_heading("Fees", level=1)
    table = document.add_table(rows=2, cols=3)
    for row, texts in zip(table.rows, (("Class", "Entry", "Yearly"), ("A", "3 %", "0.85 %")), strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    merged = table.add_row().cells
    merged[0].merge(merged[2]).text = "No fee on leaving"
    document.add_heading("Closing", level=2)
    document.add_paragraph("The end.")
    return _saved(document)


def a_pptx() -> bytes:
    """A slide with a title, text and notes, and one with a table."""
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    assert slide.shapes.title is not None
    slide.shapes.title.text = "Outlook"
    slide.placeholders[1].text_frame.text = "Sales will rise by a tenth."
    assert slide.notes_slide.notes_text_frame is not None
    slide.notes_slide.notes_text_frame.text = "Say this slowly."
    second = deck.slides.add_slide(deck.slide_layouts[6])
    table = second.shapes.add_table(1, 2, Inches(1), Inches(1), Inches(4), Inches(1)).table
    table.cell(0, 0).text, table.cell(0, 1).text = "Backlog", "412"
    return _saved(deck)


def an_xlsx(rows: int = 2) -> bytes:
    """A sheet with a head and rows of numbers, a sheet of its own for words."""
    target = io.BytesIO()
    with Workbook(target, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Sales")
        sheet.write_row(0, 0, ["Year", "Region", "Amount"])
        for number in range(rows):
            sheet.write_row(number + 1, 0, [2020 + number, "North", 12.5 + number])
        book.add_worksheet("Notes").write(0, 0, "Unaudited.")
    return target.getvalue()


def a_message(*, html: bool = False) -> bytes:
    """A message with an attachment."""
    message = EmailMessage()
    message["From"], message["To"] = "ada@example.org", "bob@example.org"
    message["Subject"], message["Date"] = "Dividend", "Mon, 03 Jun 2024 10:00:00 +0000"
    if html:
        message.set_content("<p>The dividend is <b>2</b> euros.</p>", subtype="html")
    else:
        message.set_content("The dividend is 2 euros.\n")
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="report.pdf")
    return message.as_bytes()


def with_member(data: bytes, name: str, content: bytes) -> bytes:
    """An archive with a member more."""
    target = io.BytesIO(data)
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return target.getvalue()


def _saved(document: object) -> bytes:
    target = io.BytesIO()
    document.save(target)  # type: ignore[attr-defined]  # both libraries' documents have it
    return target.getvalue()
