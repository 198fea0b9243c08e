"""The PC → browser half of RFB, followed only to find the clipboard in it (RFC 6143 §7.6, §7.7).

Pixels are skipped by their length, never decoded. This works because `rfb_client` lets
the browser ask only for encodings whose length is written or can be computed.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Generator

from parvis.gateway.protocol import rfb_client as rfb
from parvis.gateway.protocol.errors import RfbError
from parvis.gateway.protocol.rfb_handshake import pixel_size
from parvis.ticket.claims import Policy

Buffer = bytes | bytearray | memoryview

_UPDATE, _COLOUR_MAP, _BELL, _CUT_TEXT, _END_OF_CONTINUOUS, _FENCE = 0, 1, 2, 3, 150, 248
_RECTANGLE = struct.Struct(">HHHHi")
_ENDLESS = 0xFFFF
_MAX_DATA = 64 * 1024 * 1024
"""Bytes in one rectangle: more than an 8K screen in 16 million colours is hostile."""

# Rectangles whose data have the same size whatever their area.
_FIXED = {rfb.COPY_RECT: 4, rfb.QEMU_LED: 1, rfb.DESKTOP_SIZE: 0, rfb.QEMU_KEY: 0}

_TIGHT_FILL, _TIGHT_JPEG = 8, 9
_TIGHT_EXPLICIT_FILTER = 4
_TIGHT_PALETTE = 1
_TIGHT_MIN_COMPRESSED = 12

# A parser yields how many bytes it wants to see (positive) or to skip (negative).
_Parser = Generator[int, bytes, None]


class RfbServerFilter:
    """Finds the PC's clipboard in its stream: counts it, or removes it. All the rest goes through unchanged."""

    def __init__(self, policy: Policy, pixel_format: Callable[[], bytes]) -> None:
        """`pixel_format` tells the 16 bytes in force; asked when an update begins, by then it is settled."""
        self._from_pc = policy.clipboard_from_pc
        self._pixel_format = pixel_format
        self._pixel = self._tight_pixel = 0
        self._dropping = False
        self._released = b""
        self._head = bytearray()
        self._parser = self._messages()
        self._step = next(self._parser)
        self.transfers_from_pc = 0

    def feed(self, data: Buffer) -> list[Buffer]:
        """What to send to the browser: slices of `data` wherever possible.

        Raises:
            RfbError: something whose length cannot be told; the connection must be closed.
        """
        view = memoryview(data)
        forwarded: list[Buffer] = []
        offset = start = 0
        while offset < len(view):
            was_dropping = self._dropping
            offset = self._consume(view, offset)
            if self._dropping and not was_dropping:
                # The message type just read is the first byte to withhold.
                forwarded.append(view[start : offset - 1])
            elif was_dropping and not self._dropping:
                forwarded.append(self._released)
                start = offset
        if not self._dropping:
            forwarded.append(view[start:])
        return [part for part in forwarded if len(part)]

    def _consume(self, view: memoryview, offset: int) -> int:
        if self._step < 0:
            taken = min(-self._step, len(view) - offset)
            self._step += taken
            if self._step == 0:
                self._step = self._parser.send(b"")
            return offset + taken
        taken = min(self._step - len(self._head), len(view) - offset)
        self._head += view[offset : offset + taken]
        if len(self._head) == self._step:
            head = bytes(self._head)
            self._head.clear()
            self._step = self._parser.send(head)
        return offset + taken

    def _messages(self) -> _Parser:
        while True:
            kind = (yield 1)[0]
            if kind == _UPDATE:
                yield from self._update()
            elif kind == _CUT_TEXT:
                yield from self._cut_text()
            elif kind == _COLOUR_MAP:
                count = struct.unpack_from(">H", (yield 5), 3)[0]
                yield from _skip(6 * count)
            elif kind == _FENCE:
                yield from _skip((yield 8)[7])
            elif kind not in (_BELL, _END_OF_CONTINUOUS):
                raise RfbError(f"unknown server message type {kind}")

    def _cut_text(self) -> _Parser:
        self._dropping = True
        header = yield 7
        size = rfb.cut_text_size(header[3:7])
        length = int.from_bytes(header[3:7], "big", signed=True)
        flags = b""
        if length < 0:
            flags = yield 4
        action = int.from_bytes(flags, "big")
        if not self._from_pc and rfb.carries_clipboard(length, action):
            self._released = b""
            yield from _skip(size - len(flags))
            self._dropping = False
        else:
            self.transfers_from_pc += rfb.is_transfer(length, action)
            self._released = bytes((_CUT_TEXT,)) + header + flags
            self._dropping = False
            yield from _skip(size - len(flags))

    def _update(self) -> _Parser:
        count = struct.unpack_from(">xH", (yield 3))[0]
        pixel_format = self._pixel_format()
        self._pixel = pixel_size(pixel_format)
        self._tight_pixel = 3 if _is_packed(pixel_format) else self._pixel
        remaining = count
        while remaining or count == _ENDLESS:
            remaining -= 1
            _, _, width, height, encoding = _RECTANGLE.unpack((yield _RECTANGLE.size))
            if encoding == rfb.LAST_RECT:
                return
            yield from self._rectangle(encoding, width, height)

    def _rectangle(self, encoding: int, width: int, height: int) -> _Parser:
        if encoding in _FIXED:
            yield from _skip(_FIXED[encoding])
        elif encoding == rfb.RAW:
            yield from _skip(width * height * self._pixel)
        elif encoding in (rfb.ZLIB, rfb.ZRLE, rfb.DESKTOP_NAME):
            yield from _skip(int.from_bytes((yield 4), "big"))
        elif encoding == rfb.TIGHT:
            yield from self._tight(width, height)
        elif encoding == rfb.RRE:
            count = int.from_bytes((yield 4), "big")
            yield from _skip(self._pixel + count * (self._pixel + 8))
        elif encoding == rfb.H264:
            yield from _skip(int.from_bytes((yield 8)[:4], "big"))
        elif encoding == rfb.CURSOR:
            yield from _skip(width * height * self._pixel + (width + 7) // 8 * height)
        elif encoding == rfb.EXTENDED_DESKTOP_SIZE:
            yield from _skip(16 * (yield 4)[0])
        else:
            raise RfbError(f"rectangle encoding {encoding} was not asked for")

    def _tight(self, width: int, height: int) -> _Parser:
        control = (yield 1)[0] >> 4
        if control == _TIGHT_FILL:
            yield from _skip(self._tight_pixel)
        elif control == _TIGHT_JPEG:
            yield from self._compact()
        elif control > _TIGHT_JPEG:
            raise RfbError("unknown Tight compression")
        else:
            row = width * self._tight_pixel
            if control & _TIGHT_EXPLICIT_FILTER and (yield 1)[0] == _TIGHT_PALETTE:
                colours = (yield 1)[0] + 1
                yield from _skip(colours * self._tight_pixel)
                row = (width + 7) // 8 if colours == 2 else width
            if row * height < _TIGHT_MIN_COMPRESSED:
                yield from _skip(row * height)
            else:
                yield from self._compact()

    def _compact(self) -> _Parser:
        size = 0
        for index in range(3):
            octet = (yield 1)[0]
            size |= (octet if index == 2 else octet & 0x7F) << 7 * index
            if not octet & 0x80:
                break
        yield from _skip(size)


def _skip(size: int) -> _Parser:
    if size > _MAX_DATA:
        raise RfbError("absurd length")
    if size:
        yield -size


def _is_packed(pixel_format: bytes) -> bool:
    """Whether Tight sends this format as 3 bytes (TPIXEL): 32 bits, depth 24, 8 bits per colour."""
    bits, depth, _, true_colour, red, green, blue = struct.unpack_from(">BBBBHHH", pixel_format)
    return bool(bits == 32 and depth == 24 and true_colour and red == green == blue == 255)
