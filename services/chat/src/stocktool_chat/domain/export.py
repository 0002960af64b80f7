"""A conversation as a document to keep."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from stocktool_kit.core.clock import instant

from stocktool_chat.domain.conversation import Conversation, Turn
from stocktool_chat.domain.json_types import Json, JsonObject
from stocktool_chat.domain.references import PLACEHOLDERS, Fate

_MARKUP = re.compile(r"<(?=[A-Za-z/!?])")
_ADDRESS = r"(?!\s*<?(?:https?://|mailto:|/|#))"
_LINKED = re.compile(rf"\]\({_ADDRESS}", re.IGNORECASE)
_DEFINED = re.compile(rf"^(\s{{0,3}}\[[^\]]+\]):{_ADDRESS}", re.IGNORECASE | re.MULTILINE)
_MARKS = re.compile(r"[\\`*_\[\]<>!|#~]")


def to_markdown(conversation: Conversation, turns: Sequence[Turn]) -> str:
    """Write questions, answers and where their figures come from."""
    parts = [f"# {_plain(conversation.title) or 'Conversation'}", f"Opened {instant(conversation.created_at)}."]
    for turn in turns:
        summary = turn.summary or {}
        parts.append(f"## {_plain(turn.question)}")
        parts.append(f"Asked {instant(turn.created_at)}, {turn.state.value}.")
        if turn.text:
            parts.append(_inert(turn.text.strip()))
        replaced = summary.get("replaced")
        if isinstance(replaced, Mapping):
            parts.append(f"{replaced.get('model')} answered, since {replaced.get('instead_of')} did not.")
        problem = summary.get("problem")
        if isinstance(problem, Mapping):
            parts.append(f"It failed: {_plain(str(problem.get('detail')))}")
        proposals = _lines(summary.get("proposals"), lambda entry: f"- {_plain(str(entry.get('summary')))}")
        if proposals:
            parts.append("### Proposed\n\n" + "\n".join(proposals))
        receipts = _lines(summary.get("receipts"), _receipt_line)
        if receipts:
            parts.append("### Receipts\n\n" + "\n".join(receipts))
        citations = _lines(summary.get("citations"), _citation_line)
        if citations:
            parts.append("### Sources\n\n" + "\n".join(citations))
    return "\n\n".join(parts) + "\n"


def to_json_document(conversation: Conversation, turns: Sequence[Turn]) -> JsonObject:
    """Everything in the export's own shape."""
    return {
        "id": conversation.id,
        "title": conversation.title,
        "pinned": conversation.pinned,
        "created_at": instant(conversation.created_at),
        "updated_at": instant(conversation.updated_at),
        "turns": [turn_document(turn) for turn in turns],
    }


def turn_document(turn: Turn) -> dict[str, Json]:
    """A turn as the public API shows it."""
    summary = turn.summary or {}
    return {
        "id": turn.id,
        "conversation_id": turn.conversation_id,
        "parent_turn_id": turn.parent_turn_id,
        "state": turn.state.value,
        "question": turn.question,
        "model": turn.model,
        "attempt": turn.attempt,
        "created_at": instant(turn.created_at),
        "finished_at": instant(turn.finished_at) if turn.finished_at else None,
        "text": turn.text,
        "tool_calls": summary.get("tool_calls", []),
        "proposals": summary.get("proposals", []),
        "receipts": summary.get("receipts", []),
        "citations": summary.get("citations", []),
        "replaced": summary.get("replaced"),
        "usage": summary.get("usage"),
        "problem": summary.get("problem"),
    }


def _inert(text: str) -> str:
    """An answer's markdown without what a reader's program would load or run: images, markup, odd addresses."""
    without_markup = _MARKUP.sub(r"\\\g<0>", text).replace("![", "!\\[")
    return _DEFINED.sub(r"\1 :", _LINKED.sub("] (", without_markup))


def _plain(text: str) -> str:
    """Words of users and documents on one line, shown as they are written."""
    return _MARKS.sub(r"\\\g<0>", " ".join(text.split()))


def _lines(entries: Json, line: object) -> list[str]:
    assert callable(line)
    if not isinstance(entries, list):
        return []
    return [line(entry) for entry in entries if isinstance(entry, Mapping)]


def _receipt_line(entry: JsonObject) -> str:
    where = f": {entry['call_id']} {entry['path']}" if entry.get("call_id") else ""
    return f"- {_plain(str(entry.get('value')))}: {entry.get('status')}{where}"


def _citation_line(entry: JsonObject) -> str:
    page = f", page {entry['page']}" if entry.get("page") else ""
    state = str(entry.get("state", Fate.SHOWN))
    gone = PLACEHOLDERS[Fate(state)] if state != Fate.SHOWN else ""
    quote = gone or _plain(str(entry.get("quote", "")))
    quotations = entry.get("quotations")
    said = (
        [each.get("verified") for each in quotations if isinstance(each, Mapping)]
        if isinstance(quotations, list)
        else []
    )
    doubt = " (unverified: not found on that page)" if entry.get("verified") is False else ""
    if False in said:
        doubt += " (the answer quotes words that are not on that page)"
    return f"- [{entry.get('index')}] {entry.get('document_id')}{page}: {quote}{doubt}"
