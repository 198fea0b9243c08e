"""How far is the voice server, and does everything arrive? A few small messages sent back, for the self-test."""

from __future__ import annotations

import asyncio

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from parvis.voice.door import Context

MOST_MESSAGES = 60
MOST_BYTES = 64
_SECONDS = 20.0
_LINGER_SECONDS = 2.0


class Echo(WSListener):
    """One browser that measures; it counts as one that has shown no ticket, keeps nothing, and ends by itself."""

    def __init__(self, context: Context, client_address: str) -> None:
        self._context = context
        self._client = client_address
        self._left = MOST_MESSAGES
        self._timer: asyncio.TimerHandle | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Not for ever."""
        self._context.registry.knock(self._client)
        self._timer = asyncio.get_running_loop().call_later(_SECONDS, self._close, transport, WSCloseCode.OK)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Send a small message back; anything else ends it."""
        kind = frame.msg_type
        if kind == WSMsgType.CLOSE:
            self._close(transport, WSCloseCode.OK)
            transport.disconnect()
        elif kind == WSMsgType.BINARY and frame.fin and frame.payload_size <= MOST_BYTES and self._left:
            self._left -= 1
            transport.send(WSMsgType.BINARY, frame.get_payload_as_bytes())
        elif kind not in (WSMsgType.PING, WSMsgType.PONG):
            self._close(transport, WSCloseCode.POLICY_VIOLATION)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Make room."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._context.registry.leave(self._client)

    def _close(self, transport: WSTransport, code: WSCloseCode) -> None:
        self._left = 0
        if not transport.is_disconnected and not transport.is_close_frame_sent:
            transport.send_close(code)
            asyncio.get_running_loop().call_later(_LINGER_SECONDS, transport.disconnect, False)
