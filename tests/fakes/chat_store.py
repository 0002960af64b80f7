"""Conversations and turns in memory; trusted because they pass the contract suite."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from stocktool_chat.application.ports import UsageDimension, UsageRow
from stocktool_chat.domain.allowance import Spent
from stocktool_chat.domain.conversation import (
    Claim,
    Conversation,
    ConversationId,
    Ending,
    OpenTurn,
    Turn,
    TurnId,
)
from stocktool_chat.domain.errors import (
    ConversationNotFound,
    IdempotencyKeyReused,
    LeaseLost,
    ProposalNotFound,
    TurnNotFound,
)
from stocktool_chat.domain.events import Event
from stocktool_chat.domain.json_types import JsonObject
from stocktool_chat.domain.proposals import Proposal, ProposalClosed
from stocktool_chat.domain.reruns import Rerun
from stocktool_chat.domain.retention import Change, Retention
from stocktool_chat.domain.search import matches, words_of
from stocktool_chat.domain.shares import Share, gone
from stocktool_chat.domain.tool_results import ToolResult
from stocktool_kit.core.clock import SystemClock
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.paging import Page, PageRequest, decode_token, encode_token


@dataclass
class FakeChatStore:
    """`ConversationStore`, `TurnStore` and all other stores of the service at once."""

    conversations: dict[ConversationId, Conversation] = field(default_factory=dict)
    stored_turns: dict[TurnId, Turn] = field(default_factory=dict)
    open_turns: dict[TurnId, OpenTurn] = field(default_factory=dict)
    stored_events: dict[TurnId, list[Event]] = field(default_factory=lambda: defaultdict(list))
    stored_results: dict[TurnId, dict[str, JsonObject]] = field(default_factory=lambda: defaultdict(dict))
    stored_proposals: dict[str, Proposal] = field(default_factory=dict)
    retentions: dict[OwnerId, Retention] = field(default_factory=dict)
    changes: dict[OwnerId, Change] = field(default_factory=dict)
    taken: dict[OwnerId, datetime] = field(default_factory=dict)
    stored_reruns: dict[str, Rerun] = field(default_factory=dict)
    stored_shares: dict[str, Share] = field(default_factory=dict)
    answers: dict[str, tuple[str, str]] = field(default_factory=dict)
    endings: list[tuple[OwnerId, Ending]] = field(default_factory=list)

    async def create(self, conversation: Conversation, key: IdempotencyKey | None) -> Conversation:
        answer = ConversationId(self._remember(key, conversation.id))
        return self.conversations.setdefault(answer, conversation)

    async def get(self, conversation_id: ConversationId, owner: OwnerId) -> Conversation:
        found = self.conversations.get(conversation_id)
        ends = found.retention.ends(found.updated_at) if found else None
        if found is None or found.owner != owner or (ends is not None and ends <= SystemClock().now()):
            raise ConversationNotFound("no conversation of yours has this id")
        return found

    async def find(self, owner: OwnerId, query: str, page: PageRequest) -> Page[Conversation]:
        mine = sorted(
            (
                each
                for each in self.conversations.values()
                if each.owner == owner and matches(query, each.title, self._said(each.id))
            ),
            key=lambda each: (each.updated_at, each.id),
            reverse=True,
        )
        start = int(decode_token(page.page_token)["at"]) if page.page_token else 0
        end = start + page.page_size
        return Page(mine[start:end], encode_token({"at": str(end)}) if end < len(mine) else "")

    def _said(self, conversation_id: ConversationId) -> set[str]:
        turns = [turn for turn in self.stored_turns.values() if turn.conversation_id == conversation_id]
        return {word for turn in turns for word in words_of(f"{turn.question} {turn.text}")}

    async def update(
        self, conversation_id: ConversationId, owner: OwnerId, *, title: str | None, pinned: bool | None, now: datetime
    ) -> Conversation:
        found = await self.get(conversation_id, owner)
        changed = replace(
            found,
            title=found.title if title is None else title,
            pinned=found.pinned if pinned is None else pinned,
            updated_at=now,
        )
        self.conversations[conversation_id] = changed
        return changed

    async def delete(self, conversation_id: ConversationId, owner: OwnerId) -> None:
        await self.get(conversation_id, owner)
        del self.conversations[conversation_id]
        for proposal in await self.proposals(conversation_id):
            del self.stored_proposals[proposal.id]
        for rerun in [each for each in self.stored_reruns.values() if each.conversation_id == conversation_id]:
            del self.stored_reruns[rerun.id]
        for share in [each for each in self.stored_shares.values() if each.conversation_id == conversation_id]:
            del self.stored_shares[share.id]
        for turn_id in [turn.id for turn in self.stored_turns.values() if turn.conversation_id == conversation_id]:
            for store in (self.stored_turns, self.open_turns, self.stored_events, self.stored_results):
                store.pop(turn_id, None)

    async def start(
        self, turn: Turn, open_turn: OpenTurn, first: Sequence[Event], title: str, key: IdempotencyKey | None
    ) -> TurnId:
        conversation = await self.get(turn.conversation_id, turn.owner)
        answer = TurnId(self._remember(key, turn.id))
        if answer != turn.id:
            return answer
        self.conversations[turn.conversation_id] = replace(
            conversation, title=conversation.title or title, updated_at=turn.created_at
        )
        self.stored_turns[turn.id] = turn
        self.open_turns[turn.id] = open_turn
        self.stored_events[turn.id].extend(first)
        return turn.id

    async def started(self, key: IdempotencyKey | None) -> TurnId | None:
        answer = self._answered(key)
        return None if answer is None else TurnId(answer)

    async def read(self, conversation_id: ConversationId, owner: OwnerId) -> tuple[Conversation, list[Turn]]:
        conversation = await self.get(conversation_id, owner)
        turns = [turn for turn in self.stored_turns.values() if turn.conversation_id == conversation_id]
        return conversation, sorted(turns, key=lambda turn: turn.id)

    async def turn(self, conversation_id: ConversationId, turn_id: TurnId) -> Turn:
        found = self.stored_turns.get(turn_id)
        if found is None or found.conversation_id != conversation_id:
            raise TurnNotFound("the conversation has no such turn")
        return found

    async def events(self, conversation_id: ConversationId, turn_id: TurnId, after: int) -> list[Event]:
        return [event for event in self.stored_events[turn_id] if event.id > after]

    async def results(self, conversation_id: ConversationId, turn_id: TurnId) -> dict[str, JsonObject]:
        return dict(self.stored_results[turn_id])

    async def append(self, claim: Claim, events: Sequence[Event], results: Sequence[ToolResult]) -> None:
        self._held(claim)
        self.stored_events[claim.turn_id].extend(events)
        self.stored_results[claim.turn_id].update({result.call_id: result.result for result in results})
        self.stored_proposals.update({each.proposal.id: each.proposal for each in results if each.proposal})

    async def finish(
        self, claim: Claim, events: Sequence[Event], results: Sequence[ToolResult], ending: Ending
    ) -> None:
        await self.append(claim, events, results)
        del self.open_turns[claim.turn_id]
        self.endings.append((claim.owner, ending))
        self.stored_turns[claim.turn_id] = replace(
            self.stored_turns[claim.turn_id],
            state=ending.state,
            attempt=claim.attempt,
            finished_at=ending.finished_at,
            summary=ending.summary,
        )

    async def proposals(self, conversation_id: ConversationId) -> list[Proposal]:
        mine = [each for each in self.stored_proposals.values() if each.conversation_id == conversation_id]
        return sorted(mine, key=lambda each: each.id)

    async def proposal(self, conversation_id: ConversationId, proposal_id: str) -> Proposal:
        found = self.stored_proposals.get(proposal_id)
        if found is None or found.conversation_id != conversation_id:
            raise ProposalNotFound("nothing was proposed under this id")
        return found

    async def advance(self, before: Proposal, after: Proposal) -> Proposal:
        stored = self.stored_proposals[before.id]
        if stored.state is before.state:
            self.stored_proposals[before.id] = after
            return after
        if stored.state is not after.state:
            raise ProposalClosed(f"the proposal is {stored.state} already")
        return stored

    async def add_rerun(self, rerun: Rerun, retention: Retention, key: IdempotencyKey | None) -> Rerun:
        await self.get(rerun.conversation_id, rerun.owner)
        return self.stored_reruns.setdefault(self._remember(key, rerun.id), rerun)

    async def earlier_rerun(
        self, conversation_id: ConversationId, turn_id: TurnId, key: IdempotencyKey | None
    ) -> Rerun | None:
        answer = self._answered(key)
        return None if answer is None else self.stored_reruns[answer]

    async def reruns(self, conversation_id: ConversationId, turn_id: TurnId) -> list[Rerun]:
        mine = [each for each in self.stored_reruns.values() if each.turn_id == turn_id]
        return sorted((each for each in mine if each.conversation_id == conversation_id), key=lambda each: each.id)

    async def retention(self, owner: OwnerId) -> Retention:
        return self.retentions.get(owner, Retention.MONTH)

    async def choose(self, change: Change) -> None:
        self.retentions[change.owner] = change.retention
        self.changes[change.owner] = change
        self.taken.pop(change.owner, None)

    async def unapplied(self) -> list[Change]:
        return list(self.changes.values())

    async def take(self, change: Change, now: datetime, until: datetime) -> bool:
        if self.changes.get(change.owner) != change or self.taken.get(change.owner, now) > now:
            return False
        self.taken[change.owner] = until
        return True

    async def apply(self, change: Change) -> None:
        for each in list(self.conversations.values()):
            if each.owner == change.owner:
                self.conversations[each.id] = replace(each, retention=change.retention)
        if self.changes.get(change.owner) == change:
            del self.changes[change.owner]

    async def settle(self, conversation_id: ConversationId, owner: OwnerId, written_under: Retention) -> None:
        found = self.conversations.get(conversation_id)
        if found is not None and found.owner == owner:
            self.conversations[conversation_id] = replace(found, retention=await self.retention(owner))

    async def add_share(self, share: Share, key: IdempotencyKey | None = None) -> Share:
        await self.get(share.conversation_id, share.owner)
        first = self._remember(key, share.id)
        if first == share.id:
            self.stored_shares[share.id] = share
        elif first not in self.stored_shares:
            raise gone()
        return self.stored_shares[first]

    async def shares(self, conversation_id: ConversationId, now: datetime) -> list[Share]:
        mine = [each for each in self.stored_shares.values() if each.conversation_id == conversation_id]
        return sorted((each for each in mine if now < each.expires_at), key=lambda each: each.id)

    async def share(self, share_id: str) -> Share | None:
        return self.stored_shares.get(share_id)

    async def remove_share(self, share: Share) -> None:
        self.stored_shares.pop(share.id, None)

    async def open_turn(self, turn_id: TurnId) -> OpenTurn | None:
        return self.open_turns.get(turn_id)

    async def renew(self, claim: Claim, until: datetime) -> bool:
        held = self._held(claim)
        self.open_turns[claim.turn_id] = replace(held, lease_until=until)
        return held.stop_requested

    async def release(self, claim: Claim, now: datetime) -> None:
        if claim.turn_id in self.open_turns and self.open_turns[claim.turn_id].claim == claim:
            await self.renew(claim, now)

    async def discard(self, claim: Claim) -> None:
        if claim.turn_id in self.open_turns and self.open_turns[claim.turn_id].claim == claim:
            del self.open_turns[claim.turn_id]

    async def request_stop(self, turn_id: TurnId) -> OpenTurn | None:
        found = self.open_turns.get(turn_id)
        if found is not None:
            self.open_turns[turn_id] = replace(found, stop_requested=True)
        return self.open_turns.get(turn_id)

    async def expired(self, now: datetime) -> list[OpenTurn]:
        return [each for each in self.open_turns.values() if each.lease_until <= now]

    async def take_over(self, open_turn: OpenTurn, holder: str, address: str, until: datetime) -> Claim | None:
        old = open_turn.claim
        current = self.open_turns.get(old.turn_id)
        if current is None or current.claim != old or current.lease_until != open_turn.lease_until:
            return None
        claim = replace(old, fence=old.fence + 1, attempt=old.attempt + 1, holder=holder)
        self.open_turns[old.turn_id] = replace(current, claim=claim, address=address, lease_until=until)
        return claim

    async def spent(self, owner: OwnerId, day: date) -> Spent:
        ended = [each for whose, each in self.endings if whose == owner and each.finished_at.date() == day]
        return Spent(
            len(ended),
            sum(each.usage.input_tokens + each.usage.output_tokens for each in ended),
            sum((Decimal(each.usage.cost or "0") for each in ended), Decimal(0)),
        )

    async def usage(self, by: UsageDimension, start: date, end: date) -> list[UsageRow]:
        rows: dict[str, UsageRow] = {}
        for owner, ending in self.endings:
            day = ending.finished_at.date()
            if not start <= day <= end:
                continue
            key = {"user": owner, "model": ending.usage.model, "day": day.isoformat()}[by.value]
            row = rows.get(key, UsageRow(key, 0, 0, 0, Decimal(0)))
            rows[key] = UsageRow(
                key,
                row.turns + 1,
                row.input_tokens + ending.usage.input_tokens,
                row.output_tokens + ending.usage.output_tokens,
                row.cost + Decimal(ending.usage.cost or "0"),
            )
        return [rows[key] for key in sorted(rows)]

    def _held(self, claim: Claim) -> OpenTurn:
        held = self.open_turns.get(claim.turn_id)
        if held is None or held.claim.fence != claim.fence or held.claim.holder != claim.holder:
            raise LeaseLost("another process runs this turn now, or it is gone")
        return held

    def _answered(self, key: IdempotencyKey | None) -> str | None:
        return None if key is None or key.record_id not in self.answers else self._remember(key, "")

    def _remember(self, key: IdempotencyKey | None, answer: str) -> str:
        if key is None:
            return answer
        body_hash, first = self.answers.setdefault(key.record_id, (key.body_hash, answer))
        if body_hash != key.body_hash:
            raise IdempotencyKeyReused("this Idempotency-Key came with another request before")
        return first
