"""A worker that is killed in the middle of a document."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from stocktool_kit.aws.queue import Queue
from stocktool_kit.core.ids import OwnerId, new_id
from stocktool_kit.process import running
from stocktool_kit.testing.process import SERVICE_SECRET, TokenFactory, ephemeral
from stocktool_rag.adapters.chroma_index import ChromaIndex
from stocktool_rag.adapters.minilm import MiniLmEmbedder
from stocktool_rag.domain.collections import private_collection
from stocktool_rag.settings import Settings

from tests.conftest import EmulatedAws
from tests.eventually import eventually
from tests.fakes.rag_chroma import chroma_server
from tests.fakes.rag_process import serving_with_keys

API = "/api/rag/v1"
PAGES = 40
TRACE, SPAN = "5ab1e0000000000000000000000c0de5", "00f067aa0ba902b7"


@contextmanager
def a_worker(chroma_url: str, environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker as its supervisor starts it."""
    settings = {
        "AUTH_ADDRESS": "127.0.0.1:1",
        "CHROMA_URL": chroma_url,
        "OPS_PORT": "0",
        "SERVICE_TOKEN_SECRET": SERVICE_SECRET,
        "INGEST_VISIBILITY_SECONDS": "3",
        "TRACES_DIR": str(log.parent),
    }
    own = {f"STOCKTOOL_RAG_{name}": value for name, value in settings.items()}
    program = Path(sys.executable).with_name("stocktool-rag")
    with log.open("ab") as out:
        process = subprocess.Popen([str(program), "worker"], env=os.environ | environment | own, stdout=out, stderr=out)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(timeout=20)


def written_spans(folder: Path) -> list[str]:
    """What the workers wrote into their span files."""
    return [line for file in folder.glob("*.jsonl") for line in file.read_text().splitlines()]


@pytest.mark.slow
async def test_a_killed_worker_costs_nothing_but_time(emulator: EmulatedAws, tmp_path: Path) -> None:
    keys, user = TokenFactory(), new_id("usr")
    with chroma_server(tmp_path) as chroma:
        settings = Settings.model_validate(ephemeral(chroma_url=chroma.url))
        headers = {"authorization": f"Bearer {keys.token(user, 'documents.read documents.write')}"}
        async with (
            running(settings, serving_with_keys(keys)) as service,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{service.http_port}", headers=headers, timeout=20) as http,
        ):
            text = "\f".join(f"Chapter {number}\n" + f"Clause {number} of the deed. " * 30 for number in range(PAGES))

            async def state() -> str:
                return str((await http.get(f"{API}/documents/{document_id}")).json()["state"])

            async def embedding() -> bool:
                return await state() == "embedding"

            async def ready() -> bool:
                return await state() == "ready"

            log = tmp_path / "worker.txt"
            with a_worker(chroma.url, emulator.environment, log) as first:
                sent = {"file": ("deed.txt", text.encode())}
                stored = await http.post(
                    f"{API}/documents", files=sent, headers={"traceparent": f"00-{TRACE}-{SPAN}-01"}
                )
                document_id = stored.json()["id"]
                await eventually(embedding)
                first.send_signal(signal.SIGKILL)
                first.wait(timeout=5)
            assert await state() == "embedding"

            with a_worker(chroma.url, emulator.environment, log):
                await eventually(ready, within=90, every=0.5)
            document = (await http.get(f"{API}/documents/{document_id}")).json()
            assert document["pages"] == PAGES
            index = ChromaIndex("127.0.0.1", chroma.port, MiniLmEmbedder.name)
            assert await index.count(private_collection(OwnerId(user)).id) == document["chunks"] >= PAGES
            index.close()
            found = await http.post(f"{API}/search", json={"query": "Clause 41 of the deed", "top_k": 50})
            ids = [hit["chunk_id"] for hit in found.json()["hits"]]
            assert len(ids) == len(set(ids)) == document["chunks"]
            dead = await Queue(service.runtime.aws, "ingest-queue").dead_letters()
            assert not [letter for letter in dead if document_id in letter.body]
        assert any(TRACE in span and "ingest document" in span for span in written_spans(tmp_path))
