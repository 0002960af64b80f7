"""What a new user does first: sign in, read the value, ask, and check a figure."""

from __future__ import annotations

import re

from playwright.sync_api import expect
from stocktool_dev.seed import DEMO

from tests.conftest import Mesh
from tests.e2e.conftest import QUESTION, Visitor, numbers


def test_question_is_answered_with_receipts(visitor: Visitor, mesh: Mesh) -> None:
    page = visitor.page
    visitor.sign_in(DEMO, mesh.demo_password)
    total = page.get_by_test_id("total")
    expect(total).to_contain_text("$")
    value = numbers(total.inner_text())[0]
    assert value > 0
    expect(page.get_by_text("demo data", exact=False).first).to_be_visible()
    visitor.look("dashboard")

    visitor.open_chat()
    visitor.ask(QUESTION)
    article = page.get_by_role("article").last
    expect(article).to_have_attribute("aria-busy", "true")
    expect(article.get_by_text("Your portfolio", exact=False).first).to_be_visible()
    text = visitor.answer()
    assert value in numbers(text), "the answer states the value the dashboard shows"

    receipts = article.get_by_role("button", name=re.compile(r"^Receipt: "))
    names = [str(each.get_attribute("aria-label")) for each in receipts.all()]
    assert len(names) >= 8
    assert [name for name in names if "unmatched" in name] == []

    receipt = article.get_by_role("button", name=re.compile(r"^Receipt: .*% \(matched\)$")).first
    shown = numbers(receipt.inner_text())[0]
    receipt.click()
    panel = page.get_by_role("dialog", name="Receipt")
    expect(panel.get_by_text("Value in tool result")).to_be_visible()
    found = panel.get_by_text("Value in tool result").locator("xpath=following-sibling::dd").first.inner_text()
    assert shown in numbers(found)
    visitor.look("receipt")


def test_reload_in_mid_answer_loses_nothing(visitor: Visitor, mesh: Mesh) -> None:
    page = visitor.page
    visitor.sign_in(DEMO, mesh.demo_password)
    visitor.open_chat()
    visitor.ask(QUESTION)
    article = page.get_by_role("article").last
    expect(article.get_by_text("Your portfolio", exact=False).first).to_be_visible()
    expect(article).to_have_attribute("aria-busy", "true")
    page.reload()
    expect(page.get_by_role("article")).to_have_count(1)
    after_reload = visitor.answer()
    page.reload()
    expect(page.get_by_role("article")).to_have_count(1)
    expect(page.get_by_role("article").last).to_have_attribute("aria-busy", "false")
    assert visitor.answer() == after_reload
    for part in ("time-weighted", "SPY returned", "Volatility", "Beta"):
        assert part in after_reload


def test_document_becomes_ready_and_is_cited(visitor: Visitor, mesh: Mesh) -> None:
    page = visitor.page
    visitor.sign_in(DEMO, mesh.demo_password)
    page.get_by_role("navigation").get_by_role("link", name="Documents").click()
    memo = b"# Orchard memo\n\nThe orchard harvested 4,211 crates of pears in 2023.\n"
    page.locator("input[type=file]").set_input_files(
        {"name": "orchard.md", "mimeType": "text/markdown", "buffer": memo}
    )
    row = (
        page.get_by_role("listitem")
        .filter(has_text="orchard.md")
        .or_(page.get_by_role("row").filter(has_text="orchard.md"))
    )
    expect(row.first).to_contain_text(re.compile("ready", re.IGNORECASE))
    visitor.look("documents")

    visitor.open_chat()
    visitor.ask("What do my documents say about the pear harvest of the orchard?")
    text = visitor.answer()
    assert "4,211 crates of pears" in text
    expect(page.get_by_role("article").last.get_by_role("button", name=re.compile("^Citation 1")).first).to_be_visible()
    visitor.look("citation")


def test_wrong_password_says_so(visitor: Visitor) -> None:
    page = visitor.page
    page.goto("/")
    page.get_by_role("textbox", name="Email").fill(DEMO)
    page.get_by_label("Password").fill("not the password at all")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
