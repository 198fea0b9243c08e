"""The browser → PC half of RFB after the handshake (RFC 6143 §7.5 and the extensions noVNC uses).

    type  message                      size
    0     SetPixelFormat               20       only before the first update request
    2     SetEncodings                 4 + 4n   rewritten: only what this gateway can follow
    3     FramebufferUpdateRequest     10
    4     KeyEvent                     8        user input
    5     PointerEvent                 6        user input
    6     ClientCutText                8 + n    by policy
    150   EnableContinuousUpdates      10
    248   ClientFence                  9 + n
    250   xvp (power off, reboot)      4        dropped: never offered
    251   SetDesktopSize               8 + 16n
    255   QEMU extended key            12       user input

Anything else is an error: with a message of unknown length nothing after it could be judged.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from parvis.gateway.protocol.errors import RfbError
from parvis.gateway.protocol.rfb_handshake import pixel_size
from parvis.ticket.claims import Policy

MAX_CUT_TEXT = 4 * 1024 * 1024
"""Bytes in one clipboard text."""

_PIXEL_FORMAT, _ENCODINGS, _UPDATE_REQUEST, _KEY, _POINTER, _CUT_TEXT = 0, 2, 3, 4, 5, 6
_CONTINUOUS_UPDATES, _FENCE, _XVP, _DESKTOP_SIZE, _QEMU = 150, 248, 250, 251, 255
_FIXED = {_PIXEL_FORMAT: 20, _UPDATE_REQUEST: 10, _KEY: 8, _POINTER: 6, _CONTINUOUS_UPDATES: 10, _XVP: 4, _QEMU: 12}
_USER_INPUT = frozenset({_KEY, _POINTER, _QEMU})
_ALONE = {_KEY: 8, _POINTER: 6, _QEMU: 12}
"""What a browser sends most, each in a message of its own: it goes on as it came."""

RAW, COPY_RECT, RRE, ZLIB, TIGHT, ZRLE, H264 = 0, 1, 2, 6, 7, 16, 50
DESKTOP_SIZE, LAST_RECT, CURSOR, QEMU_KEY, QEMU_LED = -223, -224, -239, -258, -261
DESKTOP_NAME, EXTENDED_DESKTOP_SIZE, FENCE, CONTINUOUS_UPDATES = -307, -308, -312, -313
EXTENDED_CLIPBOARD = 0xC0A1E5CE - (1 << 32)
# What `rfb_server` can follow. Left out on purpose: xvp (power control is no part of a remote
# session) and extended mouse buttons (they change the size of a message on the server's word).
_FOLLOWED = frozenset(
    {RAW, COPY_RECT, RRE, ZLIB, TIGHT, ZRLE, H264}
    | {DESKTOP_SIZE, LAST_RECT, CURSOR, QEMU_KEY, QEMU_LED}
    | {DESKTOP_NAME, EXTENDED_DESKTOP_SIZE, FENCE, CONTINUOUS_UPDATES, EXTENDED_CLIPBOARD}
    | set(range(-32, -22))  # JPEG quality levels
    | set(range(-256, -246))  # compression levels
)

# Extended clipboard actions, in the top byte of its flags. `notify` and `provide` carry
# what is on a clipboard; `request` and `peek` only ask; `caps` lists the others as abilities.
_EXTENDED_CAPS = 0x01000000
_EXTENDED_CONTENT = 0x08000000 | 0x10000000
_EXTENDED_PROVIDE = 0x10000000
_EXTENDED_BARE = frozenset((0x02000000, 0x04000000, 0x08000000))  # request, peek, notify: nothing follows their flags
_EXTENDED_ACTIONS, _EXTENDED_FORMATS, _EXTENDED_TEXT = 0xFF000000, 0xFFFF, 1


def carries_clipboard(length: int, flags: int) -> bool:
    """Whether a cut text message (either direction) says what its sender's clipboard holds.

    `length` is the message's signed length, `flags` the first 4 bytes of an extended one.
    """
    return length >= 0 or (bool(flags & _EXTENDED_CONTENT) and not flags & _EXTENDED_CAPS)


def is_transfer(length: int, flags: int) -> bool:
    """Whether a cut text message carries content, to count it."""
    return length > 0 or (length < 0 and bool(flags & _EXTENDED_PROVIDE) and not flags & _EXTENDED_CAPS)


def is_well_formed(flags: int, following: int) -> bool:
    """Whether the PC's extended cut text has as many bytes after its flags as noVNC reads.

    It reads what the action needs, not what the length says: the rest would be messages to it.
    """
    if flags & _EXTENDED_CAPS:
        return following == 4 * (flags & _EXTENDED_FORMATS).bit_count()
    action = flags & _EXTENDED_ACTIONS
    if action in _EXTENDED_BARE:
        return following == 0
    return action == _EXTENDED_PROVIDE and (bool(flags & _EXTENDED_TEXT) or following == 0)


class RfbClientFilter:
    """Feed it what the browser sends after ClientInit."""

    __slots__ = (
        "_requested",
        "_rest",
        "_to_pc",
        "_wanted",
        "is_format_settled",
        "pixel_format",
        "transfers_to_pc",
        "user_input",
    )

    def __init__(self, policy: Policy) -> None:
        self._to_pc = policy.clipboard_to_pc
        self._rest = bytearray()
        self._wanted = 1
        self._requested = False
        self.pixel_format: bytes | None = None
        """The last SetPixelFormat, None while the server's own is in force."""
        self.is_format_settled = False
        """Whether the browser has said its pixel format, or asked for an update without."""
        self.user_input = False
        """Set when a key or pointer message goes through; the relay clears it."""
        self.transfers_to_pc = 0

    def feed(self, data: bytes | bytearray | memoryview) -> bytes | bytearray | memoryview:
        """What to write to the PC; a view in the result is valid only while `data` is.

        Raises:
            RfbError: an unknown message, or one that is not allowed here.
        """
        if not self._rest and data and _ALONE.get(data[0]) == len(data) and (data[0] != _QEMU or data[1] == 0):
            self.user_input = True
            return data
        self._rest += data
        if len(self._rest) < self._wanted:
            return b""
        forwarded = bytearray()
        consumed = 0
        view = bytes(self._rest)
        for start, end in self._messages(view):
            forwarded += self._judge(view[start:end])
            consumed = end
        del self._rest[:consumed]
        return bytes(forwarded)

    def _messages(self, view: bytes) -> Iterator[tuple[int, int]]:
        offset = 0
        self._wanted = 1
        while offset < len(view):
            size = _size(view, offset)
            if offset + size > len(view):
                self._wanted = size
                return
            yield offset, offset + size
            offset += size

    def _judge(self, message: bytes) -> bytes:
        kind = message[0]
        if kind in _USER_INPUT:
            self.user_input = True
        elif kind == _CUT_TEXT:
            return self._cut_text(message)
        elif kind == _ENCODINGS:
            return self._encodings(message)
        elif kind in (_UPDATE_REQUEST, _CONTINUOUS_UPDATES):
            self._requested = self.is_format_settled = True
        elif kind == _PIXEL_FORMAT:
            self._set_pixel_format(message)
        elif kind == _XVP:
            return b""
        return message

    def _set_pixel_format(self, message: bytes) -> None:
        if self._requested:
            # The PC's stream is followed by pixel size: changing it under way would hide messages.
            raise RfbError("pixel format changed after the first update request")
        size, shifts = pixel_size(message[4:20]), message[14:17]
        if size == 4 and any(shift % 8 for shift in shifts):
            # Servers do not agree whether Tight sends such a pixel as 3 bytes or 4: what follows could not be found.
            raise RfbError("colours are not whole bytes")
        self.pixel_format = message[4:20]
        self.is_format_settled = True

    def _encodings(self, message: bytes) -> bytes:
        count = struct.unpack_from(">H", message, 2)[0]
        wanted = struct.unpack_from(f">{count}i", message, 4)
        kept = [number for number in wanted if number in _FOLLOWED]
        return struct.pack(f">BxH{len(kept)}i", _ENCODINGS, len(kept), *kept)

    def _cut_text(self, message: bytes) -> bytes:
        length = struct.unpack_from(">i", message, 4)[0]
        flags = struct.unpack_from(">I", message, 8)[0] if length <= -4 else 0
        if not self._to_pc and carries_clipboard(length, flags):
            return b""
        self.transfers_to_pc += is_transfer(length, flags)
        return message


