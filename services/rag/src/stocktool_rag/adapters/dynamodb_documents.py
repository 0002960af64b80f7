"""Documents and collections in DynamoDB.

| pk | sk | what |
| --- | --- | --- |
| `C#<collection>` | `D#<document>` | the document; ids sort by creation, so one query lists a collection |
| `D#<document>` | `at` | where the document is |
| `C#<collection>` | `meta` | a collection somebody made |
| `U#<owner>` | `C#<collection>` | the collections an owner made |
| `V#<collection>` | `index` | what its indexes must hold |
| `L#<lease>`, `I#<key>` | | leases and idempotency records, see the kit |

A deleted document is hidden first (`hidden`), and its rows go last. A reserved upload carries `expires_at` until its
bytes arrive.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from boto3.dynamodb.conditions import ConditionBase
from stocktool_kit.aws.audit import audit_entry
from stocktool_kit.aws.idempotency import IdempotencyRecords
from stocktool_kit.aws.lease import Leases
from stocktool_kit.aws.table import (
    Attr,
    Check,
    ConditionFailed,
    Delete,
    Item,
    Key,
    Operation,
    Put,
    Table,
    Update,
    is_live,
)
from stocktool_kit.core.clock import Clock, epoch, instant, parse_instant
from stocktool_kit.core.idempotency import IdempotencyKey
from stocktool_kit.core.ids import OwnerId
from stocktool_kit.core.paging import Page, PageRequest, decode_token, encode_token
from stocktool_kit.telemetry import current_trace_id

from stocktool_rag.application.ports import Fence
from stocktool_rag.domain.collections import Collection, CollectionNotFound, IndexVersion
from stocktool_rag.domain.documents import (
    CollectionId,
    Document,
    DocumentId,
    DocumentNotFound,
    DocumentState,
    StaleDocument,
)
from stocktool_rag.domain.profile import Profile

_RESERVED_FOR = timedelta(days=1)
_OPTIONAL_TEXTS = ("content_hash", "media_type", "error")
_OPTIONAL_NUMBERS = ("size_bytes", "pages", "chunks")


class DynamoDBDocuments:
    """A `DocumentStore`.

    Args:
        table: The documents table.
        leases: Leases in the same table.
        audit_table: Name of the audit table.
        clock: Real time.
    """

    def __init__(self, table: Table, leases: Leases, audit_table: str, clock: Clock) -> None:
        self._table = table
        self._leases = leases
        self._audit_table = audit_table
        self._clock = clock
        self._records = IdempotencyRecords(table, clock)

    async def create(self, document: Document, key: IdempotencyKey | None = None) -> Document:
        """Store a new document with its audit entry; with a key that was used before, answer that one's document.

        Raises:
            AlreadyExists: The key was used for another body.
            DocumentNotFound: The key's document was deleted since.
        """
        reserved = {"expires_at": epoch(document.created_at, _RESERVED_FOR)}
        pointer = {**_pointer_key(document.id), "collection_id": document.collection_id, **reserved}
        operations: list[Operation] = [
            Put({**_to_item(document), **reserved}, Attr("pk").not_exists()),
            Put(pointer, Attr("pk").not_exists()),
            self._audit("document.uploaded", document, document.uploaded_by),
        ]
        answer = await self._records.write(key, operations, {"document_id": document.id})
        if answer["document_id"] == document.id:
            return document
        earlier = await self.get(DocumentId(answer["document_id"]))
        if earlier is None:
            raise DocumentNotFound(answer["document_id"])
        return earlier

    async def get(self, document_id: DocumentId) -> Document | None:
        """Read a document; None when there is none or it is being deleted."""
        item = await self._item(document_id)
        return None if item is None or item.get("hidden") else _to_document(item)

    async def get_hidden(self, document_id: DocumentId) -> Document | None:
        """Read a document that is being deleted."""
        item = await self._item(document_id)
        return _to_document(item) if item is not None and item.get("hidden") else None

    async def get_many(self, document_ids: Sequence[DocumentId]) -> Mapping[DocumentId, Document]:
        """Read several; those that do not exist are left out."""
        if not document_ids:
            return {}
        pointers = await self._table.batch_get([_pointer_key(document_id) for document_id in document_ids])
        keys = [_document_key(pointer["collection_id"], DocumentId(pointer["pk"][2:])) for pointer in pointers]
        items = await self._table.batch_get(keys) if keys else []
        documents = [_to_document(item) for item in items if self._shows(item)]
        return {document.id: document for document in documents}

    async def list(self, collection_id: CollectionId, page: PageRequest) -> Page[Document]:
        """Documents of a collection whose bytes have arrived, newest first."""
        start: Mapping[str, object] | None = None
        if page.page_token:
            start = _document_key(collection_id, DocumentId(decode_token(page.page_token).get("after", "")))
        documents: list[Document] = []
        while len(documents) < page.page_size:
            items, start = await self._table.query(
                _documents_of(collection_id), limit=page.page_size - len(documents), forward=False, start=start
            )
            documents += [_to_document(item) for item in items if item.get("received") and self._shows(item)]
            if start is None:
                return Page(documents)
        return Page(documents, encode_token({"after": documents[-1].id}))

    async def all_searchable(self, collection_id: CollectionId) -> Sequence[Document]:
        """Every document of a collection whose passages may appear among hits."""
        found = self._table.query_all(_documents_of(collection_id), where=Attr("chunks").exists())
        return [_to_document(item) async for item in found if self._shows(item)]

    async def save(self, document: Document, *, fence: Fence | None = None) -> None:
        """Store a document that was read at one version less; the index version follows its passages.

        Raises:
            StaleDocument: It is gone, another version, or the lease is lost.
        """
        key = _document_key(document.collection_id, document.id)
        before = await self._table.get(key)
        if before is None:
            raise StaleDocument("the document is gone", document_id=document.id)
        unchanged = Attr("version").eq(document.version - 1) & Attr("hidden").not_exists()
        operations: list[Operation] = [Put(_to_item(document), unchanged)]
        if before.get("expires_at") is not None:
            operations.append(Update(_pointer_key(document.id), remove=["expires_at"]))
        if document.state is DocumentState.READY:
            change = (document.chunks or 0) - int(before.get("chunks", 0))
            operations.append(_index_change(document.collection_id, change))
        if fence is not None:
            operations.append(Check(self._leases.key(fence.name), Attr("fence").eq(fence.fence)))
        await self._transact(operations, document.id)

    async def hide(self, document: Document, actor: str) -> None:
        """Make a document vanish for every reader, with the audit entry.

        Raises:
            StaleDocument: It was written since it was read, or is gone.
        """
        key = _document_key(document.collection_id, document.id)
        unchanged = Attr("version").eq(document.version) & Attr("hidden").not_exists()
        operations: list[Operation] = [
            Update(key, put={"hidden": True}, add={"version": 1}, condition=unchanged),
            self._audit("document.deleted", document, actor),
        ]
        if document.chunks is not None:
            operations.append(_index_change(document.collection_id, -document.chunks))
        await self._transact(operations, document.id)

    async def forget(self, document_id: DocumentId) -> None:
        """Remove the rows of a document that was hidden; nothing happens to one that was not."""
        document = await self.get_hidden(document_id)
        if document is None:
            return
        hidden = Attr("hidden").exists() | Attr("pk").not_exists()
        operations: list[Operation] = [
            Delete(_document_key(document.collection_id, document_id), hidden),
            Delete(_pointer_key(document_id)),
        ]
        await self._transact(operations, document_id)

    async def create_collection(self, collection: Collection, key: IdempotencyKey | None = None) -> Collection:
        """Store a new collection with its audit entry; with a key that was used before, answer that one's.

        Raises:
            AlreadyExists: The key was used for another body.
        """
        created_at = collection.created_at or self._clock.now()
        item = {"owner_id": collection.owner_id, "name": collection.name, "created_at": instant(created_at)}
        audit = audit_entry(
            table=self._audit_table,
            actor=collection.owner_id,
            owner=collection.owner_id,
            action="collection.created",
            target=collection.id,
            now=created_at,
            trace_id=current_trace_id(),
        )
        operations: list[Operation] = [
            Put({**_collection_key(collection.id), **item}, Attr("pk").not_exists()),
            Put({"pk": f"U#{collection.owner_id}", "sk": f"C#{collection.id}", **item}),
            audit,
        ]
        answer = await self._records.write(key, operations, {"collection_id": collection.id})
        if answer["collection_id"] == collection.id:
            return collection
        return await self._made(answer)

    async def earlier_collection(self, key: IdempotencyKey | None) -> Collection | None:
        """The collection that the same request made."""
        answer = None if key is None else await self._records.replay(key)
        return None if answer is None else await self._made(answer)

    async def _made(self, answer: Mapping[str, Any]) -> Collection:
        found = await self.get_collection(CollectionId(answer["collection_id"]))
        if found is None:
            raise CollectionNotFound(answer["collection_id"])
        return found

    async def get_collection(self, collection_id: CollectionId) -> Collection | None:
        """Read a collection that was made by `create_collection`."""
        item = await self._table.get(_collection_key(collection_id))
        return None if item is None else _to_collection(collection_id, item)

    async def collections_of(self, owner_id: OwnerId) -> Sequence[Collection]:
        """The collections an owner made, oldest first."""
        found = self._table.query_all(Key("pk").eq(f"U#{owner_id}") & Key("sk").begins_with("C#"))
        return [_to_collection(CollectionId(item["sk"][2:]), item) async for item in found]

    async def index_version(self, collection_id: CollectionId) -> IndexVersion:
        """What a collection's index must hold."""
        item = await self._table.get(_index_key(collection_id))
        return IndexVersion() if item is None else IndexVersion(int(item["number"]), int(item["chunks"]))

    async def _item(self, document_id: DocumentId) -> Item | None:
        now = self._clock.now()
        pointer = await self._table.get(_pointer_key(document_id), live_at=now)
        if pointer is None:
            return None
        return await self._table.get(_document_key(pointer["collection_id"], document_id), live_at=now)

    def _shows(self, item: Item) -> bool:
        return not item.get("hidden") and is_live(item, self._clock.now())

    async def _transact(self, operations: Sequence[Operation], document_id: DocumentId) -> None:
        try:
            await self._table.transact(operations)
        except ConditionFailed as error:
            raise StaleDocument("the document was changed meanwhile", document_id=document_id) from error

    def _audit(self, action: str, document: Document, actor: str) -> Put:
        return audit_entry(
            table=self._audit_table,
            actor=actor,
            owner=document.owner_id,
            action=action,
            target=document.id,
            now=self._clock.now(),
            detail={"collection_id": document.collection_id},
            trace_id=current_trace_id(),
        )


