"""Opens, lists, renames and deletes conversations."""

from __future__ import annotations

from stocktool_kit.core.caller import Caller
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import InvalidArgument
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import new_id
from stocktool_kit.core.paging import Page, PageRequest

from stocktool_chat.application.live_turns import LiveTurns
from stocktool_chat.application.ports import ConversationStore, RetentionStore, TurnStore
from stocktool_chat.application.quotes import Quotes
from stocktool_chat.domain.conversation import Conversation, ConversationId, Turn

MAX_TITLE_CHARACTERS = 200


class Conversations:
    """A caller's conversations."""

    def __init__(
        self,
        store: ConversationStore,
        turns: TurnStore,
        retention: RetentionStore,
        *,
        lives: LiveTurns,
        quotes: Quotes,
        clock: Clock,
    ) -> None:
        self._quotes = quotes
        self._retention = retention
        self._store = store
        self._turns = turns
        self._lives = lives
        self._clock = clock

    async def create(self, caller: Caller, title: str, key: IdempotencyKey | None = None) -> Conversation:
        """Open one; an empty title is taken from the first question."""
        if len(title) > MAX_TITLE_CHARACTERS:
            raise InvalidArgument.of("/title", f"must be at most {MAX_TITLE_CHARACTERS} characters")
        now = self._clock.now()
        conversation = Conversation(
            ConversationId(new_id("cnv")),
            caller.owner,
            title.strip(),
            pinned=False,
            created_at=now,
            updated_at=now,
            retention=await self._retention.retention(caller.owner),
        )
        return await self._store.create(conversation, key)

    async def find(self, caller: Caller, query: str, page: PageRequest) -> Page[Conversation]:
        """List the caller's own, the one changed last first."""
        return await self._store.find(caller.owner, query.strip(), page)

    async def read(self, caller: Caller, conversation_id: ConversationId) -> tuple[Conversation, list[Turn]]:
        """Read one with its turns, oldest first."""
        conversation, turns = await self._turns.read(conversation_id, caller.owner)
        return conversation, await self._quotes.turns(turns)

    async def update(
        self, caller: Caller, conversation_id: ConversationId, *, title: str | None, pinned: bool | None
    ) -> Conversation:
        """Rename or pin."""
        if title is not None and not 1 <= len(title.strip()) <= MAX_TITLE_CHARACTERS:
            raise InvalidArgument.of("/title", f"must be 1 to {MAX_TITLE_CHARACTERS} characters")
        return await self._store.update(
            conversation_id,
            caller.owner,
            title=title.strip() if title is not None else None,
            pinned=pinned,
            now=self._clock.now(),
        )

    async def delete(self, caller: Caller, conversation_id: ConversationId) -> None:
        """Delete one with everything said in it; what runs here is stopped, what runs elsewhere loses its lease."""
        await self._store.get(conversation_id, caller.owner)
        for live in self._lives.of(conversation_id):
            live.stop.set()
        await self._store.delete(conversation_id, caller.owner)
