"""What `helm test` asks of a running mesh, through its edge, with the standard library alone.

A user of its own signs in, reads a quote, books a trade and asks a question whose figures must have receipts, uploads a
document and finds it again, and sends an analysis through the queue. One line per step; the first failure ends it.
"""

import json
import os
import secrets
import sys
import time
import urllib.error
import urllib.request
from urllib.parse import urlsplit

BASE = os.environ["STOCKTOOL_URL"].rstrip("/")
HOST = urlsplit(os.environ["STOCKTOOL_ORIGIN"]).netloc
WAIT_SECONDS = 90.0


class Failed(Exception):
    """The mesh answered something else than it should."""


class Visitor:
    """One user of the API."""

    def __init__(self) -> None:
        self.token = ""

    def ask(self, method, path, body=None, content_type="application/json"):
        """One call; its JSON. A 503 or a lost name is asked again: pods may be coming and going."""
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        headers = {"host": HOST, "idempotency-key": secrets.token_hex(8)}
        if data is not None:
            headers["content-type"] = content_type
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        deadline = time.monotonic() + 30
        while True:
            try:
                request = urllib.request.Request(BASE + path, data=data, headers=headers, method=method)
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                said = error.read().decode(errors="replace")[:600]
                if error.code not in {429, 503} or time.monotonic() > deadline:
                    raise Failed(f"{method} {path} answered {error.code}: {said}") from error
            except OSError as error:
                if time.monotonic() > deadline:
                    raise Failed(f"{method} {path}: {error}") from error
            time.sleep(1)

    def until(self, path, done):
        """Ask until an answer is what is waited for."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            answer = self.ask("GET", path)
            if done(answer):
                return answer
            if time.monotonic() > deadline:
                raise Failed(f"{path} is still {answer.get('state')!r} after {WAIT_SECONDS:.0f} s")
            time.sleep(0.5)


def sign_in(visitor):
    """Register and sign in."""
    who = {"email": f"check-{secrets.token_hex(6)}@stocktool.local", "password": secrets.token_urlsafe(18)}
    visitor.ask("POST", "/api/auth/v1/register", {**who, "display_name": "Check"})
    visitor.token = visitor.ask("POST", "/api/auth/v1/login", who)["access_token"]
    return visitor.ask("GET", "/api/auth/v1/me")["email"]


def quote(visitor):
    """A price with its currency."""
    found = visitor.ask("GET", "/api/stock/v1/quotes?symbols=AAPL")["items"][0]
    return f"AAPL {found['price']}"


def book(visitor):
    """A portfolio with a purchase."""
    portfolio = visitor.ask("POST", "/api/stock/v1/portfolios", {"name": "Check", "base_currency": "USD"})["id"]
    path = f"/api/stock/v1/portfolios/{portfolio}/transactions"
    deposit = {"date": "2024-01-02", "type": "deposit", "amount": "10000.00"}
    purchase = {"date": "2024-06-03", "type": "buy", "symbol": "AAPL", "quantity": "10", "price": "190.00"}
    visitor.ask("POST", path, {"items": [deposit, purchase]})
    return portfolio


def question(visitor, text):
    """An answer every figure of which is a receipt that was matched."""
    conversation = visitor.ask("POST", "/api/chat/v1/conversations", {})["id"]
    turn = visitor.ask("POST", f"/api/chat/v1/conversations/{conversation}/turns", {"text": text})["turn_id"]
    path = f"/api/chat/v1/conversations/{conversation}/turns/{turn}"
    answer = visitor.until(path, lambda body: body["state"] not in {"accepted", "queued", "running"})
    if answer["state"] != "completed":
        raise Failed(f"the turn ended as {answer['state']}: {answer['problem']}")
    receipts = [receipt["status"] for receipt in answer["receipts"]]
    if not receipts or "unmatched" in receipts:
        raise Failed(f"receipts: {receipts}; the answer was: {answer['text'][:400]}")
    return f"{len(receipts)} receipts, none unmatched"


def upload(visitor):
    """A document that is found again."""
    word = f"quince{secrets.token_hex(4)}"
    edge = secrets.token_hex(12)
    part = (
        f'--{edge}\r\ncontent-disposition: form-data; name="file"; filename="check.md"\r\ncontent-type: text/markdown'
    )
    text = f"# Orchard\n\nThe orchard called {word} harvested 4,211 crates of pears."
    body = f"{part}\r\n\r\n{text}\r\n--{edge}--\r\n".encode()
    document = visitor.ask("POST", "/api/rag/v1/documents", body, f"multipart/form-data; boundary={edge}")["id"]
    state = visitor.until(f"/api/rag/v1/documents/{document}", lambda body: body["state"] in {"ready", "failed"})
    if state["state"] != "ready":
        raise Failed(f"the document failed: {state.get('error')}")
    hits = visitor.ask("POST", "/api/rag/v1/search", {"query": f"How many crates did {word} harvest?"})["hits"]
    if "4,211" not in json.dumps(hits):
        raise Failed(f"the search found {json.dumps(hits)[:400]}")
    return f"{len(hits)} hits"


def analyse(visitor, portfolio):
    """An analysis that went through the queue and came back."""
    path = f"/api/stock/v1/portfolios/{portfolio}/analyses"
    job = visitor.ask("POST", path, {"kind": "portfolio"})["id"]
    done = visitor.until(f"/api/stock/v1/analyses/{job}", lambda body: body["state"] in {"done", "failed", "cancelled"})
    if done["state"] != "done":
        raise Failed(f"the analysis ended as {done['state']}: {done['error']}")
    return done["state"]


def main():
    """Run every step."""
    visitor = Visitor()
    held = []
    steps = [
        ("sign-in", lambda: sign_in(visitor)),
        ("quote", lambda: quote(visitor)),
        ("ledger", lambda: held.append(book(visitor)) or "booked"),
        ("question", lambda: question(visitor, os.environ.get("STOCKTOOL_QUESTION", "What is my portfolio worth?"))),
        ("upload and search", lambda: upload(visitor)),
        ("queue round trip", lambda: analyse(visitor, held[0])),
    ]
    for name, step in steps:
        started = time.monotonic()
        try:
            said = step()
        except Failed as error:
            sys.exit(f"FAILED {name}: {error}")
        print(f"{time.monotonic() - started:6.1f} s  {name}: {said}", flush=True)


if __name__ == "__main__":
    main()