def _document_key(collection_id: str, document_id: DocumentId) -> dict[str, str]:
    return {"pk": f"C#{collection_id}", "sk": f"D#{document_id}"}


def _pointer_key(document_id: DocumentId) -> dict[str, str]:
    return {"pk": f"D#{document_id}", "sk": "at"}


def _collection_key(collection_id: CollectionId) -> dict[str, str]:
    return {"pk": f"C#{collection_id}", "sk": "meta"}


def _index_key(collection_id: CollectionId) -> dict[str, str]:
    return {"pk": f"V#{collection_id}", "sk": "index"}


def _documents_of(collection_id: CollectionId) -> ConditionBase:
    return Key("pk").eq(f"C#{collection_id}") & Key("sk").begins_with("D#")


def _index_change(collection_id: CollectionId, chunks: int) -> Update:
    return Update(_index_key(collection_id), add={"number": 1, "chunks": chunks})


def _to_item(document: Document) -> Item:
    optional = {name: getattr(document, name) for name in (*_OPTIONAL_TEXTS, *_OPTIONAL_NUMBERS)}
    return {
        **_document_key(document.collection_id, document.id),
        "owner_id": document.owner_id,
        "name": document.name,
        "uploaded_by": document.uploaded_by,
        "state": document.state.value,
        "version": document.version,
        "created_at": instant(document.created_at),
        "updated_at": instant(document.updated_at),
        "received": document.received,
        "sequencer": document.sequencer,
        "request_id": document.request_id,
        "pipeline": document.pipeline,
        **{name: value for name, value in optional.items() if value is not None},
        **({"profile": _profile_item(document.profile)} if document.profile is not None else {}),
    }


