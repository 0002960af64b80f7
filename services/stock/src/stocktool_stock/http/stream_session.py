"""What one live socket knows and says. The socket itself is in `stream`."""

from __future__ import annotations

import asyncio
import base64
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson
from stocktool_kit.core.caller import Caller
from stocktool_kit.core.clock import Clock, instant
from stocktool_kit.core.errors import InvalidArgument, Kind, StockToolError
from stocktool_kit.http.problem import document
from stocktool_kit.http.websocket import Offer, text_frame
from stocktool_kit.push.events import PushEvent
from stocktool_kit.push.hub import Delivery, Hub, Subscription
from stocktool_kit.tokens import TokenVerifier

from stocktool_stock.application.get_quotes import GetQuotes
from stocktool_stock.application.inbox import Inbox, payload
from stocktool_stock.domain.instruments import parse_symbol
from stocktool_stock.http.quotes import quote_body

SCOPE = "market.read"
MOST_SYMBOLS = 200
MOST_SOCKETS_PER_USER = 10
MOST_SYMBOLS_PER_USER = 500
PING_SECONDS = 15.0
_RESUMED = 200
_PATH = "/api/stock/v1/stream"

UNAUTHENTICATED, FORBIDDEN, TOO_MANY, TOO_SLOW, GOING_AWAY, TRY_LATER = 4401, 4403, 4429, 4408, 1012, 1013
_REFUSALS = {Kind.UNAUTHENTICATED: UNAUTHENTICATED, Kind.PERMISSION_DENIED: FORBIDDEN}


@dataclass(frozen=True, slots=True)
class Ended:
    """Why a socket ends; code 0 while it does not, or when the browser left."""

    code: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StreamUses:
    """What sockets share; bootstrap puts it on the app's state as `stream`."""

    hub: Hub
    quotes: GetQuotes
    inbox: Inbox
    verifier: TokenVerifier
    clock: Clock
    draining: asyncio.Event
    sockets: Counter[str] = field(default_factory=Counter)
    watched: Counter[str] = field(default_factory=Counter)


