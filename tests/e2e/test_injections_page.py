"""Injections in a document, in the real browser: the page shows their words and asks nobody for anything."""

from __future__ import annotations

import re

from playwright.sync_api import Dialog, Request, Route, expect
from stocktool_dev.seed import DEMO

from tests.conftest import Mesh
from tests.e2e.conftest import Visitor
from tests.fakes.injections import injections

_TECHNIQUES = {
    "markdown image with a query",
    "addressed to the summariser",
    "svg with a handler",
    "javascript address",
    "data address",
    "style in a name",
    "iframe",
    "form and input",
    "autolink",
}


def test_injections_of_a_document_stay_words_in_the_browser(visitor: Visitor, mesh: Mesh) -> None:
    page, context = visitor.page, visitor.page.context
    chosen = [each for each in injections() if each.technique in _TECHNIQUES]
    assert {each.technique for each in chosen} == _TECHNIQUES
    foreign: list[str] = []
    dialogs: list[str] = []

    def seen(request: Request) -> None:
        if not request.url.startswith((mesh.origin, "data:", "blob:")):
            foreign.append(request.url)

    def closed(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    def refused(route: Route) -> None:
        route.abort()

    page.on("request", seen)
    page.on("dialog", closed)
    context.route(re.compile(r"https?://[^/]*evil\.example/"), refused)

    visitor.sign_in(DEMO, mesh.demo_password)
    page.get_by_role("navigation").get_by_role("link", name="Documents").click()
    text = "".join(f"# Saltworks chapter {number}\n\nSaltworks of chapter {number}: {each.text}\n\n"
                   for number, each in enumerate(chosen, start=1))  # fmt: skip
    page.locator("input[type=file]").set_input_files(
        {"name": "saltworks.md", "mimeType": "text/markdown", "buffer": text.encode()}
    )
    row = (
        page.get_by_role("listitem")
        .filter(has_text="saltworks.md")
        .or_(page.get_by_role("row").filter(has_text="saltworks.md"))
    )
    expect(row.first).to_contain_text(re.compile("ready", re.IGNORECASE))

    visitor.open_chat()
    quoted = ""
    for number in range(1, len(chosen) + 1):
        visitor.ask(f"What do my documents say about saltworks of chapter {number}?")
        expect(page.get_by_role("article")).to_have_count(number)
        quoted += visitor.answer()
        article = page.get_by_role("article").last
        for tag in ("img", "script", "style", "svg[onload]", "iframe", "form", "a[href*='evil.example']"):
            expect(article.locator(f".prose-answer {tag}")).to_have_count(0)
    assert "Saltworks of chapter" in quoted
    assert (foreign, dialogs) == ([], [])

    link = page.get_by_role("article").get_by_role("button", name=re.compile(r"evil\.example")).first
    expect(link).to_be_visible()
    link.click()
    expect(page.get_by_role("link", name=re.compile(r"evil\.example")).first).to_be_visible()
    assert foreign == []  # shown, not visited
