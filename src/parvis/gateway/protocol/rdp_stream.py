"""Both directions of one RDP connection after RDCleanPath: what to forward, and when to stop looking.

    browser → PC   framed while something is left to patch or filter, then raw
    PC → browser   framed, one PDU per message, until the first fast-path update, then raw

IronRDP (npm 0.7) loses what follows the first PDU of a message while it connects, so
messages are aligned until pictures flow; after that its own framer takes any chunking.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from parvis.gateway.protocol import mcs, rdp_patch
from parvis.gateway.protocol.errors import McsError
from parvis.gateway.protocol.rdp_clipboard import ClipboardFilter
from parvis.gateway.protocol.rdp_framer import Framer, Kind
from parvis.gateway.protocol.x224 import Security
from parvis.ticket.claims import Policy

Buffer = bytes | bytearray | memoryview

# Fast-path input event codes that a person causes (MS-RDPBCGR 2.2.8.1.2.2): keys and
# pointer. Synchronise (3) and quality of experience (6) are sent by the program itself.
_USER_EVENTS = frozenset({0, 1, 2, 4, 5})
_TPKT = 3
# MS-RDPBCGR 2.2.8.1.1.1: type of a share control PDU, place and value of a share data PDU's own type.
_SHARE_DATA = 7
_SHARE_DATA_TYPE = 14
_SHUTDOWN_REQUEST = 36


class RdpStream:
    """State shared by the two directions. After an exception the connection must be closed."""

    def __init__(self, selected: Security, policy: Policy) -> None:
        credssp = bool(selected & (Security.HYBRID | Security.HYBRID_EX))
        self._policy = policy
        self._client = Framer(credssp=credssp)
        self._server = Framer(credssp=credssp, early_user_authorisation=selected is Security.HYBRID_EX)
        self._stage: Callable[[memoryview], Buffer | None] = self._connect_initial
        self._clipboard_index: int | None = None
        self._clipboard_channel: int | None = None
        self.clipboard = ClipboardFilter(policy)
        self.client_is_raw = False
        """True when the browser's bytes need no more looking at."""
        self.server_is_raw = False
        """True when the PC's bytes may be forwarded in any chunking."""

    def from_client(self, data: Buffer) -> list[Buffer]:
        """What to write to the PC for `data` received from the browser.

        Views in the result are valid only while `data` is.

        Raises:
            FramingError, McsError, ClipboardError: the browser broke the protocol.
        """
        if self.client_is_raw:
            return [data]
        forwarded: list[Buffer] = []
        for kind, pdu in self._client.feed(data):
            if kind is not Kind.TPKT:
                forwarded.append(pdu)
            elif (judged := self._stage(pdu)) is not None:
                forwarded.append(judged)
        if self.client_is_raw and (rest := self._client.drain()):
            forwarded.append(rest)
        return forwarded

    def from_server(self, data: Buffer) -> list[Buffer]:
        """The messages to send to the browser for `data` received from the PC.

        Views in the result are valid only while `data` is.

        Raises:
            FramingError, McsError: the PC broke the protocol.
        """
        if self.server_is_raw:
            return [data]
        messages: list[Buffer] = []
        for kind, pdu in self._server.feed(data):
            messages.append(pdu)
            if kind is Kind.FAST_PATH:
                self.server_is_raw = True
            elif kind is Kind.TPKT and self._clipboard_index is not None and self._clipboard_channel is None:
                self._learn_channels(bytes(pdu))
        if self.server_is_raw and (rest := self._server.drain()):
            messages.append(rest)
        return messages

    def _connect_initial(self, pdu: memoryview) -> Buffer:
        patched = rdp_patch.patch_connect_initial(pdu, self._policy)
        self._clipboard_index = patched.clipboard_index
        self._stage = self._client_info
        return patched.pdu

    def _client_info(self, pdu: memoryview) -> Buffer | None:
        if self._clipboard_index is not None and self._clipboard_channel is None:
            raise McsError("the client goes on before the PC has answered")
        patched = rdp_patch.patch_client_info(pdu, self._policy)
        if patched is None:
            data = mcs.send_data(pdu)
            if data is not None and data.channel == self._clipboard_channel:
                raise McsError("clipboard before the client info")
            return pdu
        if self._clipboard_channel is None:
            self.client_is_raw = True
        else:
            self._stage = self._clipboard_chunk
        return patched

    def _clipboard_chunk(self, pdu: memoryview) -> Buffer | None:
        data = mcs.send_data(pdu)
        if data is None or data.channel != self._clipboard_channel:
            return pdu
        chunk = self.clipboard.chunk(bytes(pdu[data.start : data.end]))
        return None if chunk is None else _with_user_data(pdu, chunk)

    def _learn_channels(self, pdu: bytes) -> None:
        channels = mcs.connect_response_channels(pdu)
        index = self._clipboard_index
        if index is None or index >= len(channels):
            raise McsError("the PC did not answer for every channel")
        self._clipboard_channel = channels[index]


def is_user_input(message: Buffer) -> bool:
    """Whether a message from the browser starts with a fast-path input PDU that a person caused.

    Only the first event of the message is looked at: IronRDP sends what it has at once.
    """
    if len(message) < 4 or message[0] & 3:
        return False
    offset = 3 if message[1] & 0x80 else 2
    if not message[0] >> 2 & 0x0F:
        offset += 1  # the number of events has its own byte
    return offset < len(message) and message[offset] >> 5 in _USER_EVENTS


def is_goodbye(message: Buffer) -> bool:
    """Whether a message from the browser starts with the PDU by which a client ends on purpose.

    A Disconnect Provider Ultimatum (MS-RDPBCGR 2.2.2.3) or a Shutdown Request (2.2.2.1): a PC may close its
    connection upon either before the browser closes its own.
    """
    if len(message) < mcs.BODY + 2 or message[0] != _TPKT:
        return False
    try:
        if mcs.is_disconnect(message):
            return True
        data = mcs.send_data(memoryview(message)[: int.from_bytes(message[2:4], "big")])
    except McsError:
        return False
    if data is None or data.end - data.start <= _SHARE_DATA_TYPE:
        return False
    is_data = message[data.start + 2] & 0x0F == _SHARE_DATA
    return is_data and message[data.start + _SHARE_DATA_TYPE] == _SHUTDOWN_REQUEST


def _with_user_data(pdu: memoryview, data: bytes) -> bytes:
    """The same Send Data Request with other user data."""
    size = len(data)
    length = bytes((size,)) if size < 0x80 else struct.pack(">H", 0x8000 | size)
    body = bytes(pdu[4 : mcs.BODY + 6]) + length + data
    return struct.pack(">BBH", 3, 0, 4 + len(body)) + body
