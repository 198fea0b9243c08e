"""The few MCS / GCC structures the gateway must understand (T.125, T.124, MS-RDPBCGR 2.2.1.3–2.2.1.4).

Parsed strictly from the first byte: a browser that could make the gateway look at
another place than the PC does would get around the channel policy.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from parvis.gateway.protocol.errors import McsError

_X224_DATA = b"\x02\xf0\x80"
BODY = 7
"""Offset of the MCS PDU: TPKT header and X.224 data header come first."""

CONNECT_INITIAL = b"\x7f\x65"
CONNECT_RESPONSE = b"\x7f\x66"
# Choices of T.125's DomainMCSPDU: the upper six bits of the first byte, the lower two are padding that servers ignore.
_SEND_DATA = frozenset({25, 26})  # request, indication
_DISCONNECT = 8
_WITHOUT_DATA = frozenset({1, _DISCONNECT, 10, 14})  # erect domain, disconnect, attach user, channel join
_BEGIN_AND_END = 0x30  # segmentation bits: RDP never cuts a PDU at this level

CS_CORE = 0xC001
CS_NET = 0xC003
SC_NET = 0x0C03

_GCC_OBJECT = b"\x00\x05\x00\x14\x7c\x00\x01"  # the T.124 object identifier, PER
_CLIENT_KEY = b"\x00\x08\x00\x10\x00\x01\xc0\x00Duca"
_SERVER_KEY = b"\xc0\x00McDn"
_BLOCK = struct.Struct("<HH")


@dataclass(frozen=True, slots=True)
class SendData:
    """Where the user data of a Send Data Request or Indication lies in its PDU."""

    channel: int
    start: int
    end: int


def body(pdu: memoryview | bytes | bytearray) -> int:
    """Offset of the MCS PDU in a TPKT packet.

    Raises:
        McsError: not an X.224 data TPDU.
    """
    if len(pdu) <= BODY or bytes(pdu[4:BODY]) != _X224_DATA:
        raise McsError("not an X.224 data TPDU")
    return BODY


def is_disconnect(pdu: memoryview | bytes | bytearray) -> bool:
    """Whether it is a Disconnect Provider Ultimatum.

    Raises:
        McsError: not an X.224 data TPDU.
    """
    return pdu[body(pdu)] >> 2 == _DISCONNECT


def send_data(pdu: memoryview | bytes | bytearray) -> SendData | None:
    """Read a Send Data Request or Indication; None when `pdu` is another PDU of a client, which carries no data.

    Raises:
        McsError: truncated, not in the one form RDP uses, unknown, or its length does not match the packet.
    """
    offset = body(pdu)
    choice = pdu[offset] >> 2
    if choice in _WITHOUT_DATA:
        return None
    if choice not in _SEND_DATA or pdu[offset] & 3:
        raise McsError("unknown MCS PDU")
    if len(pdu) < offset + 8:
        raise McsError("truncated send data")
    if pdu[offset + 5] & _BEGIN_AND_END != _BEGIN_AND_END:
        raise McsError("segmented send data")
    channel = pdu[offset + 3] << 8 | pdu[offset + 4]
    start = offset + 7
    size = pdu[offset + 6]
    if size & 0x80:
        size, start = (size & 0x7F) << 8 | pdu[offset + 7], start + 1
    if start + size != len(pdu) or size & 0x4000:
        raise McsError("send data length does not match")
    return SendData(channel, start, start + size)


def connect_initial_blocks(pdu: bytes | bytearray) -> dict[int, tuple[int, int]]:
    """Client data blocks of a Connect-Initial: type → (start, end) in `pdu`, header included.

    Raises:
        McsError: not a Connect-Initial, or a block is repeated or truncated.
    """
    offset, end = _element(pdu, body(pdu), len(pdu), CONNECT_INITIAL)
    # Domain selectors, upward flag, three sets of domain parameters, user data.
    for tag in (b"\x04", b"\x04", b"\x01", b"\x30", b"\x30", b"\x30"):
        _, offset = _element(pdu, offset, end, tag)
    offset, end = _element(pdu, offset, end, b"\x04")
    header = _expect(pdu, offset, _GCC_OBJECT)
    _, offset = _per_length(pdu, header)
    if offset != header + 2:
        raise McsError("short GCC length")  # xrdp skips a fixed header: it would read other blocks than we do
    offset = _expect(pdu, offset, _CLIENT_KEY)
    return _blocks(pdu, offset, end)


def connect_response_channels(pdu: bytes | bytearray) -> list[int]:
    """The MCS channel ids the PC gave to the client's static channels, in the client's order.

    Raises:
        McsError: not a Connect-Response.
    """
    offset, end = _element(pdu, body(pdu), len(pdu), CONNECT_RESPONSE)
    for tag in (b"\x0a", b"\x02", b"\x30"):  # result, called connect id, domain parameters
        _, offset = _element(pdu, offset, end, tag)
    offset, end = _element(pdu, offset, end, b"\x04")
    offset = _expect(pdu, offset, _GCC_OBJECT)
    # Node id, tag and result vary in length; the key ends at a fixed distance of them.
    key = bytes(pdu).find(_SERVER_KEY, offset, min(end, offset + 24))
    if key < 0:
        raise McsError("no GCC conference create response")
    blocks = _blocks(pdu, key + len(_SERVER_KEY), end)
    if SC_NET not in blocks:
        return []
    start, stop = blocks[SC_NET]
    if stop - start < 8:
        raise McsError("truncated network data")
    count = struct.unpack_from("<H", pdu, start + 6)[0]
    if stop - start < 8 + 2 * count:
        raise McsError("truncated channel ids")
    return list(struct.unpack_from(f"<{count}H", pdu, start + 8))


def channel_definitions(pdu: bytes | bytearray, block: tuple[int, int]) -> Iterator[tuple[str, int]]:
    """Each static channel of a CS_NET block: (name in lower case, offset of its 8 bytes).

    Raises:
        McsError: truncated, or more than the 31 channels RDP allows.
    """
    start, end = block
    if end - start < 8:
        raise McsError("truncated network data")
    count = struct.unpack_from("<I", pdu, start + 4)[0]
    if count > 31 or end - start < 8 + 12 * count:
        raise McsError("channel list does not fit")
    for index in range(count):
        offset = start + 8 + 12 * index
        raw = bytes(pdu[offset : offset + 8])
        yield raw.partition(b"\0")[0].decode("latin-1").strip().lower(), offset


def _blocks(pdu: bytes | bytearray, offset: int, end: int) -> dict[int, tuple[int, int]]:
    size, offset = _per_length(pdu, offset)
    if offset + size != end:
        raise McsError("GCC user data length does not match")
    blocks: dict[int, tuple[int, int]] = {}
    while offset < end:
        if end - offset < _BLOCK.size:
            raise McsError("truncated block")
        kind, length = _BLOCK.unpack_from(pdu, offset)
        if length < _BLOCK.size or offset + length > end or kind in blocks:
            raise McsError("block truncated or repeated")
        blocks[kind] = (offset, offset + length)
        offset += length
    return blocks


def _element(pdu: bytes | bytearray, offset: int, end: int, tag: bytes) -> tuple[int, int]:
    """Start and end of the value of the BER element with `tag` at `offset` (T.125 uses definite lengths)."""
    offset = _expect(pdu, offset, tag)
    if offset >= end:
        raise McsError("truncated")
    size, offset = pdu[offset], offset + 1
    if size & 0x80:
        count = size & 0x7F
        if not 1 <= count <= 2 or offset + count > end:
            raise McsError("length out of range")
        size, offset = int.from_bytes(pdu[offset : offset + count], "big"), offset + count
    if offset + size > end:
        raise McsError("element overruns its container")
    return offset, offset + size


def _per_length(pdu: bytes | bytearray, offset: int) -> tuple[int, int]:
    if offset + 1 >= len(pdu):
        raise McsError("truncated")
    size = pdu[offset]
    if size & 0x80:
        return (size & 0x7F) << 8 | pdu[offset + 1], offset + 2
    return size, offset + 1


def _expect(pdu: bytes | bytearray, offset: int, expected: bytes) -> int:
    end = offset + len(expected)
    if bytes(pdu[offset:end]) != expected:
        raise McsError("unexpected structure")
    return end
