"""A broker's file is imported through the page, seen among the holdings, and taken back."""

from __future__ import annotations

import secrets

import httpx
from playwright.sync_api import Page, expect

from tests.conftest import Mesh
from tests.e2e.conftest import Visitor

FILE = b"""date,type,symbol,quantity,price,amount,fee,tax,currency,ratio,account,note
2024-03-04,deposit,,,,1000,,,USD,,,
03/05/2024,buy,PFE,4,26.5,,1,,USD,,,
"""


def test_file_is_imported_seen_and_taken_back(visitor: Visitor, mesh: Mesh) -> None:
    page = visitor.page
    email, password = f"importer-{secrets.token_hex(6)}@example.com", secrets.token_urlsafe(18)
    account = {"email": email, "password": password, "display_name": "Importer"}
    httpx.post(f"{mesh.origin}/api/auth/v1/register", json=account, timeout=30).raise_for_status()
    visitor.sign_in(email, password)
    page.get_by_role("button", name="Create a portfolio").click()
    page.get_by_role("textbox", name="Portfolio name").fill("Imported")
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_role("combobox", name="Portfolio")).to_contain_text("Imported")

    _go(page, "Import")
    page.get_by_label("Choose a file").set_input_files({"name": "broker.csv", "mimeType": "text/csv", "buffer": FILE})
    expect(page.get_by_text("Some dates can be read in two ways", exact=False)).to_be_visible()
    expect(page.get_by_role("button", name="Import", exact=True)).to_be_disabled()
    page.get_by_role("combobox", name="Dates").select_option("month_first")
    page.get_by_role("button", name="Import 2 entries").click()
    expect(page.get_by_text("2 entries of broker.csv booked to Imported.")).to_be_visible()
    visitor.look("import")

    _go(page, "Overview")
    expect(page.get_by_role("group", name="Holdings table").get_by_role("rowheader")).to_have_text(["PFE"])
    # 4 x 26.21, the close of the market's day, and 1000 - 4 x 26.5 - 1 of cash.
    expect(page.get_by_test_id("total")).to_have_text("$997.84")

    _go(page, "Import")
    page.get_by_role("button", name="Undo the import of broker.csv").click()
    page.get_by_role("dialog").get_by_role("button", name="Undo the import").click()
    expect(page.get_by_role("table", name="Imports").get_by_text("undone")).to_be_visible()
    _go(page, "Overview")
    expect(page.get_by_test_id("total")).to_have_text("$0.00")


def _go(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Portfolio").get_by_role("link", name=name).click()
