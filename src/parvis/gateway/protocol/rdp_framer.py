"""Cut an RDP byte stream into PDUs (facts learnt with IronRDP: one PDU per WebSocket message).

Which rule applies is told by the first byte and by how far the connection is:

    phase      first byte   PDU                      length
    CREDSSP    0x30         TSRequest (MS-CSSP)      DER
    CREDSSP    0x00, 0x05   early user authorisation 4 bytes, once, HYBRID_EX only, from the PC
    CREDSSP    0x03         TPKT: ends the phase     16 bits, big-endian
    RDP        0x03         TPKT (slow path)         16 bits, big-endian
    RDP        ......00     fast path                7 or 15 bits (MS-RDPBCGR 2.2.8.1.2, 2.2.9.1.2)

The phase matters: a fast-path input PDU with twelve events also starts with 0x30.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator

from parvis.gateway.protocol import der
from parvis.gateway.protocol.errors import DerError, FramingError

MAX_CREDSSP = 64 * 1024
"""Bytes in one TSRequest; Kerberos tickets with many groups reach a few tens of kB."""
_EARLY_USER_AUTHORISATION = 4


class Kind(enum.Enum):
    """What a PDU is, as far as the relay cares."""

    CREDSSP = enum.auto()
    EARLY_USER_AUTHORISATION = enum.auto()
    TPKT = enum.auto()
    FAST_PATH = enum.auto()


class Framer:
    """One direction of one connection. Whole PDUs are slices of the input: no copy."""

    def __init__(self, *, credssp: bool, early_user_authorisation: bool = False) -> None:
        self._credssp = credssp
        self._early = early_user_authorisation
        self._rest = bytearray()
        self._wanted = 0  # bytes that complete the PDU begun in _rest, once known: keeps tiny chunks linear

    def feed(self, data: bytes | bytearray | memoryview) -> Iterator[tuple[Kind, memoryview]]:
        """Yield each PDU completed by `data`.

        A yielded view is valid until the next call, and only while `data` is. The
        caller must exhaust the iterator.

        Raises:
            FramingError: the stream cannot be cut; the connection must be closed.
        """
        if self._rest:
            self._rest += data
            if len(self._rest) < self._wanted:
                return
            source = memoryview(bytes(self._rest))
            self._rest.clear()
        else:
            source = memoryview(data)
        offset = 0
        while offset < len(source):
            framed = self._next(source[offset:])
            if framed is None or framed[1] > len(source) - offset:
                self._rest += source[offset:]
                self._wanted = framed[1] if framed else 0
                return
            kind, size = framed
            yield kind, source[offset : offset + size]
            offset += size

    def drain(self) -> bytes:
        """Hand over what is left of an incomplete PDU and forget it: for a caller that stops framing."""
        rest = bytes(self._rest)
        self._rest.clear()
        return rest

    def _next(self, head: memoryview) -> tuple[Kind, int] | None:
        first = head[0]
        if first == 3:
            return self._tpkt(head)
        if self._credssp:
            return self._credssp_message(head, first)
        if first & 3:
            raise FramingError("neither TPKT nor fast path")
        return _fast_path(head)

    def _tpkt(self, head: memoryview) -> tuple[Kind, int] | None:
        if len(head) < 4:
            return None
        size = head[2] << 8 | head[3]
        if size < 7:
            raise FramingError("TPKT too short")
        if len(head) >= size:
            self._credssp = False
        return Kind.TPKT, size

    def _credssp_message(self, head: memoryview, first: int) -> tuple[Kind, int] | None:
        if first == der.SEQUENCE:
            try:
                read = der.header(head)
            except DerError as error:
                raise FramingError(f"CredSSP: {error}") from None
            if read is None:
                return None
            if read[2] > MAX_CREDSSP:
                raise FramingError("CredSSP message too large")
            return Kind.CREDSSP, read[2]
        if not self._early:
            raise FramingError("not a CredSSP message")
        if len(head) >= _EARLY_USER_AUTHORISATION:
            self._early = False
        return Kind.EARLY_USER_AUTHORISATION, _EARLY_USER_AUTHORISATION


def _fast_path(head: memoryview) -> tuple[Kind, int] | None:
    if len(head) < 2:
        return None
    size, header = head[1], 2
    if size & 0x80:
        if len(head) < 3:
            return None
        size, header = (size & 0x7F) << 8 | head[2], 3
    if size < header:
        raise FramingError("fast-path length too short")
    return Kind.FAST_PATH, size
