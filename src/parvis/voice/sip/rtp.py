"""RTP packets (RFC 3550), digits (RFC 4733) and G.711 (ITU-T), as far as a telephone needs them. Pure."""

from __future__ import annotations

import struct
from dataclasses import dataclass

_HEADER = struct.Struct(">BBHII")
FRAME = 160
"""Samples, and bytes of G.711, in 20 ms."""
SILENCE = {"pcma": b"\xd5" * FRAME, "pcmu": b"\xff" * FRAME}
PAYLOAD = {"pcma": 8, "pcmu": 0}
_DIGITS = "0123456789*#ABCD"


@dataclass(frozen=True, slots=True)
class Packet:
    """What counts of a packet."""

    payload_type: int
    timestamp: int
    payload: bytes


def parse(data: bytes) -> Packet | None:
    """Read a datagram; None when it is not RTP version 2."""
    if len(data) < 12 or data[0] >> 6 != 2:
        return None
    first, second, _sequence, timestamp, _source = _HEADER.unpack_from(data)
    start = 12 + 4 * (first & 0x0F)
    if first & 0x10:
        if len(data) < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    end = len(data)
    if first & 0x20:
        if not data[-1] or data[-1] > end - start:
            return None
        end -= data[-1]
    if start > end:
        return None
    return Packet(second & 0x7F, timestamp, data[start:end])


class Stream:
    """Packets we send: one source, sequence and timestamps without a seam whatever the sound comes from."""

    def __init__(self, payload_type: int, source: int, *, step: int = FRAME) -> None:
        """`step` is the time of 20 ms on the codec’s clock."""
        self._payload_type = payload_type
        self._step = step
        self._source = source
        self._sequence = source & 0x7FFF
        self._timestamp = source >> 1

    def packet(self, payload: bytes) -> bytes:
        """The next packet."""
        self._sequence = (self._sequence + 1) & 0xFFFF
        header = _HEADER.pack(0x80, self._payload_type, self._sequence, self._timestamp, self._source)
        self._timestamp = (self._timestamp + self._step) & 0xFFFFFFFF
        return header + payload


class Digits:
    """Digits out of telephone-event packets: each key once, however many packets tell it."""

    def __init__(self) -> None:
        self._last: int | None = None

    def feed(self, packet: Packet) -> str:
        """The key of a new event, else nothing. All packets of one event have the same timestamp."""
        if len(packet.payload) < 4 or packet.timestamp == self._last:
            return ""
        self._last = packet.timestamp
        event = packet.payload[0]
        return _DIGITS[event] if event < len(_DIGITS) else ""


def _alaw_linear(value: int) -> int:
    value ^= 0x55
    mantissa, exponent = value & 0x0F, (value >> 4) & 7
    linear = (mantissa << 4) + 8 if exponent == 0 else ((mantissa << 4) + 0x108) << (exponent - 1)
    return linear if value & 0x80 else -linear


def _ulaw_linear(value: int) -> int:
    value = ~value & 0xFF
    linear = (((value & 0x0F) << 3) + 0x84) << ((value >> 4) & 7)
    return 0x84 - linear if value & 0x80 else linear - 0x84


LINEAR = {
    "pcma": tuple(_alaw_linear(value) for value in range(256)),
    "pcmu": tuple(_ulaw_linear(value) for value in range(256)),
}
"""16-bit sample of each byte."""
_ULAW_BY_LINEAR = sorted((linear, value) for value, linear in enumerate(LINEAR["pcmu"]))


def _nearest_ulaw(linear: int) -> int:
    return min(_ULAW_BY_LINEAR, key=lambda pair: abs(pair[0] - linear))[1]


ULAW_OF_ALAW = bytes(_nearest_ulaw(linear) for linear in LINEAR["pcma"])
"""`bytes.translate` table."""
_LOUDNESS = {codec: tuple(abs(sample) for sample in table) for codec, table in LINEAR.items()}


def loudness(payload: bytes, codec: str) -> float:
    """Mean absolute sample, 0 to 32767."""
    table = _LOUDNESS[codec]
    return sum(table[value] for value in payload) / len(payload) if payload else 0.0
