"""Both directions of one VNC connection, from the version line on: what to forward."""

from __future__ import annotations

from collections.abc import Callable

from parvis.gateway.protocol.errors import RfbError
from parvis.gateway.protocol.rfb_client import RfbClientFilter
from parvis.gateway.protocol.rfb_handshake import RfbHandshake, Side
from parvis.gateway.protocol.rfb_server import RfbServerFilter
from parvis.ticket.claims import Policy

Buffer = bytes | bytearray | memoryview


class RfbStream:
    """State shared by the two directions. After an exception the connection must be closed."""

    __slots__ = ("_handshake", "_server_format", "client", "server")

    def __init__(self, policy: Policy, clock: Callable[[], float] = lambda: 0.0) -> None:
        """`clock`: seconds, to tell a flood of cut texts; without one all comes at the same time."""
        self._handshake: RfbHandshake | None = RfbHandshake()
        self.client = RfbClientFilter(policy)
        self._server_format = b""
        self.server = RfbServerFilter(policy, self._pixel_format, clock)

    def from_client(self, data: Buffer) -> tuple[Buffer, bytes]:
        """What to write (to the PC, to the browser) for `data` received from the browser.

        Views in the result are valid only while `data` is.

        Raises:
            RfbError: the browser broke the protocol.
        """
        if self._handshake is None:
            return self.client.feed(data), b""
        return self._shake(self._handshake, Side.CLIENT, data)

    def from_server(self, data: Buffer) -> tuple[bytes, list[Buffer]]:
        """What to write (to the PC, to the browser) for `data` received from the PC.

        Views in the result are valid only while `data` is.

        Raises:
            RfbError: the PC broke the protocol.
        """
        if self._handshake is None:
            return b"", self.server.feed(data)
        to_server, to_client = self._shake(self._handshake, Side.SERVER, data)
        return to_server, [to_client] if to_client else []

    def _pixel_format(self) -> bytes:
        if not self.client.is_format_settled:
            # Its pixels would have the server's own size here, and another one in the viewer.
            raise RfbError("update before the browser asked for any")
        return self.client.pixel_format or self._server_format

    def _shake(self, handshake: RfbHandshake, side: Side, data: Buffer) -> tuple[bytes, bytes]:
        to_server, to_client = handshake.feed(side, data)
        if not handshake.done:
            return to_server, to_client
        self._handshake = None
        self._server_format = handshake.pixel_format
        to_server += self.client.feed(handshake.leftover(Side.CLIENT))
        to_client += b"".join(bytes(part) for part in self.server.feed(handshake.leftover(Side.SERVER)))
        return to_server, to_client
