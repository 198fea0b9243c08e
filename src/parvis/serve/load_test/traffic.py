"""What people at work send and receive: how much, how often; delays from one end of the gateway to the other.

Both ends live in this process and read the same clock: a message carries the time it was sent, eight bytes after its
first ones.
"""

from __future__ import annotations

import struct
import time

UP_SIZE, UP_PER_SECOND = 12, 20
"""A key or a move of the mouse."""
DOWN_SIZE, DOWN_PER_SECOND = 4096, 10
"""A piece of the screen."""
_STAMP = struct.Struct(">d")


class Delays:
    """Seconds, kept while `recording`."""

    def __init__(self) -> None:
        self.recording = False
        self.values: list[float] = []

    def restart(self) -> None:
        """Record, from nothing."""
        self.values.clear()
        self.recording = True

    def note(self, sent_at: float) -> None:
        """A message has arrived."""
        if self.recording:
            self.values.append(time.monotonic() - sent_at)


class Reader:
    """Puts a stream of messages of one size together again and reads when each was sent."""

    def __init__(self, size: int, prefix: int, delays: Delays) -> None:
        self._size, self._at = size, prefix
        self._delays = delays
        self._rest = bytearray()
        self.received = 0
        """Bytes."""

    def feed(self, data: bytes | memoryview) -> None:
        """What has come."""
        self.received += len(data)
        self._rest += data
        size = self._size
        whole = len(self._rest) // size
        for at in range(0, whole * size, size):
            (sent_at,) = _STAMP.unpack_from(self._rest, at + self._at)
            self._delays.note(sent_at)
        del self._rest[: whole * size]


def message(prefix: bytes, size: int) -> bytes:
    """A message of this size sent now."""
    stamp = _STAMP.pack(time.monotonic())
    return prefix + stamp + bytes(size - len(prefix) - len(stamp))
