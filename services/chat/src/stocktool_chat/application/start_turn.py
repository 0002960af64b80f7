"""Takes a question: stores it, gets a grant for its tools, and hands it to this process's worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from stocktool_kit.core.caller import Caller
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.once import once

from stocktool_chat.application.live_turns import LiveTurn, LiveTurns
from stocktool_chat.application.ports import Grants, TurnStore, UsageStore
from stocktool_chat.application.run_turn import LeaseTerms, TurnJob
from stocktool_chat.domain import events
from stocktool_chat.domain.allowance import Allowance
from stocktool_chat.domain.conversation import (
    Claim,
    ConversationId,
    OpenTurn,
    Turn,
    TurnId,
    lineage,
    new_turn_id,
    title_of,
)
from stocktool_chat.domain.errors import TooManyTurns, TurnNotFound
from stocktool_chat.domain.pricing import Catalogue

MAX_QUESTION_CHARACTERS = 8000


class TurnQueue(Protocol):
    """The process's worker for turns."""

    @property
    def has_room(self) -> bool:
        """Whether it takes another turn."""
        ...

    def submit(self, job: TurnJob) -> None:
        """Run a turn soon."""
        ...


class StartTurn:
    """Starts turns.

    Args:
        holder: Name of this process in leases.
        address: gRPC target under which other processes reach this one.
        usage: What users have used today.
        allowance: What a user may use in a day.
        grant_seconds: How long a turn's grant lasts: its budget, and time for another process to begin anew.
    """

    def __init__(
        self,
        *,
        turns: TurnStore,
        grants: Grants,
        queue: TurnQueue,
        lives: LiveTurns,
        catalogue: Catalogue,
        usage: UsageStore,
        allowance: Allowance,
        clock: Clock,
        terms: LeaseTerms,
        holder: str,
        address: str,
        grant_seconds: float,
    ) -> None:
        self._turns = turns
        self._grants = grants
        self._queue = queue
        self._lives = lives
        self._catalogue = catalogue
        self._usage = usage
        self._allowance = allowance
        self._clock = clock
        self._terms = terms
        self._holder = holder
        self._address = address
        self._grant_seconds = grant_seconds

    async def __call__(
        self,
        caller: Caller,
        conversation_id: ConversationId,
        question: str,
        *,
        model: str | None = None,
        parent: TurnId | None = None,
        key: IdempotencyKey | None = None,
        trace: Mapping[str, str] | None = None,
    ) -> TurnId:
        """Store a question and begin to answer it.

        Args:
            caller: Who asks.
            conversation_id: Where.
            question: The question.
            model: One of the catalogue; None for the one of the turn before, or the default.
            parent: Turn to follow: None for the conversation's last one, empty for none. One that has been followed
                before gets another branch, and both stay.
            key: The request's identity.
            trace: The trace of the request, as propagation headers.

        Returns:
            The turn's id; under a repeated key that of the first one.

        Raises:
            InvalidArgument: The question is empty or too long.
            UnknownModel: The deployment does not offer the model.
            ConversationNotFound: The caller has no such conversation.
            TurnNotFound: There is no such parent.
            TooManyTurns: The worker is full.
            DailyBudgetSpent: The caller has used the day's allowance.
        """
        if not question.strip():
            raise InvalidArgument.of("/text", "must not be empty")
        if len(question) > MAX_QUESTION_CHARACTERS:
            raise InvalidArgument.of("/text", f"must be at most {MAX_QUESTION_CHARACTERS} characters")

        async def attempt() -> TurnId:
            return await self._attempt(caller, conversation_id, question, model, parent, key, trace)

        return await once(lambda: self._turns.started(key), attempt)

    async def _attempt(  # noqa: PLR0917 - the arguments of the call
        self,
        caller: Caller,
        conversation_id: ConversationId,
        question: str,
        model: str | None,
        parent: TurnId | None,
        key: IdempotencyKey | None,
        trace: Mapping[str, str] | None,
    ) -> TurnId:
        wanted = self._catalogue.offer(model) if model else None
        if not self._queue.has_room:
            raise TooManyTurns("this server answers as many questions as it can; try again in a moment")

        now = self._clock.now()
        self._allowance.check(await self._usage.spent(caller.owner, now.date()), now)
        conversation, turns = await self._turns.read(conversation_id, caller.owner)
        history = lineage(turns, _parent(turns, parent))
        offer = wanted or self._catalogue.goes_on(history[-1].model if history else None)
        turn = Turn(new_turn_id(now), conversation_id, caller.owner, question, offer.name, now)
        turn = replace(turn, parent_turn_id=history[-1].id if history else None)
        grant = await self._grants.open(turn.id, self._grant_seconds)

        claim = Claim(
            conversation_id,
            turn.id,
            caller.owner,
            fence=1,
            attempt=1,
            holder=self._holder,
            retention=conversation.retention,
        )
        until = now + timedelta(seconds=self._terms.seconds)
        first = events.numbered([events.turn_started(turn.id, offer.name)], 1)
        live = LiveTurn(conversation_id, turn.id, caller.owner, first)
        stored = await self._turns.start(turn, OpenTurn(claim, self._address, until), first, title_of(question), key)
        if stored != turn.id:
            await self._grants.close(turn.id)
            return stored
        self._lives.add(live)
        self._queue.submit(TurnJob(claim, turn, history, live, grant, trace=dict(trace or {})))
        return turn.id


def _parent(turns: Sequence[Turn], wanted: TurnId | None) -> TurnId | None:
    if wanted is None:
        return turns[-1].id if turns else None
    if not wanted:
        return None
    if all(turn.id != wanted for turn in turns):
        raise TurnNotFound("the conversation has no such turn to follow", turn=wanted)
    return wanted
