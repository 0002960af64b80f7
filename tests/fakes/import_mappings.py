"""Mappings of imports in memory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from stocktool_kit.aws.idempotency import IdempotencyKeyReused
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.paging import Page, PageRequest, decode_token, encode_token
from stocktool_stock.domain.imports.saved_mappings import MOST_MAPPINGS, MappingNotFound, SavedMapping, TooManyMappings


@dataclass
class FakeMappings:
    """A `MappingStore` in memory."""

    kept: dict[tuple[str, str], SavedMapping] = field(default_factory=dict)
    answers: dict[str, tuple[str, SavedMapping | None]] = field(default_factory=dict)

    async def get(self, owner: OwnerId, name: str) -> SavedMapping:
        if (owner, name) not in self.kept:
            raise MappingNotFound("no such mapping", name=name)
        return self.kept[owner, name]

    async def list(self, owner: OwnerId, page: PageRequest) -> Page[SavedMapping]:
        after = decode_token(page.page_token)["after"] if page.page_token else ""
        rest = sorted(name for holder, name in self.kept if holder == owner and name > after)
        shown = rest[: page.page_size]
        token = encode_token({"after": shown[-1]}) if len(rest) > len(shown) else ""
        return Page([self.kept[owner, name] for name in shown], token)

    async def put(self, saved: SavedMapping, key: IdempotencyKey | None, actor: str) -> SavedMapping:
        found, answer = self._earlier(key)
        if found and answer is not None:
            return answer
        before = self.kept.get((saved.owner, saved.name))
        if before is None and sum(owner == saved.owner for owner, _ in self.kept) >= MOST_MAPPINGS:
            raise TooManyMappings("at most fifty mappings")
        kept = replace(saved, version=1 if before is None else before.version + 1)
        self.kept[saved.owner, saved.name] = kept
        self._note(key, kept)
        return kept

    async def delete(self, owner: OwnerId, name: str, key: IdempotencyKey | None, actor: str) -> None:
        if self._earlier(key)[0]:
            return
        await self.get(owner, name)
        del self.kept[owner, name]
        self._note(key, None)

    def _earlier(self, key: IdempotencyKey | None) -> tuple[bool, SavedMapping | None]:
        if key is None or key.record_id not in self.answers:
            return False, None
        body, answer = self.answers[key.record_id]
        if body != key.body_hash:
            raise IdempotencyKeyReused("this Idempotency-Key was used for another request")
        return True, answer

    def _note(self, key: IdempotencyKey | None, answer: SavedMapping | None) -> None:
        if key is not None:
            self.answers[key.record_id] = (key.body_hash, answer)
