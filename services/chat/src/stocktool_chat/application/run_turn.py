"""Runs one claimed turn to its end, whatever happens on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from stocktool_kit.core.caller import Caller, acting_as
from stocktool_kit.core.clock import Clock
from stocktool_kit.core.errors import Internal, StockToolError, Unavailable

from stocktool_chat.application.answer import Answerer, Progress
from stocktool_chat.application.cite import cited_events
from stocktool_chat.application.live_turns import LiveTurn, LiveTurns
from stocktool_chat.application.ports import Grants, Observer, RetentionStore, TurnStore
from stocktool_chat.application.quotes import Quotes
from stocktool_chat.application.turn_log import TurnLog
from stocktool_chat.domain import events
from stocktool_chat.domain.conversation import Claim, Ending, Turn, TurnState, TurnUsage
from stocktool_chat.domain.errors import LeaseLost
from stocktool_chat.domain.events import NewEvent
from stocktool_chat.domain.evidence import Evidence, read_evidence
from stocktool_chat.domain.json_types import JsonObject
from stocktool_chat.domain.pricing import Catalogue
from stocktool_chat.domain.sealing import passages_of
from stocktool_chat.domain.turn_view import TurnView

_EARLIER_TURNS = 5  # whose results figures are matched to, besides the turn's own


@dataclass(frozen=True, slots=True)
class LeaseTerms:
    """How long a lease lasts and how often it is renewed."""

    seconds: float = 15.0
    renew_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class TurnJob:
    """A claimed turn to run.

    Attributes:
        history: Turns it follows, oldest first.
        caller: Whom the grant lets the tools act for.
        is_restart: Whether an earlier attempt has left events.
        trace: The trace of the request that asked, as propagation headers.
    """

    claim: Claim
    turn: Turn
    history: Sequence[Turn]
    live: LiveTurn
    caller: Caller
    is_restart: bool = False
    trace: Mapping[str, str] = field(default_factory=dict)


class RunTurn:
    """Runs claimed turns."""

    def __init__(
        self,
        *,
        store: TurnStore,
        retention: RetentionStore,
        answerer: Answerer,
        grants: Grants,
        quotes: Quotes,
        lives: LiveTurns,
        catalogue: Catalogue,
        clock: Clock,
        terms: LeaseTerms,
        observer: Observer,
    ) -> None:
        self._store = store
        self._retention = retention
        self._answerer = answerer
        self._grants = grants
        self._quotes = quotes
        self._lives = lives
        self._catalogue = catalogue
        self._clock = clock
        self._terms = terms
        self._observer = observer

    async def __call__(self, job: TurnJob) -> None:
        """Run a turn until its terminal event is stored, or until its lease is lost.

        On cancellation the lease is released, so that another process takes the turn over at once.
        """
        log = TurnLog(self._store, job.claim, job.live, TurnView())
        try:
            with acting_as(job.caller), self._observer.turn(job.turn.id, job.trace):
                await self._run(job, log)
        except asyncio.CancelledError:
            await self._release(job)
            raise
        except ExceptionGroup as group:
            _, unexpected = group.split(StockToolError)
            if unexpected is not None:
                raise
            if group.subgroup(LeaseLost) is None:  # else whoever holds it goes on, and readers of ours find it there
                await self._release(job)
        else:
            await self._grants.close(job.turn.id)
            with suppress(StockToolError):  # the next turn settles what this one could not
                claim = job.claim
                await self._retention.settle(claim.conversation_id, claim.owner, claim.retention)
        finally:
            self._lives.remove(job.live)

    async def _release(self, job: TurnJob) -> None:
        with suppress(StockToolError):  # the table does not answer: then the lease runs out by itself
            await self._store.release(job.claim, self._clock.now())

    async def _run(self, job: TurnJob, log: TurnLog) -> None:
        async with asyncio.TaskGroup() as group:
            helpers = [group.create_task(log.run()), group.create_task(self._keep(job))]
            if job.is_restart:
                log.add(events.turn_restarted(job.claim.attempt))
            progress = Progress(log, job.claim, self._clock, job.turn.model)
            progress.before = group.create_task(self._earlier_evidence(job.history, log))
            outcome = await self._answer_or_stop(job, progress)
            await self._finish(progress, outcome)
            for helper in helpers:
                helper.cancel()

    async def _answer_or_stop(self, job: TurnJob, progress: Progress) -> NewEvent:
        answering = asyncio.create_task(self._answer(job, progress))
        stopping = asyncio.create_task(job.live.stop.wait())
        try:
            await asyncio.wait([answering, stopping], return_when=asyncio.FIRST_COMPLETED)
            if answering.done():
                return answering.result()
            return events.turn_stopped()
        finally:
            for task in (answering, stopping):
                task.cancel()
            await asyncio.wait([answering, stopping])

    async def _answer(self, job: TurnJob, progress: Progress) -> NewEvent:
        try:
            history, quoted = await self._quotes.history(job.history)
            await progress.log.know(quoted)
            await self._answerer(job.turn, history, progress)
        except StockToolError as error:
            return events.turn_failed(error)
        except Exception as error:  # a bug ends this turn honestly, not the worker
            self._observer.bug(error)
            return events.turn_failed(Internal("something broke on our side; the answer could not be finished"))
        return events.turn_completed()

    async def _finish(self, progress: Progress, outcome: NewEvent) -> None:
        log, spending, results = progress.log, progress.spending, progress.results
        cost = self._catalogue.cost(spending)
        text = log.view.text
        receipts = await progress.receipts()
        last = await cited_events(text, results, receipts, self._quotes)
        last += [events.usage(progress.model, spending.input_tokens, spending.output_tokens, cost), outcome]
        for event in last:
            log.view.take(event)
        usage = TurnUsage(progress.model, spending.input_tokens, spending.output_tokens, cost)
        ending = Ending(TurnState(log.view.state), log.view.summary(), self._clock.now(), usage)
        await log.finish(last, ending)

    async def _earlier_evidence(self, history: Sequence[Turn], log: TurnLog) -> list[Evidence]:
        """Results of the turns before, which a follow-up may speak of; read while the model answers."""
        earlier: dict[str, JsonObject] = {}
        with suppress(Unavailable):
            for past in history[-_EARLIER_TURNS:]:
                earlier.update(await self._store.results(past.conversation_id, past.id))
        earlier = await self._quotes.results(earlier)
        await log.know([passage for result in earlier.values() for passage in passages_of(result)])
        return [await asyncio.to_thread(read_evidence, call_id, result) for call_id, result in earlier.items()]

    async def _keep(self, job: TurnJob) -> None:
        """Hold the lease, and hear of a stop that was requested at another process."""
        missed = 0
        while True:
            await asyncio.sleep(self._terms.renew_seconds)
            until = self._clock.now() + timedelta(seconds=self._terms.seconds)
            try:
                if await self._store.renew(job.claim, until):
                    job.live.stop.set()
                missed = 0
            except LeaseLost:
                raise
            except StockToolError as error:
                missed += 1
                if missed * self._terms.renew_seconds >= self._terms.seconds:
                    raise LeaseLost("the lease could not be renewed in time") from error