class StreamSession:
    """One signed-in socket.

    Args:
        uses: What sockets share.
        send: Sends one text to the browser.
        offer: Writes a frame at once where the browser is ready for it; None: there is no such way.
    """

    def __init__(self, uses: StreamUses, send: Callable[[str], Awaitable[None]], offer: Offer | None = None) -> None:
        self._uses = uses
        self._send = send
        self._offer = offer
        self._caller: Caller | None = None
        self._expires: datetime | None = None
        self._subscription: Subscription | None = None
        self._symbols: set[str] = set()
        self._sending = asyncio.Lock()
        self._saying = 0

    @property
    def subject(self) -> str:
        """The user, empty before the first message."""
        return self._caller.subject if self._caller is not None else ""

    async def open(self, text: str) -> Ended:
        """Take the first message, which must sign the user in."""
        message = _message(text)
        if not isinstance(message.get("auth"), str):
            return Ended(UNAUTHENTICATED, 'the first message must be {"auth": "<access token>"}')
        ended = await self._sign_in(str(message["auth"]))
        if ended.code or self._caller is None:
            return ended
        if self._uses.sockets[self.subject] >= MOST_SOCKETS_PER_USER:
            self._caller = None
            return Ended(TOO_MANY, f"at most {MOST_SOCKETS_PER_USER} sockets per user")
        self._uses.sockets[self.subject] += 1
        self._subscription = self._uses.hub.subscribe([str(self._caller.owner)])
        self._subscription.hand_over(self._direct)
        await self._say({"type": "ready", "at": instant(self._uses.clock.now())})
        return Ended()

    async def take(self, text: str) -> Ended:
        """Take a further message; one that cannot be read is answered with a problem and changes nothing."""
        message = _message(text)
        try:
            if isinstance(message.get("auth"), str):
                return await self._sign_in(str(message["auth"]))
            if "subscribe" in message:
                await self._subscribe(_symbols(message["subscribe"], "subscribe"))
            elif "unsubscribe" in message:
                self._unsubscribe(_symbols(message["unsubscribe"], "unsubscribe"))
            elif isinstance(message.get("resume_from"), str):
                await self._resume(str(message["resume_from"]))
            else:
                raise InvalidArgument("send auth, subscribe, unsubscribe or resume_from")
        except StockToolError as error:
            await self._say({"type": "error", "problem": document(error, _PATH)})
        return Ended()

    async def write(self, limit_seconds: float) -> Ended:
        """Send what comes until the subscription ends; a browser that does not read is let go."""
        assert self._subscription is not None
        async for delivery in self._subscription:
            if delivery.event.type == "session.revoked" and not self._is_mine(delivery.event):
                continue
            try:
                async with asyncio.timeout(limit_seconds):
                    await self._say_text(_text(delivery))
            except TimeoutError:
                return Ended(TOO_SLOW, "the other side does not read")
            if delivery.event.type == "session.revoked":
                return Ended(UNAUTHENTICATED, "the session was revoked")
        return Ended(GOING_AWAY, "reconnect")

    async def watch(self) -> Ended:
        """Ping, and end the socket when the token runs out or the process drains."""
        draining = asyncio.create_task(self._uses.draining.wait())
        try:
            while True:
                now = self._uses.clock.now()
                if self._expires is not None and self._expires <= now:
                    return Ended(UNAUTHENTICATED, "the access token has expired; send a new one before it does")
                pause = PING_SECONDS
                if self._expires is not None:
                    pause = min(pause, (self._expires - now).total_seconds() + 0.01)
                await asyncio.wait({draining}, timeout=pause)
                if draining.done():
                    return Ended(GOING_AWAY, "reconnect")
                await self._say({"type": "ping", "at": instant(self._uses.clock.now())})
        finally:
            draining.cancel()

    def close(self) -> None:
        """Leave the hub."""
        if self._subscription is not None:
            self._subscription.close()
            self._subscription = None
            self._uses.sockets[self.subject] -= 1
            self._watch(-len(self._symbols))
            if not self._uses.sockets[self.subject]:
                del self._uses.sockets[self.subject]

    async def _sign_in(self, token: str) -> Ended:
        try:
            caller = await self._uses.verifier.verify(token)
            caller.require(SCOPE)
        except StockToolError as error:
            await self._say({"type": "error", "problem": document(error, _PATH)})
            return Ended(_REFUSALS.get(error.kind, TRY_LATER), error.message[:100])
        if self._caller is not None and caller.subject != self._caller.subject:
            return Ended(FORBIDDEN, "the new token is somebody else's")
        self._caller = caller
        self._expires = _expiry(token)
        return Ended()

    async def _subscribe(self, symbols: Sequence[str]) -> None:
        new = [symbol for symbol in symbols if symbol not in self._symbols]
        if len(self._symbols) + len(new) > MOST_SYMBOLS:
            raise InvalidArgument.of("subscribe", f"at most {MOST_SYMBOLS} symbols")
        if self._uses.watched[self.subject] + len(new) > MOST_SYMBOLS_PER_USER:
            raise InvalidArgument.of("subscribe", f"at most {MOST_SYMBOLS_PER_USER} symbols on all sockets of a user")
        if not new or self._subscription is None:
            return
        batch = await self._uses.quotes.quotes(new)
        if self._subscription is None:  # closed meanwhile
            return
        known = [quote.symbol for quote in batch.quotes if quote.symbol not in self._symbols]
        self._symbols.update(known)
        self._watch(len(known))
        self._subscription.add(f"symbol:{symbol}" for symbol in known)
        for quote in batch.quotes:
            await self._say({"type": "quote", **quote_body(quote, batch.now)})
        for failure in batch.failures:
            await self._say(
                {
                    "type": "error",
                    "symbol": failure.symbol,
                    "reason": failure.reason,
                    "detail": failure.detail,
                    "suggestions": list(failure.suggestions),
                }
            )

    def _unsubscribe(self, symbols: Sequence[str]) -> None:
        gone = self._symbols.intersection(symbols)
        self._symbols -= gone
        self._watch(-len(gone))
        if self._subscription is not None:
            self._subscription.remove(f"symbol:{symbol}" for symbol in symbols)

    async def _resume(self, notification_id: str) -> None:
        assert self._caller is not None
        for notification in await self._uses.inbox.after(self._caller.owner, notification_id, _RESUMED):
            await self._say({"type": "notification", **payload(notification)})

    def _is_mine(self, event: PushEvent) -> bool:
        session = event.payload.get("session_id") or event.payload.get("sid")
        return session is None or (self._caller is not None and session == self._caller.session_id)

    def _direct(self, event: PushEvent) -> bool:
        """Write a price without waking anybody, unless something is being said: it must not overtake an older one."""
        if self._offer is None or self._saying or event.type != "quote":
            return False
        return self._offer(_shared_frame(_Same(event)))

    def _watch(self, more: int) -> None:
        self._uses.watched[self.subject] += more
        if not self._uses.watched[self.subject]:
            del self._uses.watched[self.subject]

    async def _say(self, message: Mapping[str, Any]) -> None:
        await self._say_text(orjson.dumps(message).decode())

    async def _say_text(self, text: str) -> None:
        self._saying += 1
        try:
            async with self._sending:  # three tasks of one socket speak
                await self._send(text)
        finally:
            self._saying -= 1


def _text(delivery: Delivery) -> str:
    if not delivery.dropped:
        return _shared_text(_Same(delivery.event))
    return orjson.dumps({**_wire(delivery.event), "dropped": delivery.dropped}).decode()


@dataclass(frozen=True, slots=True)
class _Same:
    """An event by its identity: thousands of sockets are sent the same one, and it is written once."""

    event: PushEvent

    def __hash__(self) -> int:
        return id(self.event)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.event is self.event


@lru_cache(maxsize=512)
def _shared_text(same: _Same) -> str:
    return orjson.dumps(_wire(same.event)).decode()


@lru_cache(maxsize=8)  # all sockets are offered one before the next
def _shared_frame(same: _Same) -> bytes:
    return text_frame(orjson.dumps(_wire(same.event)))


def _wire(event: PushEvent) -> dict[str, Any]:
    message: dict[str, Any] = {"type": event.type, **{k: v for k, v in event.payload.items() if k != "type"}}
    if event.id:
        message.setdefault("id", event.id)
    return message


def _message(text: str) -> Mapping[str, Any]:
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return message if isinstance(message, dict) else {}


def _symbols(value: object, pointer: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise InvalidArgument.of(pointer, "must be a list of symbols")
    return list(dict.fromkeys(parse_symbol(entry, pointer) for entry in value[: MOST_SYMBOLS + 1]))


def _expiry(token: str) -> datetime | None:
    """When a token that was verified runs out, with the verifier's leeway."""
    body = token.split(".")[1]
    claims = orjson.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return datetime.fromtimestamp(int(claims["exp"]), UTC) + timedelta(seconds=5)
