"""A byte queue from which fixed structures are taken whole or not at all."""

from __future__ import annotations


class NeedMoreData(Exception):
    """The structure is not complete yet; nothing was consumed."""


class ByteQueue:
    """Bytes fed in any chunking, read with a cursor that is committed only when a whole message was there."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._position = 0

    def feed(self, data: bytes) -> None:
        """Append bytes from the wire."""
        self._data += data

    def __len__(self) -> int:
        return len(self._data) - self._position

    def take(self, count: int) -> bytes:
        """Read `count` bytes; raises `NeedMoreData` if they are not all there."""
        end = self._position + count
        if end > len(self._data):
            raise NeedMoreData
        chunk = bytes(self._data[self._position : end])
        self._position = end
        return chunk

    def unsigned(self, size: int) -> int:
        """Read a big-endian unsigned integer of `size` bytes."""
        return int.from_bytes(self.take(size), "big")

    def signed(self, size: int) -> int:
        """Read a big-endian two's complement integer of `size` bytes."""
        return int.from_bytes(self.take(size), "big", signed=True)

    def commit(self) -> None:
        """Forget what was read: the message is complete."""
        del self._data[: self._position]
        self._position = 0

    def rewind(self) -> None:
        """Go back to the start of the unfinished message."""
        self._position = 0
