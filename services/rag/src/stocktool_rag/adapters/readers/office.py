"""Word, PowerPoint and Excel files of the XML kind."""

from __future__ import annotations

import io
from collections.abc import Iterator

from stocktool_rag.adapters.readers.sections import Sections, table_pages
from stocktool_rag.domain.identify import Unreadable
from stocktool_rag.domain.pages import PageText, tidy

_BROKEN = "the file says it is {} but cannot be read as one: it is damaged"


def word_pages(data: bytes) -> Iterator[PageText]:
    """Each heading of a Word file opens a page; tables stay lines."""
    import docx  # noqa: PLC0415 - each kind needs its own library only
    from docx.table import Table  # noqa: PLC0415

    try:
        document = docx.Document(io.BytesIO(data))
        sections = Sections()
        for block in document.iter_inner_content():
            if isinstance(block, Table):
                for row in block.rows:
                    # A merged cell is given once for each column it covers.
                    cells = list({id(cell._tc): cell.text for cell in row.cells}.values())
                    sections.line(" | ".join(text.replace("\n", " ").strip() for text in cells))
                continue
            style = (block.style.name or "") if block.style is not None else ""
            if style.startswith(("Heading", "Title")) and block.text.strip():
                sections.heading(block.text)
            else:
                sections.line(block.text)
    except MemoryError:
        raise
    except Exception as error:  # any fault of a file a stranger made
        raise Unreadable(_BROKEN.format("a Word document")) from error
    yield from sections.pages()


def slide_pages(data: bytes) -> Iterator[PageText]:
    """A page for each slide, with its tables and notes."""
    import pptx  # noqa: PLC0415

    try:
        presentation = pptx.Presentation(io.BytesIO(data))
        for number, slide in enumerate(presentation.slides, start=1):
            lines: list[str] = []
            for shape in slide.shapes:
                if shape.has_text_frame:
                    lines.append(shape.text_frame.text)
                elif shape.has_table:
                    lines += [" | ".join(cell.text for cell in row.cells) for row in shape.table.rows]
            if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
                lines.append(slide.notes_slide.notes_text_frame.text)
            title = slide.shapes.title.text if slide.shapes.title is not None else ""
            text = tidy("\n".join(line for line in lines if line.strip()).replace("\v", "\n"))
            yield PageText(number, text, tidy(title).strip()[:120])
    except MemoryError:
        raise
    except Exception as error:
        raise Unreadable(_BROKEN.format("a PowerPoint presentation")) from error


def sheet_pages(data: bytes) -> Iterator[PageText]:
    """Pages of some rows each, sheet by sheet, each with the sheet's first row."""
    from python_calamine import CalamineWorkbook  # noqa: PLC0415

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        number = 1
        for name in book.sheet_names:
            rows = [[_shown(cell) for cell in row] for row in book.get_sheet_by_name(name).iter_rows()]
            for page in table_pages(rows, name, first=number):
                yield page
                number += 1
    except MemoryError:
        raise
    except Exception as error:
        raise Unreadable(_BROKEN.format("an Excel workbook")) from error


def _shown(cell: object) -> str:
    """A cell as one reads it: whole numbers without a decimal point."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell)
