"""Asks a mesh over its public API as a user would: conversations, streamed answers, and what the figures should be."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from stocktool_dev.evaluation.questions import Citation
from stocktool_dev.evaluation.scoring import Answer
from stocktool_dev.patience import patiently

DOCUMENTS = Path(__file__).parent / "documents"

_DEMO_PORTFOLIO = "Demo portfolio"
_PATIENCE_SECONDS = 120.0
_ANSWER_SECONDS = 300.0
_TYPES = {".md": "text/markdown", ".txt": "text/plain"}


class MeshFailed(Exception):
    """The mesh does not let itself be asked; the message carries its answer."""


@contextmanager
def signed_in(url: str, email: str, password: str) -> Iterator[httpx.Client]:
    """A client of a mesh with somebody signed in, who is signed in again when the token has run out."""
    credentials = {"email": email, "password": password}
    with httpx.Client(base_url=url, timeout=30) as plain:

        def token() -> str:
            answer = again(lambda: plain.post("/api/auth/v1/login", json=credentials))
            if answer.is_error:
                raise MeshFailed(f"{email} could not sign in at {url}: {answer.text[:400]}")
            return f"Bearer {answer.json()['access_token']}"

        with httpx.Client(base_url=url, timeout=_ANSWER_SECONDS, auth=_SigningIn(token)) as client:
            yield client


class _SigningIn(httpx.Auth):
    """Adds the token, and a new one when it is refused."""

    def __init__(self, token: Callable[[], str]) -> None:
        self._sign_in = token
        self._token = ""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """See httpx."""
        self._token = self._token or self._sign_in()
        request.headers["authorization"] = self._token
        answer = yield request
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            self._token = self._sign_in()
            request.headers["authorization"] = self._token
            yield request


def again(ask: Callable[[], httpx.Response]) -> httpx.Response:
    """Ask anew while a service starts or a limit is met."""
    return patiently(ask, _PATIENCE_SECONDS)


class Visit:
    """One user at one mesh, with the demo's portfolio and the evaluation's documents.

    Args:
        client: The user's client.
        model: Which model is asked; empty: the deployment's default.
    """

    def __init__(self, client: httpx.Client, model: str = "") -> None:
        self._client = client
        self.model = model or next(each["name"] for each in self.models() if each["default"])
        if self.model not in {each["name"] for each in self.models()}:
            offered = ", ".join(each["name"] for each in self.models())
            raise MeshFailed(f"the mesh offers no model {self.model!r}; it has: {offered}")
        self._portfolio = self._find_portfolio()
        self._uploaded: list[str] = []
        self.today = date.fromisoformat(str(self._asked("/api/stock/v1/market")["now"])[:10])
        self._got: dict[str, Any] = {}

    def models(self) -> Sequence[Mapping[str, Any]]:
        """What the deployment offers."""
        found: Sequence[Mapping[str, Any]] = self._asked("/api/chat/v1/models")["items"]
        return found

    def get(self, address: str, send: Mapping[str, Any] | None = None) -> Any:
        """See `oracle.Api`; asked once in a visit."""
        key = address + json.dumps(send)
        if key not in self._got:
            own = f"portfolios/{self._portfolio}/"
            path = "/api/stock/v1/" + (own + address[2:] if address.startswith("P/") else address)
            if send is None:
                self._got[key] = self._asked(path)
            else:
                self._got[key] = _told(again(lambda: self._client.post(path, json=send)))
        return self._got[key]

    def plant(self) -> None:
        """Upload the evaluation's documents that are not there, and wait until all of them can be searched."""
        there = {each["name"] for each in self._documents()}
        self._uploaded.extend(self._upload(path) for path in sorted(DOCUMENTS.iterdir()) if path.name not in there)
        wanted = {path.name for path in DOCUMENTS.iterdir()}
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            states = {each["name"]: each["state"] for each in self._documents()}
            failed = [name for name in wanted if states.get(name) == "failed"]
            if failed or time.monotonic() > deadline:
                raise MeshFailed(f"documents did not become searchable: {states}")
            if all(states.get(name) == "ready" for name in wanted):
                break
            time.sleep(0.5)

    def _upload(self, path: Path) -> str:
        file = (path.name, path.read_bytes(), _TYPES[path.suffix])
        form: Mapping[str, Any] = {"files": {"file": file}, "data": {"collection": "private"}}
        return str(_told(again(lambda: self._client.post("/api/rag/v1/documents", **form)))["id"])

    def clear(self) -> None:
        """Take back what was uploaded here."""
        while self._uploaded:
            address = f"/api/rag/v1/documents/{self._uploaded.pop()}"
            again(partial(self._client.delete, address))

    @contextmanager
    def conversation(self) -> Iterator[Callable[[str], Answer]]:
        """A conversation to ask in, deleted at the end."""
        chats = "/api/chat/v1/conversations"
        conversation = _told(again(lambda: self._client.post(chats, json={})))["id"]
        try:
            yield lambda question: self._ask(f"{chats}/{conversation}/turns", question)
        finally:
            again(lambda: self._client.delete(f"{chats}/{conversation}"))

    def _ask(self, path: str, question: str) -> Answer:
        stands = self._writable()
        body = {"text": question, "model": self.model}
        before = time.perf_counter()
        turn = _told(again(lambda: self._client.post(path, json=body)))["turn_id"]
        first = self._follow(f"{path}/{turn}/events", before)
        whole_ms = (time.perf_counter() - before) * 1000
        told = self._asked(f"{path}/{turn}")
        return self._answer(told, first, whole_ms, wrote=self._writable() != stands)

    def _follow(self, path: str, before: float) -> float | None:
        """Read a turn's events to the end, and give the milliseconds to its first word."""
        first: float | None = None
        with self._client.stream("GET", path) as stream:
            if stream.is_error:
                raise MeshFailed(f"the events of a turn answered {stream.status_code}")
            for line in stream.iter_lines():
                if line.startswith("event: text.delta") and first is None:
                    first = (time.perf_counter() - before) * 1000
        return first

    def _answer(self, told: Mapping[str, Any], first: float | None, whole_ms: float, *, wrote: bool) -> Answer:
        names = {each["id"]: each["name"] for each in self._documents()} if told["citations"] else {}
        receipts: dict[str, int] = {}
        for receipt in told["receipts"]:
            receipts[receipt["status"]] = receipts.get(receipt["status"], 0) + 1
        usage = told["usage"] or {"input_tokens": 0, "output_tokens": 0, "cost": None}
        return Answer(
            text=told["text"],
            state=told["state"],
            problem=(told["problem"] or {}).get("detail", ""),
            calls=[(call["name"], _object(call["arguments"])) for call in told["tool_calls"]],
            receipts=receipts,
            unmatched=[each["value"] for each in told["receipts"] if each["status"] == "unmatched"],
            citations=[
                Citation(names.get(each["document_id"], each["document_id"]), each["page"] or 0, each["quote"])
                for each in told["citations"]
            ],
            proposals=[(each["tool"], _object(each["arguments"])) for each in told["proposals"]],
            wrote=wrote,
            first_word_ms=first,
            whole_ms=whole_ms,
            input_tokens=usage["input_tokens"],
            output_tokens=usage["output_tokens"],
            cost_usd=float(usage["cost"]["amount"]) if usage["cost"] else None,
        )

    def _writable(self) -> object:
        """What a question must not change: the ledger's version and the watches."""
        version = self._asked(f"/api/stock/v1/portfolios/{self._portfolio}")["version"]
        return version, [each["id"] for each in self._asked("/api/stock/v1/alerts")["items"]]

    def _find_portfolio(self) -> str:
        items = self._asked("/api/stock/v1/portfolios")["items"]
        found = next((each["id"] for each in items if each["name"] == _DEMO_PORTFOLIO), None)
        if found is None or items[0]["id"] != found:
            raise MeshFailed(
                f"the user's first portfolio is not {_DEMO_PORTFOLIO!r}; make seed plants it for the demo user"
            )
        return str(found)

    def _documents(self) -> Sequence[Mapping[str, Any]]:
        found: Sequence[Mapping[str, Any]] = self._asked("/api/rag/v1/documents?page_size=200")["items"]
        return found

    def _asked(self, address: str) -> Any:
        return _told(again(lambda: self._client.get(address)))


def _object(arguments: Any) -> Mapping[str, Any]:
    if isinstance(arguments, str):  # a model may write what is no JSON
        try:
            arguments = json.loads(arguments)
        except ValueError:
            return {}
    return arguments if isinstance(arguments, Mapping) else {}


def _told(answer: httpx.Response) -> Any:
    if answer.is_error:
        request = answer.request
        raise MeshFailed(f"{request.method} {request.url.path} answered {answer.status_code}: {answer.text[:400]}")
    return answer.json() if answer.content else None
