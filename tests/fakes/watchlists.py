"""A `WatchlistStore` in memory; trusted because it passes the contract."""

from __future__ import annotations

from dataclasses import dataclass, field

from stocktool_kit.aws.idempotency import IdempotencyKeyReused
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.paging import Page, PageRequest, decode_token, encode_token
from stocktool_stock.domain.watchlists import (
    MOST_LISTS,
    StaleWatchlist,
    TooManyWatchlists,
    Watchlist,
    WatchlistNotFound,
)


@dataclass
class FakeWatchlists:
    """Keeps lists by id."""

    lists: dict[str, Watchlist] = field(default_factory=dict)
    answers: dict[str, tuple[str, Watchlist | None]] = field(default_factory=dict)

    async def create(self, watchlist: Watchlist, key: IdempotencyKey | None, actor: str) -> Watchlist:
        earlier = await self.earlier(key)
        if earlier is not None:
            return earlier
        if sum(each.owner == watchlist.owner for each in self.lists.values()) >= MOST_LISTS:
            raise TooManyWatchlists(f"at most {MOST_LISTS} watchlists")
        return self._keep(watchlist, key)

    async def get(self, owner: OwnerId, watchlist_id: str) -> Watchlist:
        found = self.lists.get(watchlist_id)
        if found is None or found.owner != owner:
            raise WatchlistNotFound("no such watchlist", watchlist_id=watchlist_id)
        return found

    async def list(self, owner: OwnerId, page: PageRequest) -> Page[Watchlist]:
        after = decode_token(page.page_token)["after"] if page.page_token else ""
        mine = sorted((each for each in self.lists.values() if each.owner == owner), key=lambda each: each.id)
        rest = [each for each in mine if each.id > after]
        shown = rest[: page.page_size]
        return Page(shown, encode_token({"after": shown[-1].id}) if len(rest) > len(shown) else "")

    async def replace(self, before: Watchlist, after: Watchlist, key: IdempotencyKey | None, actor: str) -> Watchlist:
        earlier = await self.earlier(key)
        if earlier is not None:
            return earlier
        self._must_be(before)
        return self._keep(after, key)

    async def delete(self, watchlist: Watchlist, key: IdempotencyKey | None, actor: str) -> None:
        if await self.was_done(key):
            return
        self._must_be(watchlist)
        del self.lists[watchlist.id]
        if key is not None:
            self.answers[key.record_id] = (key.body_hash, None)

    async def earlier(self, key: IdempotencyKey | None) -> Watchlist | None:
        return self.answers[key.record_id][1] if key is not None and await self.was_done(key) else None

    async def was_done(self, key: IdempotencyKey | None) -> bool:
        if key is None or key.record_id not in self.answers:
            return False
        if self.answers[key.record_id][0] != key.body_hash:
            raise IdempotencyKeyReused("this Idempotency-Key was used for another request")
        return True

    def _must_be(self, before: Watchlist) -> None:
        found = self.lists.get(before.id)
        if found is None or found.version != before.version:
            raise StaleWatchlist("the list was changed meanwhile")

    def _keep(self, watchlist: Watchlist, key: IdempotencyKey | None) -> Watchlist:
        self.lists[watchlist.id] = watchlist
        if key is not None:
            self.answers[key.record_id] = (key.body_hash, watchlist)
        return watchlist
