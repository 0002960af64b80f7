"""Proposals in DynamoDB, beside the turns that made them."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from stocktool_kit.aws.table import Attr, ConditionFailed, Item, Key, Table, Update
from stocktool_kit.core.clock import Clock

from stocktool_chat.adapters import dynamodb_keys as keys
from stocktool_chat.domain.conversation import ConversationId
from stocktool_chat.domain.errors import ProposalNotFound
from stocktool_chat.domain.proposals import Proposal, ProposalClosed


class DynamoDbProposals:
    """`ProposalStore` over the conversations table."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    async def proposals(self, conversation_id: ConversationId) -> Sequence[Proposal]:
        """See the port."""
        condition = Key("conv_id").eq(conversation_id) & Key("timestamp").begins_with(keys.PROPOSAL_PREFIX)
        return [keys.proposal_of(item) async for item in self._table.query_all(condition)]

    async def proposal(self, conversation_id: ConversationId, proposal_id: str) -> Proposal:
        """See the port."""
        where = keys.key(conversation_id, f"{keys.PROPOSAL_PREFIX}{proposal_id}")
        item = await self._table.get(where, live_at=self._clock.now())
        if item is None:
            raise ProposalNotFound("nothing was proposed under this id", proposal=proposal_id)
        return keys.proposal_of(item)

    async def advance(self, before: Proposal, after: Proposal) -> Proposal:
        """See the port."""
        put: Item = {"state": after.state.value}
        if after.outcome is not None:
            put["outcome"] = orjson.dumps(after.outcome).decode()
        update = Update(
            keys.key(before.conversation_id, f"{keys.PROPOSAL_PREFIX}{before.id}"),
            put=put,
            condition=Attr("state").eq(before.state.value),
        )
        try:
            return keys.proposal_of(await self._table.update(update))
        except ConditionFailed as failed:
            stored = await self.proposal(before.conversation_id, before.id)
            if stored.state is not after.state:
                raise ProposalClosed(
                    f"the proposal is {stored.state} already", proposal=stored.id, state=stored.state.value
                ) from failed
            return stored
