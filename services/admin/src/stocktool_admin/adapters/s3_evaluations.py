"""Evaluations in the knowledge bucket: `reports/evaluations/<id>.json`, a document each."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter
from stocktool_kit.aws.bucket import Bucket
from stocktool_kit.aws.errors import ConditionFailed
from stocktool_kit.core.errors import NotFound

from stocktool_admin.domain.evaluations import Evaluation

PREFIX = "reports/evaluations/"

_READING = 8  # documents at a time
_Document: TypeAdapter[Evaluation] = TypeAdapter(Evaluation)


@dataclass(frozen=True, slots=True)
class S3Evaluations:
    """The `EvaluationStore` of the mesh."""

    bucket: Bucket

    async def add(self, evaluation: Evaluation) -> bool:
        """See the port."""
        body = _Document.dump_json(evaluation)
        try:
            await self.bucket.put(_key(evaluation.id), body, content_type="application/json", only_if_absent=True)
        except ConditionFailed:
            return False
        return True

    async def find(self, evaluation_id: str) -> Evaluation | None:
        """See the port."""
        try:
            stored = await self.bucket.get(_key(evaluation_id))
        except NotFound:
            return None
        return _Document.validate_json(stored.body)

    async def newest(self, *, before: str, limit: int) -> Sequence[Evaluation]:
        """See the port. S3 lists keys in order only, so all are listed: a thousand runs are one request."""
        ids = [found for found in await self._ids() if not before or found < before]
        doors = asyncio.Semaphore(_READING)

        async def read(evaluation_id: str) -> Evaluation | None:
            async with doors:
                return await self.find(evaluation_id)

        async with asyncio.TaskGroup() as group:
            reading = [group.create_task(read(each)) for each in sorted(ids, reverse=True)[:limit]]
        return [found for task in reading if (found := task.result()) is not None]

    async def _ids(self) -> list[str]:
        ids: list[str] = []
        after: str | None = None
        while True:
            infos, after = await self.bucket.list(PREFIX, after=after)
            ids.extend(info.key.removeprefix(PREFIX).removesuffix(".json") for info in infos)
            if after is None:
                return ids


def _key(evaluation_id: str) -> str:
    return f"{PREFIX}{evaluation_id}.json"
