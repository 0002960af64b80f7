"""Takes over turns whose process has died: begins the answer anew once, else ends the turn honestly."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import NotFound, StockToolError

from stocktool_chat.application.live_turns import LiveTurn, LiveTurns
from stocktool_chat.application.ports import Grants, TurnStore
from stocktool_chat.application.run_turn import LeaseTerms, TurnJob
from stocktool_chat.application.start_turn import TurnQueue
from stocktool_chat.domain import events
from stocktool_chat.domain.conversation import Claim, Ending, OpenTurn, TurnState, TurnUsage, lineage
from stocktool_chat.domain.errors import LeaseLost, TurnAbandoned
from stocktool_chat.domain.turn_view import fold

MAX_ATTEMPTS = 2


class RecoverTurns:
    """One sweep over the open turns."""

    def __init__(
        self,
        *,
        store: TurnStore,
        grants: Grants,
        queue: TurnQueue,
        lives: LiveTurns,
        clock: Clock,
        terms: LeaseTerms,
        holder: str,
        address: str,
    ) -> None:
        self._store = store
        self._grants = grants
        self._queue = queue
        self._lives = lives
        self._clock = clock
        self._terms = terms
        self._holder = holder
        self._address = address

    async def __call__(self) -> int:
        """Take over what has expired, as far as there is room; answers how many turns that were."""
        taken = 0
        for open_turn in await self._store.expired(self._clock.now()):
            if not self._queue.has_room:
                break
            until = self._clock.now() + timedelta(seconds=self._terms.seconds)
            claim = await self._store.take_over(open_turn, self._holder, self._address, until)
            if claim is None:
                continue
            taken += 1
            with suppress(LeaseLost):
                await self._resume(open_turn, claim)
        return taken

    async def _resume(self, open_turn: OpenTurn, claim: Claim) -> None:
        try:
            _, turns = await self._store.read(claim.conversation_id, claim.owner)
        except NotFound:
            await self._store.discard(claim)  # deleted: nobody waits for it
            return
        turn = next((turn for turn in turns if turn.id == claim.turn_id), None)
        stored = await self._store.events(claim.conversation_id, claim.turn_id, 0)
        if turn is None:
            return
        live = LiveTurn(claim.conversation_id, claim.turn_id, claim.owner, stored)
        if open_turn.stop_requested:
            await self._end(claim, live, turn.model, events.turn_stopped())
            return
        if claim.attempt > MAX_ATTEMPTS:
            error = TurnAbandoned("the servers that worked on this answer went away; please ask again")
            await self._end(claim, live, turn.model, events.turn_failed(error))
            return
        try:
            caller = await self._grants.take_over(claim.turn_id)
        except StockToolError as error:
            await self._end(claim, live, turn.model, events.turn_failed(error))
            return
        self._lives.add(live)
        history = lineage(turns, turn.parent_turn_id)
        self._queue.submit(TurnJob(claim, turn, history, live, caller, is_restart=True))

    async def _end(self, claim: Claim, live: LiveTurn, model: str, last: events.NewEvent) -> None:
        """End a turn that is not run again; what was said stays."""
        view = fold(await self._store.events(claim.conversation_id, claim.turn_id, 0))
        view.take(last)
        ending = Ending(TurnState(view.state), view.summary(), self._clock.now(), TurnUsage(model, 0, 0, None))
        await self._store.finish(claim, events.numbered([last], live.last_id + 1), (), ending)
        await self._grants.close(claim.turn_id)
