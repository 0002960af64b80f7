"""The same on a portfolio nobody has seen before, against a computation of the test's own."""

from __future__ import annotations

import os
import re
import secrets

import httpx
import pytest
from playwright.sync_api import expect

from tests.conftest import Mesh
from tests.e2e import oracle
from tests.e2e.conftest import QUESTION, Visitor, numbers


@pytest.fixture
def seed() -> int:
    """Another one each time; a failure names it, and STOCKTOOL_TEST_SEED repeats it."""
    given = os.environ.get("STOCKTOOL_TEST_SEED")
    return int(given) if given else secrets.randbelow(1_000_000)


def test_value_and_returns_of_a_random_portfolio(visitor: Visitor, mesh: Mesh, seed: int) -> None:
    prices = oracle.closes()
    entries = oracle.ledger(seed, prices)
    truth = oracle.expected(entries, prices)
    hint = f"repeat with STOCKTOOL_TEST_SEED={seed}"
    email, password = f"somebody-{secrets.token_hex(6)}@example.com", secrets.token_urlsafe(18)
    record(mesh.origin, email, password, entries)

    visitor.sign_in(email, password)
    total = visitor.page.get_by_test_id("total")
    expect(total).to_contain_text("$")
    assert numbers(total.inner_text())[0] == pytest.approx(truth.value, abs=0.011), hint

    visitor.open_chat()
    visitor.ask(QUESTION)
    text = visitor.answer()
    mine = re.search(r"Your portfolio (returned|lost) (-?[\d,.]+)%", text)
    assert mine is not None, text
    assert float(mine[2].replace(",", "")) == pytest.approx(truth.twr_this_year * 100, abs=0.0051), hint
    theirs = re.search(r"SPY returned (-?[\d,.]+)%", text)
    assert theirs is not None, text
    assert float(theirs[1]) == pytest.approx(truth.benchmark_this_year * 100, abs=0.0051), hint
    assert any(number == pytest.approx(truth.value, abs=0.011) for number in numbers(text)), hint


def record(origin: str, email: str, password: str, entries: list[oracle.Entry]) -> None:
    """Register a user and enter the ledger, as an API client does."""
    with httpx.Client(base_url=origin, timeout=30) as client:
        credentials = {"email": email, "password": password}
        client.post("/api/auth/v1/register", json={**credentials, "display_name": "Somebody"}).raise_for_status()
        token = client.post("/api/auth/v1/login", json=credentials).raise_for_status().json()["access_token"]
        client.headers["authorization"] = f"Bearer {token}"
        made = client.post("/api/stock/v1/portfolios", json={"name": "Any", "base_currency": "USD"}).raise_for_status()
        path = f"/api/stock/v1/portfolios/{made.json()['id']}/transactions"
        answer = client.post(path, json={"items": entries})
        assert answer.status_code == httpx.codes.CREATED, answer.text
