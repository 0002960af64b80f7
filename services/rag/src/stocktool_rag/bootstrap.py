"""Composition root: settings in, running parts out."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from stocktool.rag.v1 import rag_service_pb2 as pb
from stocktool.rag.v1 import rag_service_pb2_grpc as pb_grpc
from stocktool_kit.aws.bucket import Bucket
from stocktool_kit.aws.consumer import ConsumerOptions, QueueConsumer
from stocktool_kit.aws.lease import Leases
from stocktool_kit.aws.queue import Queue
from stocktool_kit.aws.table import Table
from stocktool_kit.core.errors import StockToolError
from stocktool_kit.health import Health
from stocktool_kit.http.app import create_app
from stocktool_kit.process import Parts, Runtime
from stocktool_kit.push.publisher import Publisher
from stocktool_kit.rpc.server import Registration

from stocktool_rag.adapters.child_parser import ChildParser, ParserLimits
from stocktool_rag.adapters.chroma_index import ChromaIndex
from stocktool_rag.adapters.dynamodb_documents import DynamoDBDocuments
from stocktool_rag.adapters.minilm import MiniLmEmbedder
from stocktool_rag.adapters.push_announcer import PushAnnouncer
from stocktool_rag.adapters.reference_data import accounting_lexicon, known_companies
from stocktool_rag.adapters.s3_derived import S3Derived
from stocktool_rag.adapters.s3_originals import S3Originals
from stocktool_rag.adapters.sqs_ingest_queue import SqsIngestQueue
from stocktool_rag.adapters.tantivy_index import TantivyIndex
from stocktool_rag.application.delete_document import DeleteDocument, Purge
from stocktool_rag.application.exact_search import ExactSearch
from stocktool_rag.application.explain_search import ExplainSearch
from stocktool_rag.application.heal_index import HealIndex
from stocktool_rag.application.ingest_document import IngestDocument
from stocktool_rag.application.keep_lexical import KeepLexical
from stocktool_rag.application.library import Library
from stocktool_rag.application.ports import VectorIndex
from stocktool_rag.application.probe_index import ProbeIndex
from stocktool_rag.application.read_documents import Collections, ReadDocuments, ReadPage
from stocktool_rag.application.read_passages import ReadPassages
from stocktool_rag.application.reindex_document import ReindexDocument
from stocktool_rag.application.search_documents import SearchDocuments
from stocktool_rag.application.upload_document import StartUpload, UploadDocument
from stocktool_rag.http.routers import PREFIX, ROUTERS, TITLE
from stocktool_rag.http.use_cases import UseCases
from stocktool_rag.rpc.rag_servicer import RagServicer
from stocktool_rag.settings import Settings
from stocktool_rag.worker.ingest import IngestHandler

_FORM_OVERHEAD_BYTES = 64 * 1024  # a multipart body is larger than its file
_INDEX_PING_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class _Adapters:
    """What serving and working share."""

    store: DynamoDBDocuments
    leases: Leases
    originals: S3Originals
    derived: S3Derived
    index: ChromaIndex
    embedder: MiniLmEmbedder
    announcer: PushAnnouncer
    queue: Queue
    purge: Purge


@asynccontextmanager
async def _adapters(runtime: Runtime[Settings], *, embed_threads: int = 1) -> AsyncIterator[_Adapters]:
    settings, clock, aws = runtime.settings, runtime.clock, runtime.aws
    table = Table(aws, settings.documents_table)
    leases = Leases(table, clock)
    store = DynamoDBDocuments(table, leases, settings.audit_table, clock)
    bucket = Bucket(aws, settings.knowledge_bucket, settings.s3_public_endpoint_url)
    originals, derived = S3Originals(aws, bucket), S3Derived(bucket)
    embedder = MiniLmEmbedder(embed_threads)
    address = urlsplit(settings.chroma_url)
    index = ChromaIndex(address.hostname or "", address.port or 0, embedder.name)
    runtime.health.check("documents-table", lambda: _reach(table))
    try:
        yield _Adapters(
            store=store,
            leases=leases,
            originals=originals,
            derived=derived,
            index=index,
            embedder=embedder,
            announcer=PushAnnouncer(Publisher(settings.push_target, runtime.channel)),
            queue=Queue(aws, settings.ingest_queue),
            purge=Purge(store, originals, derived, index),
        )
    finally:
        index.close()


@asynccontextmanager
async def serve(runtime: Runtime[Settings]) -> AsyncIterator[Parts]:
    """Wire the service: HTTP, gRPC, and the loop that heals indexes."""
    settings, clock = runtime.settings, runtime.clock
    async with _adapters(runtime) as adapters, AsyncExitStack() as closing:
        store = adapters.store
        library = Library(store)
        requests = SqsIngestQueue(adapters.queue)
        exact = ExactSearch(adapters.derived, cache_bytes=settings.exact_cache_bytes)
        words = closing.enter_context(_lexical(settings.lexical_dir))
        keep_lexical = KeepLexical(words, adapters.derived, patience_seconds=settings.lexical_patience_seconds)
        closing.push_async_callback(keep_lexical.close)
        healer = HealIndex(
            store=store,
            derived=adapters.derived,
            index=adapters.index,
            leases=adapters.leases,
            probe=ProbeIndex(store, adapters.derived, adapters.index, random.Random()),  # noqa: S311 - a sample
            dimension=adapters.embedder.dimension,
        )
        search = SearchDocuments(
            library=library,
            store=store,
            index=adapters.index,
            lexical=words,
            keep_lexical=keep_lexical,
            exact=exact,
            embedder=adapters.embedder,
            lexicon=accounting_lexicon(),
            healing=healer,
        )
        uses = UseCases(
            upload=UploadDocument(library, store, adapters.originals, adapters.announcer, clock),
            start_upload=StartUpload(library, store, adapters.originals, clock, settings.max_form_upload_bytes),
            documents=ReadDocuments(library, store),
            read_page=ReadPage(library, adapters.derived),
            delete=DeleteDocument(library, store, adapters.purge, requests, adapters.announcer),
            reindex=ReindexDocument(library, store, requests, adapters.announcer, clock),
            collections=Collections(library, store, clock),
            search=search,
            explain=ExplainSearch(library, search),
        )
        app = create_app(
            runtime,
            title=TITLE,
            prefix=PREFIX,
            routers=ROUTERS,
            body_limits={f"{PREFIX}/documents": settings.max_upload_bytes + _FORM_OVERHEAD_BYTES},
        )
        app.state.use_cases = uses
        servicer = RagServicer(
            search=uses.search,
            documents=uses.documents,
            read_page=uses.read_page,
            read_passages=ReadPassages(library, adapters.derived),
            delete=uses.delete,
        )
        registration = Registration(
            pb_grpc.add_RagServiceServicer_to_server, servicer, pb.DESCRIPTOR.services_by_name["RagService"]
        )
        watch = _IndexWatch(adapters.index, runtime.health)
        yield Parts(app=app, registrations=[registration], workers=[healer, watch])


@asynccontextmanager
async def work(runtime: Runtime[Settings]) -> AsyncIterator[Parts]:
    """Wire the worker: the consumer of the ingest queue."""
    settings, clock = runtime.settings, runtime.clock
    async with _adapters(runtime, embed_threads=settings.embed_threads) as adapters:
        limits = ParserLimits(
            memory_bytes=settings.parser_memory_bytes,
            cpu_seconds=settings.parser_cpu_seconds,
            wall_seconds=settings.parser_wall_seconds,
        )
        ingest = IngestDocument(
            store=adapters.store,
            originals=adapters.originals,
            derived=adapters.derived,
            index=adapters.index,
            parser=ChildParser(limits),
            embedder=adapters.embedder,
            announcer=adapters.announcer,
            leases=adapters.leases,
            purge=adapters.purge,
            companies=known_companies(),
            clock=clock,
        )
        options = ConsumerOptions(
            concurrency=settings.ingest_concurrency,
            visibility_seconds=settings.ingest_visibility_seconds,
            drain_seconds=settings.drain_seconds * 0.8,
        )
        consumer = QueueConsumer(
            adapters.queue,
            IngestHandler(ingest, adapters.originals.trace_of, settings.ingest_attempts),
            options,
            health=runtime.health,
            metrics=runtime.metrics,
        )
        yield Parts(workers=[consumer, _IndexWatch(adapters.index, runtime.health)])


@contextmanager
def _lexical(folder: str) -> Iterator[TantivyIndex]:
    """The lexical index in a folder of this process alone; what an earlier one left is of no use to it."""
    with tempfile.TemporaryDirectory(prefix="stocktool-words-", dir=folder or None) as own:
        index = TantivyIndex(Path(own) / "collections")
        try:
            yield index
        finally:
            index.close()


class _IndexWatch:
    """Tells whether the index answers, without making the process not ready: exact search serves meanwhile."""

    name = "index-watch"

    def __init__(self, index: VectorIndex, health: Health) -> None:
        self._index = index
        self._health = health

    async def run(self, stop: asyncio.Event) -> None:
        """Ask every few seconds until stopped."""
        while not stop.is_set():
            try:
                await self._index.ping()
            except StockToolError as error:
                self._health.set("vector-index", True, f"degraded, searching exactly: {error.message}")  # noqa: FBT003
            else:
                self._health.set("vector-index", True)  # noqa: FBT003
            try:
                async with asyncio.timeout(_INDEX_PING_SECONDS):
                    await stop.wait()
            except TimeoutError:
                continue


async def _reach(table: Table) -> None:
    await table.get({"pk": "health", "sk": "probe"}, consistent=False)
