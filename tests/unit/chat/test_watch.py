"""Readers of turns that run elsewhere, or nowhere."""

from __future__ import annotations

from stocktool_chat.application.live_turns import LiveTurns
from stocktool_chat.application.quotes import Quotes
from stocktool_chat.application.turns import Turns
from stocktool_chat.domain import events
from stocktool_chat.domain.conversation import ConversationId, Ending, OpenTurn, Turn, TurnId, TurnState, TurnUsage
from stocktool_chat.domain.events import Event, numbered

from tests.factories.chat import NOW, a_conversation, an_open_turn, an_owner
from tests.fakes.chat_documents import FakeDocuments
from tests.fakes.chat_store import FakeChatStore


class EndsBetween(FakeChatStore):
    """A turn that another process ends right after its events were looked for, and before the turn itself is."""

    def __init__(self) -> None:
        super().__init__()
        self.running: OpenTurn | None = None

    async def turn(self, conversation_id: ConversationId, turn_id: TurnId) -> Turn:
        """The turn, ended by now."""
        if self.running is not None:
            claim, self.running = self.running.claim, None
            ending = Ending(TurnState.COMPLETED, {"text": "Done."}, NOW, TurnUsage("m", 0, 0, None))
            await self.finish(claim, numbered([events.text_delta("Done."), events.turn_completed()], 2), (), ending)
        return await super().turn(conversation_id, turn_id)


async def test_a_turn_that_ends_between_two_looks_is_told_to_its_end() -> None:
    store, conversation = EndsBetween(), a_conversation(an_owner())
    turn, open_turn = an_open_turn(conversation)
    await store.create(conversation, None)
    await store.start(turn, open_turn, [Event(1, "turn.started", {})], "How am I doing?", None)
    store.running = open_turn
    address = open_turn.address  # it was this process's, which has begun anew since
    turns = Turns(store, store, LiveTurns(), None, Quotes(FakeDocuments({}), seconds=5), address=address)  # type: ignore[arg-type]

    told = [event async for batch in turns.watch(conversation.id, turn.id, 1) for event in batch]

    assert [event.type for event in told] == ["text.delta", "turn.completed"]
