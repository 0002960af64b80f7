"""Websockets that take a message which is the same for thousands of them at the price of one write each."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State

EXTENSION = "stocktool.offer"

Offer = Callable[[bytes], bool]
"""Writes a frame at once and tells True; False: the socket is not ready for it, and nothing was written."""


def text_frame(text: bytes) -> bytes:
    """A whole message as any of our sockets would write it: servers mask nothing, and nothing is compressed."""
    return Frame(Opcode.TEXT, text).serialize(mask=False, extensions=[])


def offer_of(scope: MutableMapping[str, Any]) -> Offer | None:
    """The offer of the socket of an ASGI scope; None where another server runs."""
    offer: Offer | None = scope.get("extensions", {}).get(EXTENSION)
    return offer


class SocketProtocol(WebSocketsSansIOProtocol):
    """Uvicorn's protocol with an ASGI extension, `stocktool.offer`."""

    async def run_asgi(self) -> None:
        """Serve the socket."""
        if not self.config.ws_per_message_deflate:
            extensions: dict[str, Any] = {**(self.scope.get("extensions") or {}), EXTENSION: self._offer}
            self.scope["extensions"] = extensions
        await super().run_asgi()

    def _offer(self, frame: bytes) -> bool:
        # `writable` is cleared while the transport's buffer is over its mark: the other side reads too slowly.
        if self.close_sent or self.disconnected or not self.handshake_complete or not self.writable.is_set():
            return False
        if self.conn.state is not State.OPEN or self.transport.is_closing():
            return False
        self.transport.write(frame)
        return True
