"""Makes, lists and revokes links to conversations, and shows what is behind one to whoever holds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stocktool_kit.core.caller import Caller
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.idempotency import IdempotencyKey

from stocktool_chat.application.ports import ConversationStore, ShareStore, TurnStore
from stocktool_chat.application.quotes import Quotes
from stocktool_chat.domain.conversation import ConversationId, Turn, TurnId, lineage
from stocktool_chat.domain.errors import ConversationNotFound, ShareNotFound, TurnNotFound
from stocktool_chat.domain.shares import MOST_PER_CONVERSATION, Share, TooManyShares, gone, parsed, share, text_alone


@dataclass(frozen=True, slots=True)
class Shared:
    """What a link shows."""

    share: Share
    turns: Sequence[Turn]


class Shares:
    """Links to a caller's conversations."""

    def __init__(
        self, conversations: ConversationStore, turns: TurnStore, store: ShareStore, quotes: Quotes, clock: Clock
    ) -> None:
        self._quotes = quotes
        self._conversations = conversations
        self._turns = turns
        self._store = store
        self._clock = clock

    async def create(
        self,
        caller: Caller,
        conversation_id: ConversationId,
        days: int,
        last: TurnId | None,
        key: IdempotencyKey | None = None,
    ) -> tuple[Share, str]:
        """Make a link.

        Args:
            caller: Whose conversation it is.
            conversation_id: What is shared.
            days: How long the link lasts.
            last: Last turn of the branch that is shown; None for the one asked last.
            key: The caller's key of this write, None for none.

        Returns:
            The link, and its token, which is not kept: a repeated key gives the first link, and no token.

        Raises:
            ConversationNotFound, TurnNotFound: The caller has none by this id.
            InvalidArgument, NothingToShare: See `share`.
            TooManyShares: The conversation has links enough.
            ShareNotFound: The key is a repeated one, and the first link was revoked.
        """
        conversation, turns = await self._turns.read(conversation_id, caller.owner)
        if last is None:
            last = turns[-1].id if turns else None
        elif all(turn.id != last for turn in turns):
            raise TurnNotFound("the conversation has no such turn", turn=last)
        now = self._clock.now()
        made, token = share(conversation, lineage(turns, last), days, now)
        if len(await self._store.shares(conversation_id, now)) >= MOST_PER_CONVERSATION:
            raise TooManyShares(f"a conversation has at most {MOST_PER_CONVERSATION} links; revoke one first")
        kept = await self._store.add_share(made, key)
        return kept, token if kept.id == made.id else ""

    async def of_conversation(self, caller: Caller, conversation_id: ConversationId) -> Sequence[Share]:
        """The links that still show something, oldest first.

        Raises:
            ConversationNotFound: The caller has no such conversation.
        """
        await self._conversations.get(conversation_id, caller.owner)
        return await self._store.shares(conversation_id, self._clock.now())

    async def revoke(self, caller: Caller, conversation_id: ConversationId, share_id: str) -> None:
        """End a link now.

        Raises:
            ConversationNotFound, ShareNotFound: The caller has none by this id.
        """
        listed = await self.of_conversation(caller, conversation_id)
        found = next((each for each in listed if each.id == share_id), None)
        if found is None:
            raise ShareNotFound("the conversation has no such link", share=share_id)
        await self._store.remove_share(found)

    async def open(self, token: str) -> Shared:
        """What a link shows, to anybody who holds its token.

        Raises:
            ShareNotFound: It never was, has ended, was revoked, or its conversation is gone.
        """
        share_id, secret = parsed(token)
        found = await self._store.share(share_id)
        if found is None:
            raise gone()
        found.check(secret, self._clock.now())
        try:
            _, turns = await self._turns.read(found.conversation_id, found.owner)
        except ConversationNotFound as error:
            raise gone() from error
        shown = frozenset(found.turn_ids)
        # The reader has no rights of their own: the owner's document is read for what the owner chose to show.
        texts = [text_alone(turn) for turn in turns if turn.id in shown]
        return Shared(found, await self._quotes.turns(texts, shared_by=found.owner))