def _profile_item(profile: Profile) -> dict[str, object]:
    return {
        "title": profile.title,
        "company": profile.company,
        "ticker": profile.ticker,
        "aliases": list(profile.aliases),
        "years": list(profile.years),
        "form": profile.form,
        **({} if profile.quarter is None else {"quarter": profile.quarter}),
    }


def _to_profile(item: Mapping[str, Any]) -> Profile:
    return Profile(
        title=item["title"],
        company=item["company"],
        ticker=item["ticker"],
        aliases=tuple(item["aliases"]),
        years=tuple(int(year) for year in item["years"]),
        quarter=int(item["quarter"]) if "quarter" in item else None,
        form=item["form"],
    )


def _to_document(item: Item) -> Document:
    numbers = {name: int(item[name]) if name in item else None for name in _OPTIONAL_NUMBERS}
    return Document(
        id=DocumentId(item["sk"][2:]),
        owner_id=OwnerId(item["owner_id"]),
        collection_id=CollectionId(item["pk"][2:]),
        name=item["name"],
        uploaded_by=item["uploaded_by"],
        state=DocumentState(item["state"]),
        version=int(item["version"]),
        created_at=parse_instant(item["created_at"]),
        updated_at=parse_instant(item["updated_at"]),
        received=item["received"],
        size_bytes=numbers["size_bytes"],
        content_hash=item.get("content_hash"),
        media_type=item.get("media_type"),
        pages=numbers["pages"],
        chunks=numbers["chunks"],
        error=item.get("error"),
        sequencer=item["sequencer"],
        request_id=item["request_id"],
        pipeline=item["pipeline"],
        profile=_to_profile(item["profile"]) if "profile" in item else None,
    )


def _to_collection(collection_id: CollectionId, item: Item) -> Collection:
    return Collection(collection_id, OwnerId(item["owner_id"]), item["name"], parse_instant(item["created_at"]))
