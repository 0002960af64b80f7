"""Logs to CloudWatch Logs by PutLogEvents, from a thread of its own."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from typing import Any

import orjson
from botocore.exceptions import BotoCoreError, ClientError
from opentelemetry.instrumentation.utils import suppress_instrumentation

from stocktool_kit.aws.clients import AwsClients
from stocktool_kit.core.ids import new_ulid

_EVENT_OVERHEAD = 26  # bytes that CloudWatch counts for each event
_BATCH_EVENTS, _BATCH_BYTES = 5_000, 900_000
_EVENT_BYTES = 200_000
_LONGEST_PAUSE_SECONDS = 30.0


class CloudWatchLogs(logging.Handler):
    """A handler that never waits and never fails the one who logs.

    Lines go into a bounded buffer, and from it in batches to a stream of this process in `/stocktool/<service>` (the
    group is infrastructure's, the stream is made here). When the buffer is full the oldest lines give way; how many
    were lost is said in the stream.

    Args:
        aws: Makes the client.
        service: Names the group.
        capacity: Lines the buffer holds.
        interval_seconds: Time between two batches.
    """

    def __init__(self, aws: AwsClients, service: str, *, capacity: int = 10_000, interval_seconds: float = 2.0) -> None:
        super().__init__()
        self.group = f"/stocktool/{service}"
        self.stream = f"{os.getpid()}-{new_ulid()}"
        self.dropped = 0
        self._aws = aws
        self._capacity = capacity
        self._interval_seconds = interval_seconds
        self._buffer: deque[tuple[int, str]] = deque()
        self._client: Any = None
        self._closing = threading.Event()
        self.complained = False
        self._thread = threading.Thread(target=self._run, name="cloudwatch-logs", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Buffer one line."""
        if threading.get_ident() == self._thread.ident:
            return  # what sending logs has to say must not be sent, or it would never end
        try:
            line = self.format(record)
        except Exception:
            self.handleError(record)
            return
        with self._locked():
            self._buffer.append((int(record.created * 1000), line[:_EVENT_BYTES]))
            if len(self._buffer) > self._capacity:
                self._buffer.popleft()
                self.dropped += 1

    def close(self) -> None:
        """Send what is buffered, for at most five seconds, and stop."""
        if not self._closing.is_set():
            self._closing.set()
            self._thread.join(timeout=5)
        super().close()

    def _run(self) -> None:
        pause = self._interval_seconds
        with suppress_instrumentation():
            while not self._closing.wait(pause):
                pause = self._interval_seconds if self._send_all() else min(pause * 2, _LONGEST_PAUSE_SECONDS)
            self._send_all()

    def _send_all(self) -> bool:
        while batch := self._batch():
            try:
                self._send(batch)
            except (BotoCoreError, ClientError) as error:
                self._put_back(batch)
                self._complain(error)
                return False
            self.complained = False
        return True

    def _batch(self) -> list[tuple[int, str]]:
        batch: list[tuple[int, str]] = []
        size = 0
        with self._locked():
            if self.dropped and self._buffer:
                event = {"event": "log_lines_dropped", "level": "warning", "lines": self.dropped}
                batch.append((self._buffer[0][0], orjson.dumps(event).decode()))
                self.dropped = 0
            while self._buffer and len(batch) < _BATCH_EVENTS:
                size += len(self._buffer[0][1].encode()) + _EVENT_OVERHEAD
                if size > _BATCH_BYTES and batch:
                    break
                batch.append(self._buffer.popleft())
        return batch

    def _send(self, batch: list[tuple[int, str]]) -> None:
        if self._client is None:
            client = self._aws.separate_client("logs")
            with suppress(client.exceptions.ResourceAlreadyExistsException):
                client.create_log_stream(logGroupName=self.group, logStreamName=self.stream)
            self._client = client
        events = [{"timestamp": moment, "message": line} for moment, line in sorted(batch, key=lambda entry: entry[0])]
        self._client.put_log_events(logGroupName=self.group, logStreamName=self.stream, logEvents=events)

    def _put_back(self, batch: list[tuple[int, str]]) -> None:
        self._client = None  # the group or stream may be gone with an emulator that was restarted
        with self._locked():
            self._buffer.extendleft(reversed(batch))
            while len(self._buffer) > self._capacity:
                self._buffer.popleft()
                self.dropped += 1

    def _complain(self, error: Exception) -> None:
        if not self.complained:
            self.complained = True
            event = {"event": "logs_not_sent", "level": "warning", "group": self.group, "detail": str(error)[:300]}
            event["timestamp"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            sys.stdout.write(orjson.dumps(event).decode() + "\n")

    def _locked(self) -> threading.RLock:
        assert self.lock is not None  # logging makes it in the constructor
        return self.lock
