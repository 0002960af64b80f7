"""`make demo-chat`: what the chat promises, shown on a mesh of its own.

A question of each family of tools is asked, and its plan, answer and receipts are printed. Then a chat process is
killed (SIGKILL) in mid-answer while two readers hold on: one that stays from the beginning, as a tab does, and one that
leaves after its first words and comes back, as a reload does. Each takes the stream up again at the id after the last
it saw. What they end up with is folded from their events alone, and compared with each other and with what is stored.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from stocktool_chat.domain.events import Event
from stocktool_chat.domain.turn_view import TurnView, fold

from stocktool_dev.bench import BenchFailed, ended, signed_in
from stocktool_dev.layout import Layout
from stocktool_dev.own_mesh import MeshRefused, mesh_of_its_own
from stocktool_dev.supervision import Supervisor

FAMILIES: Sequence[tuple[str, str]] = (
    ("Prices", "What is the price of AAPL?"),
    ("Indicators", "Show the 50-day average and the RSI of AAPL"),
    ("Companies", "Compare AAPL and JPM this year"),
    ("The market", "How is the market today?"),
    ("Portfolio", "What do I hold?"),
    ("Performance and risk", "How did I do this year against SPY, and how risky is it?"),
    ("Where figures come from", "How is my time-weighted return computed?"),
    ("Ledger and tax", "What did I realise since 2019?"),
    ("Examination", "Check my portfolio"),
    ("Plans", "What if I sold half my AAPL?"),
    ("Years ahead", "Where could my portfolio stand in 20 years if I save 500 a month?"),
    ("Documents", "What do my documents say about dividends?"),
    ("Watches", "Alert me when AAPL is above 250"),
    ("Background work", "Make a statement for 2023"),
    ("Sums", "How much are 25 shares of AAPL worth?"),
    ("Writing", "Record that I bought 10 AAPL at 230 on 2024-11-20"),
    ("In Japanese", "AAPLのRSIを教えて。それと、今年の成績も見せて"),
)
_LONG = "Check my portfolio. How did I do this year against SPY? What drove my return? How risky is my portfolio?"
_WORDS_BEFORE_KILL = 4  # events with words
_PATIENCE_SECONDS = 90.0
_PROMISED_SECONDS = 20.0
_TERMINAL = ("turn.completed", "turn.stopped", "turn.failed")
_SLOW = {"STOCKTOOL_ANALYST_WORDS_PER_SECOND": "20"}  # so that an answer lasts long enough to be killed in


def transcripts(client: httpx.Client, say: Callable[[str], None]) -> None:
    """Ask a question of each family, and write what came of it."""
    for family, question in FAMILIES:
        turn = _answered(client, question)
        say(f"\n### {family}\n")
        say(f"> {question}\n")
        for call in turn["tool_calls"]:
            given = {name: value for name, value in call["arguments"].items() if value is not None}
            say(f"- `{call['name']}` {json.dumps(given, ensure_ascii=False)} ({call['duration_ms']:.0f} ms)")
        say("")
        say(_shortened(turn["text"]))
        say(f"\n{_receipts(turn)}")


def _answered(client: httpx.Client, question: str) -> dict[str, Any]:
    path = _opened(client)
    turn = client.post(path, json={"text": question}).raise_for_status().json()["turn_id"]
    reader = Reader("transcript", client, f"{path}/{turn}/events")
    reader.follow()
    whole: dict[str, Any] = client.get(f"{path}/{turn}").raise_for_status().json()
    if whole["state"] != "completed":
        raise BenchFailed(f"{question!r} ended {whole['state']}: {whole['problem']}")
    return whole


def _opened(client: httpx.Client) -> str:
    conversation = client.post("/api/chat/v1/conversations", json={}).raise_for_status().json()["id"]
    return f"/api/chat/v1/conversations/{conversation}/turns"


def _shortened(text: str, most: int = 9) -> str:
    lines = text.strip().splitlines()
    cut = lines[:most]
    more = [f"... {len(lines) - most} more"] if len(lines) > most else []
    return "\n".join(f"    {line}".rstrip() for line in (*cut, *more))


def _receipts(turn: dict[str, Any]) -> str:
    receipts = turn["receipts"]
    if not receipts:
        return "No figure to check."
    count = {
        status: sum(each["status"] == status for each in receipts) for status in ("matched", "derived", "unmatched")
    }
    told = ", ".join(f"{number} {status}" for status, number in count.items() if number)
    first = next((each for each in receipts if each["path"]), receipts[0])
    where = f"; `{first['value']}` is `{first['path']}`" if first["path"] else ""
    return f"{len(receipts)} {'figure' if len(receipts) == 1 else 'figures'}: {told}{where}."


@dataclass(slots=True)
class Reader:
    """One that follows a turn, and takes it up again where it lost it.

    Attributes:
        leaves_after: Events with words after which it goes away for a moment, as a reload does; 0: it stays.
        attached: How often it attached.
    """

    name: str
    client: httpx.Client
    address: str
    leaves_after: int = 0
    events: list[Event] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    attached: int = 0
    doubled: int = 0

    @property
    def done(self) -> bool:
        """Whether the turn has ended for it."""
        return bool(self.events) and self.events[-1].type in _TERMINAL

    @property
    def view(self) -> TurnView:
        """What it ends up with."""
        return fold(self.events)

    def words(self) -> int:
        """Events with words that it has seen."""
        return sum(event.type == "text.delta" for event in self.events)

    def follow(self) -> None:
        """Read to the end of the turn, attaching as often as it takes."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self.done:
            if time.monotonic() > deadline:
                raise BenchFailed(f"{self.name} saw no end within {_PATIENCE_SECONDS:g} s")
            try:
                self._attach()
            except httpx.HTTPError:
                time.sleep(0.25)

    def _attach(self) -> None:
        last = str(self.events[-1].id) if self.events else ""
        headers = {"last-event-id": last} if last else {}
        with self.client.stream("GET", self.address, headers=headers, timeout=_PATIENCE_SECONDS) as response:
            response.raise_for_status()
            self.attached += 1
            for event in _events(response.iter_lines()):
                if self.events and event.id <= self.events[-1].id:
                    self.doubled += 1
                    continue
                self.events.append(event)
                self.at.append(time.monotonic())
                if self.leaves_after and self.words() >= self.leaves_after:
                    self.leaves_after = 0
                    return


