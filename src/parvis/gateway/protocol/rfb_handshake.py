"""The RFB handshake seen from the middle (RFC 6143 §7.1–7.3), up to ServerInit.

Written as a conversation: a generator that says whose bytes come next and how many.
What it reads is forwarded, possibly rewritten; whoever speaks out of turn waits.
Only security types whose length can be followed are let through, because the relay
must know where the handshake ends to enforce the clipboard policy after it.
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Generator

from parvis.gateway.protocol.errors import RfbError

MAX_WAITING = 64 * 1024
"""Bytes a peer may send out of turn."""
_MAX_TEXT = 4096
_MAX_NAME = 64 * 1024

_NONE, _VNC, _VENCRYPT, _APPLE, _MSLOGON2 = 1, 2, 19, 30, 113
_SUPPORTED = (_NONE, _VNC, _VENCRYPT, _APPLE, _MSLOGON2)
_VENCRYPT_PLAIN = 256
_VERSIONS = {b"RFB 003.003\n": 3, b"RFB 003.007\n": 7, b"RFB 003.008\n": 8}


class Side(enum.Enum):
    """Who speaks."""

    SERVER = enum.auto()
    CLIENT = enum.auto()


_Conversation = Generator["_Read | _Replace", bytes, None]


class _Read:
    """Wait for `size` bytes of `side`; they are forwarded as they are unless `hold`."""

    def __init__(self, side: Side, size: int, *, hold: bool = False) -> None:
        self.side, self.size, self.hold = side, size, hold


class _Replace:
    """Forward these bytes in the name of `side`."""

    def __init__(self, side: Side, data: bytes) -> None:
        self.side, self.data = side, data


class RfbHandshake:
    """Feed it both directions until `done`, then ask `leftover` for what came after."""

    def __init__(self) -> None:
        self._waiting = {Side.SERVER: bytearray(), Side.CLIENT: bytearray()}
        self._forward = {Side.SERVER: bytearray(), Side.CLIENT: bytearray()}
        self._conversation = self._talk()
        self._step: _Read | None = self._advance(None)
        self.width = self.height = 0
        self.bytes_per_pixel = 0
        self.pixel_format = b""
        """The server's 16 bytes (RFC 6143 §7.4)."""

    @property
    def done(self) -> bool:
        """True once ServerInit has gone through."""
        return self._step is None

    def feed(self, side: Side, data: bytes | bytearray | memoryview) -> tuple[bytes, bytes]:
        """Take bytes of one side; return what to write (to the server, to the client).

        Raises:
            RfbError: not RFB, an unsupported security type, or too much out of turn.
        """
        self._waiting[side] += data
        while self._step is not None and len(self._waiting[self._step.side]) >= self._step.size:
            self._step = self._advance(self._take(self._step))
        if not self.done and any(len(waiting) > MAX_WAITING for waiting in self._waiting.values()):
            raise RfbError("too much data out of turn")
        return self._flush(Side.CLIENT), self._flush(Side.SERVER)

    def leftover(self, side: Side) -> bytes:
        """Bytes of `side` received beyond the handshake; asked once."""
        rest = bytes(self._waiting[side])
        self._waiting[side].clear()
        return rest

    def _take(self, step: _Read) -> bytes:
        waiting = self._waiting[step.side]
        data = bytes(waiting[: step.size])
        del waiting[: step.size]
        if not step.hold:
            self._forward[step.side] += data
        return data

    def _advance(self, data: bytes | None) -> _Read | None:
        try:
            step = next(self._conversation) if data is None else self._conversation.send(data)
            while isinstance(step, _Replace):
                self._forward[step.side] += step.data
                step = self._conversation.send(b"")
        except StopIteration:
            return None
        return step

    def _flush(self, side: Side) -> bytes:
        data = bytes(self._forward[side])
        self._forward[side].clear()
        return data

    def _talk(self) -> _Conversation:
        offered = yield _Read(Side.SERVER, 12)
        if offered[:4] != b"RFB " or offered[7:8] != b"." or offered[11:] != b"\n":
            raise RfbError("not an RFB server")
        version = _VERSIONS.get((yield _Read(Side.CLIENT, 12)))
        if version is None:
            raise RfbError("unknown RFB version")
        security = yield from (self._security_3() if version == 3 else self._security_7())
        yield from self._authenticate(security)
        if security != _NONE or version == 8:
            yield from self._result(version)
        yield _Read(Side.CLIENT, 1)  # ClientInit: shared or not
        init = yield _Read(Side.SERVER, 24)
        self.width, self.height = struct.unpack_from(">HH", init)
        self.pixel_format = init[4:20]
        self.bytes_per_pixel = pixel_size(self.pixel_format)
        yield _Read(Side.SERVER, _limited(init[20:24], _MAX_NAME))

    def _security_3(self) -> Generator[_Read | _Replace, bytes, int]:
        chosen = int.from_bytes((yield _Read(Side.SERVER, 4)), "big")
        if chosen == 0:
            yield from self._refusal()
        if chosen not in (_NONE, _VNC):
            raise RfbError("unsupported security type")
        return chosen

    def _security_7(self) -> Generator[_Read | _Replace, bytes, int]:
        count = (yield _Read(Side.SERVER, 1, hold=True))[0]
        if count == 0:
            yield _Replace(Side.SERVER, b"\0")
            yield from self._refusal()
        offered = yield _Read(Side.SERVER, count, hold=True)
        known = bytes(kind for kind in offered if kind in _SUPPORTED)
        if not known:
            raise RfbError(f"unsupported security types: {', '.join(str(kind) for kind in offered)}")
        yield _Replace(Side.SERVER, bytes((len(known),)) + known)
        chosen = (yield _Read(Side.CLIENT, 1))[0]
        if chosen not in known:
            raise RfbError("the client chose a security type that was not offered")
        return chosen

    def _authenticate(self, security: int) -> _Conversation:
        if security == _VNC:
            yield _Read(Side.SERVER, 16)
            yield _Read(Side.CLIENT, 16)
        elif security == _MSLOGON2:
            yield _Read(Side.SERVER, 24)  # generator, modulus, public value: 8 bytes each
            yield _Read(Side.CLIENT, 8 + 256 + 64)
        elif security == _APPLE:
            size = int.from_bytes((yield _Read(Side.SERVER, 4))[2:], "big")
            if size > 1024:
                raise RfbError("absurd key length")
            yield _Read(Side.SERVER, 2 * size)
            yield _Read(Side.CLIENT, 128 + size)
        elif security == _VENCRYPT:
            yield from self._vencrypt()

    def _vencrypt(self) -> _Conversation:
        yield _Read(Side.SERVER, 2)
        if (yield _Read(Side.CLIENT, 2)) != b"\0\x02":
            raise RfbError("unknown VeNCrypt version")
        if (yield _Read(Side.SERVER, 1)) != b"\0":
            raise RfbError("the PC refused the VeNCrypt version")
        count = (yield _Read(Side.SERVER, 1, hold=True))[0]
        offered = yield _Read(Side.SERVER, 4 * count, hold=True)
        if _VENCRYPT_PLAIN not in struct.unpack(f">{count}I", offered):
            raise RfbError("VeNCrypt without Plain")
        yield _Replace(Side.SERVER, struct.pack(">BI", 1, _VENCRYPT_PLAIN))
        if int.from_bytes((yield _Read(Side.CLIENT, 4)), "big") != _VENCRYPT_PLAIN:
            raise RfbError("the client chose a security type that was not offered")
        lengths = yield _Read(Side.CLIENT, 8)
        yield _Read(Side.CLIENT, _limited(lengths[:4], _MAX_TEXT) + _limited(lengths[4:], _MAX_TEXT))

    def _result(self, version: int) -> _Conversation:
        if int.from_bytes((yield _Read(Side.SERVER, 4)), "big") == 0:
            return
        if version == 8:
            yield from self._refusal()
        # The PC closes now; nothing more is expected.
        yield _Read(Side.SERVER, MAX_WAITING + 1)

    def _refusal(self) -> _Conversation:
        size = _limited((yield _Read(Side.SERVER, 4)), _MAX_TEXT)
        yield _Read(Side.SERVER, size)
        yield _Read(Side.SERVER, MAX_WAITING + 1)


def pixel_size(pixel_format: bytes) -> int:
    """Bytes per pixel of a 16-byte PIXEL_FORMAT.

    Raises:
        RfbError: not 8, 16 or 32 bits.
    """
    if pixel_format[0] not in (8, 16, 32):
        raise RfbError("impossible pixel size")
    return pixel_format[0] // 8


def _limited(field: bytes, limit: int) -> int:
    size = int.from_bytes(field, "big")
    if size > limit:
        raise RfbError("absurd length")
    return size
