"""What an answer says of its sources: receipts and citations, each quote held against its page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stocktool_chat.application.quotes import Quotes
from stocktool_chat.domain import events
from stocktool_chat.domain.citations import Citation, PageQuote, Quotation, cited, quotations
from stocktool_chat.domain.events import NewEvent
from stocktool_chat.domain.json_types import JsonObject
from stocktool_chat.domain.receipts import Receipt, Source


async def cited_events(
    text: str, results: Mapping[str, JsonObject], receipts: Sequence[Receipt], quotes: Quotes
) -> list[NewEvent]:
    """Receipts and citations of an answer, in this order.

    Args:
        text: The whole answer.
        results: What the tools gave, by call id.
        receipts: Its figures.
        quotes: Asked once about all quotes together.
    """
    citations = cited(text, results)
    said = [(found, each) for each in quotations(text, citations) for found in citations if found.index == each.index]
    asked = [_page_quote(found) for found in citations]
    asked += [_page_quote(each.source) for each in receipts if each.source is not None]
    asked += [_page_quote(found, each) for found, each in said]
    checked = await quotes.checked([quote for quote in asked if quote is not None])

    def stands(source: Citation | Source | None, quotation: Quotation | None = None) -> bool | None:
        quote = None if source is None else _page_quote(source, quotation)
        return None if quote is None else checked.get(quote)

    told = [events.receipt(each, verified=stands(each.source)) for each in receipts]
    for found in citations:
        own = [(each, stands(found, each)) for of, each in said if of is found]
        told.append(events.citation(found, verified=stands(found), quotations=own))
    return told


def _page_quote(source: Citation | Source, quotation: Quotation | None = None) -> PageQuote | None:
    """What is to be checked; None for a source without a page."""
    text = source.quote if quotation is None else quotation.text
    return None if source.page is None else PageQuote(source.document_id, source.page, text)