def _events(lines: Iterator[str]) -> Iterator[Event]:
    number, name = 0, ""
    for line in lines:
        field_name, _, value = line.partition(":")
        match field_name:
            case "id":
                number = int(value)
            case "event":
                name = value.strip()
            case "data":
                yield Event(number, name, json.loads(value))


def survival(layout: Layout, client: httpx.Client, say: Callable[[str], None]) -> bool:
    """Kill a chat process in mid-answer; whether both readers end up with what is stored, and nothing twice."""
    before = client.get("/api/chat/v1/usage/today").raise_for_status().json()["turns"]
    path = _opened(client)
    turn = client.post(path, json={"text": _LONG}).raise_for_status().json()["turn_id"]
    begin = time.monotonic()
    tab = Reader("the tab that stays", client, f"{path}/{turn}/events")
    reload = Reader("the tab that reloads", client, f"{path}/{turn}/events", leaves_after=1)
    threads = [threading.Thread(target=reader.follow, daemon=True) for reader in (tab, reload)]
    for thread in threads:
        thread.start()
    _until(lambda: (tab.words() >= _WORDS_BEFORE_KILL and reload.words() >= _WORDS_BEFORE_KILL) or tab.done)
    if tab.done:
        raise BenchFailed("the answer ended before it could be killed in")
    pid = _pid(layout, "chat")
    seen = [reader.view.text for reader in (tab, reload)]
    killed = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    say(f"{killed - begin:6.2f} s  kill -9 {pid} (chat), with {len(seen[0])} characters of the answer shown")
    for thread in threads:
        thread.join(_PATIENCE_SECONDS + 10)
    stored: dict[str, Any] = client.get(f"{path}/{turn}").raise_for_status().json()
    restarted = next((at for event, at in zip(tab.events, tab.at, strict=True) if event.type == "turn.restarted"), None)
    if restarted is not None:
        say(f"{restarted - begin:6.2f} s  turn.restarted, {restarted - killed:.2f} s after the kill")
    if tab.done:
        say(f"{tab.at[-1] - begin:6.2f} s  {tab.events[-1].type}, event {tab.events[-1].id}")
    after = _turns_used(client, before)
    checks = (
        ("the turn was taken over or ended within 20 s", (restarted or tab.at[-1]) - killed <= _PROMISED_SECONDS),
        ("both readers saw its end", tab.done and reload.done),
        ("both saw the same events, from the first to the last", tab.events == reload.events),
        ("ids only rise, none came twice", not tab.doubled and not reload.doubled),
        ("it was begun anew once", [event.type for event in tab.events].count("turn.restarted") == 1),
        ("it ended once", sum(event.type in _TERMINAL for event in tab.events) == 1),
        ("both show the stored text", tab.view.text == reload.view.text == stored["text"]),
        ("both show the stored receipts", _shown(tab) == _shown(reload) == stored["receipts"]),
        (
            "no tool call stands twice",
            len({call["call_id"] for call in stored["tool_calls"]}) == len(stored["tool_calls"]),
        ),
        ("it counts as one turn", after == before + 1),
    )
    say(f"          attached: {tab.name} {tab.attached} times, {reload.name} {reload.attached} times")
    for told, holds in checks:
        say(f"  {'yes' if holds else 'NO '}  {told}")
    return all(holds for _, holds in checks)


def _shown(reader: Reader) -> Any:
    return reader.view.summary()["receipts"]


def _turns_used(client: httpx.Client, before: int) -> int:
    """Turns of today, once this one is counted."""
    used = before
    for _ in range(40):
        used = client.get("/api/chat/v1/usage/today").raise_for_status().json()["turns"]
        if used > before:
            break
        time.sleep(0.25)
    return used


def _pid(layout: Layout, name: str) -> int:
    return next(state.pid for state in Supervisor(layout).states() if state.name == name)


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            raise BenchFailed("the answer did not begin")
        time.sleep(0.01)


@contextmanager
def _mesh(*, here: bool) -> Iterator[Layout]:
    if here:
        yield Layout.from_environment()
        return
    try:
        with mesh_of_its_own(_SLOW) as layout:
            yield layout
    except MeshRefused as error:
        raise BenchFailed(str(error)) from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Show both; 0 when every promise held."""
    parser = argparse.ArgumentParser(prog="demo-chat", description="What the chat promises, shown.")
    parser.add_argument("--here", action="store_true", help="on the mesh that runs, not on one of its own")
    parser.add_argument("--only", choices=("transcripts", "survival"), help="one part of it")
    chosen = parser.parse_args(arguments)
    held: list[bool] = []

    def show() -> None:
        with _mesh(here=chosen.here) as layout, signed_in(layout) as client:
            if chosen.only != "survival":
                transcripts(client, _say)
            if chosen.only != "transcripts":
                _say("\n### A kill, a reload, two tabs\n")
                held.append(survival(layout, client, _say))

    return ended(show) or int(not all(held))


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
