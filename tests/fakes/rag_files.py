"""Small documents for tests."""

from __future__ import annotations

from collections.abc import Sequence

from fpdf import FPDF


def a_pdf(*pages: str) -> bytes:
    """A PDF with these texts, a page each."""
    pdf = FPDF()
    pdf.set_font("helvetica", size=11)
    for text in pages:
        pdf.add_page()
        pdf.multi_cell(0, 6, text)
    return bytes(pdf.output())


def a_locked_pdf(password: str) -> bytes:
    """A PDF that opens with a password only."""
    pdf = FPDF()
    pdf.set_font("helvetica", size=11)
    pdf.set_encryption(owner_password=password, user_password=password)
    pdf.add_page()
    pdf.multi_cell(0, 6, "Locked words.")
    return bytes(pdf.output())


TOPICS: Sequence[str] = (
    "Letter to shareholders\nWe thank our employees for a demanding year and look ahead with confidence.",
    "Lighthouse maintenance\nThe lamps of our lighthouses were replaced by diodes, which halves their power.",
    "Dividend policy\nThe board proposes to pay a dividend of 1.25 euros per share for the past year.",
    "Cheese cellars\nOur mountain cheese ripens for eleven months in natural caves at constant humidity.",
    "Legal proceedings\nA competitor sued us over a patent on ferry propellers; the court dismissed the case.",
)
"""Pages of an invented annual report, each about something else."""