def _size(view: bytes, offset: int) -> int:
    """Size of the message at `offset`; while it cannot be known, the size of the part that tells it."""
    kind = view[offset]
    available = len(view) - offset
    if kind == _QEMU and available >= 2 and view[offset + 1] != 0:
        raise RfbError("unknown QEMU message")
    if kind in _FIXED:
        return _FIXED[kind]
    if kind == _ENCODINGS:
        return 4 if available < 4 else 4 + 4 * int.from_bytes(view[offset + 2 : offset + 4], "big")
    if kind == _CUT_TEXT:
        return 8 if available < 8 else 8 + cut_text_size(view[offset + 4 : offset + 8])
    if kind == _FENCE:
        return 9 if available < 9 else 9 + view[offset + 8]
    if kind == _DESKTOP_SIZE:
        return 8 if available < 8 else 8 + 16 * view[offset + 6]
    raise RfbError(f"unknown message type {kind}")


def cut_text_size(field: bytes) -> int:
    """Bytes that follow a cut text's signed length field (negative: extended clipboard).

    Raises:
        RfbError: more than `MAX_CUT_TEXT`, or an extended message without its flags.
    """
    length = int.from_bytes(field, "big", signed=True)
    if abs(length) > MAX_CUT_TEXT or -4 < length < 0:
        raise RfbError("impossible clipboard length")
    return abs(length)
