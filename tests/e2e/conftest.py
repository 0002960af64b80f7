"""A headless Chromium in front of the whole mesh."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.conftest import Mesh

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
QUESTION = "How did I do this year against SPY, and how risky is it?"
MARKET_DAY = "2024-11-29"
_PATIENCE_MS = 20_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser that `make e2e` found.

    One a module, since Playwright holds the thread's event loop while it runs: tests with a loop of their own go into
    modules without a browser.
    """
    expect.set_options(timeout=_PATIENCE_MS)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=os.environ.get("STOCKTOOL_CHROMIUM") or None, args=ARGUMENTS, headless=True
        )
        yield launched
        launched.close()


@dataclass(frozen=True)
class Visitor:
    """Somebody in front of the page.

    Attributes:
        page: The page.
        problems: Errors the page wrote to its console or threw; none are expected.
    """

    page: Page
    problems: list[str]

    def sign_in(self, email: str, password: str) -> None:
        """Fill in the form and wait for the dashboard."""
        self.page.goto("/")
        self.page.get_by_role("textbox", name="Email").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("heading", name="Dashboard")).to_be_visible()

    def open_chat(self) -> None:
        """Go to a new conversation."""
        self.page.get_by_role("navigation").get_by_role("link", name="Chat").click()
        expect(self.page.get_by_role("textbox", name="Ask a question")).to_be_visible()

    def ask(self, question: str) -> None:
        """Send a question."""
        self.page.get_by_role("textbox", name="Ask a question").fill(question)
        self.page.get_by_role("button", name="Send").click()

    def answer(self) -> str:
        """Wait until the last answer is complete; gives its text."""
        article = self.page.get_by_role("article").last
        expect(article).to_have_attribute("aria-busy", "false")
        return article.inner_text()

    def look(self, name: str) -> None:
        """Keep a picture, for people to look at, where one is asked for."""
        folder = os.environ.get("STOCKTOOL_SCREENSHOTS")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.fixture
def visitor(browser: Browser, mesh: Mesh) -> Iterator[Visitor]:
    """A new visitor, without cookies."""
    context = browser.new_context(base_url=mesh.origin, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(_PATIENCE_MS)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield Visitor(page, problems)
    context.close()
    assert problems == []


def ports_of(mesh: Mesh) -> dict[str, int]:
    """Ports of the mesh's programs, `chat.ops` and the like."""
    found: dict[str, int] = json.loads((mesh.state / "ports.json").read_text())
    return found


def numbers(text: str) -> list[float]:
    """All numbers of a text, thousands separators understood."""
    return [float(found.replace(",", "")) for found in re.findall(r"-?\d[\d,]*(?:\.\d+)?", text.replace("\u2212", "-"))]
