"""The PC → browser half of RFB, followed only to find the clipboard in it (RFC 6143 §7.6, §7.7).

Pixels are skipped by their length, never decoded. This works because `rfb_client` lets
the browser ask only for encodings whose length is written or can be computed.

The stream is a row of *headers*, each followed by bytes that nobody looks at: a message's type and
count, a rectangle's place and length. One function reads one header where it lies; no generator, no
object and no copy for each, because a moving screen has thousands a second.

What counts is where *the viewer* (noVNC) ends a message: a PC that made the two cut the stream
differently would hide a cut text in what looks like pixels here. Hence the rule: whatever the viewer
reads with another length than its specification gives, or with one it chose by itself, is an error.
`tests/integration/gateway/test_viewer_agreement.py` runs noVNC on the same bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from parvis.gateway.protocol import rfb_client as rfb
from parvis.gateway.protocol.errors import RfbError
from parvis.gateway.protocol.rfb_handshake import pixel_size
from parvis.ticket.claims import Policy

Buffer = bytes | bytearray | memoryview

_UPDATE, _COLOUR_MAP, _BELL, _CUT_TEXT, _END_OF_CONTINUOUS, _FENCE = 0, 1, 2, 3, 150, 248
_COUNT = struct.Struct(">xxH")
_RECTANGLE = struct.Struct(">4xHHi")
_RECTANGLE_SIZE = 12
_MAX_DATA = 64 * 1024 * 1024
"""Bytes in one rectangle: more than an 8K screen in 16 million colours is hostile."""
_MAX_WHOLE = 32 * 1024 * 1024
"""Bytes in a rectangle that the viewer reads as one: its queue has 40 MiB, and loses what does not fit."""
_IN_PIECES = frozenset((rfb.RAW, rfb.RRE))
_MAX_FENCE = 64
"""Bytes in a fence (rfbproto, ServerFence); of a longer one the viewer takes 64."""
_MAX_HEADER = 1100
"""Bytes of the longest header: Tight with a palette of 256 colours of 4 bytes."""

# Rectangles whose data have the same size whatever their area.
_FIXED = {rfb.COPY_RECT: 4, rfb.QEMU_LED: 1, rfb.DESKTOP_SIZE: 0, rfb.QEMU_KEY: 0}
# Those that begin with a number: how long the rectangle's header is with it and what stands beside it.
_WITH_NUMBER = {
    rfb.ZLIB: 16,
    rfb.ZRLE: 16,
    rfb.DESKTOP_NAME: 16,
    rfb.H264: 20,
    rfb.RRE: 16,
    rfb.EXTENDED_DESKTOP_SIZE: 16,
}

_TIGHT_FILL, _TIGHT_JPEG = 8, 9
_TIGHT_EXPLICIT_FILTER = 4
_TIGHT_PALETTE, _TIGHT_GRADIENT = 1, 2
_TIGHT_MIN_COMPRESSED = 12

FLOOD_MESSAGES, FLOOD_SECONDS = 1000, 10.0
"""More cut texts than this in that time are no clipboard: withheld ones cost the PC nothing, and nobody slows it."""


class RfbServerFilter:
    """Finds the PC's clipboard in its stream: counts it, or removes it. All the rest goes through unchanged."""

    __slots__ = (
        "_clock",
        "_cut_texts",
        "_cut_texts_since",
        "_dropping",
        "_format",
        "_from_pc",
        "_head",
        "_pixel",
        "_pixel_format",
        "_rectangles",
        "_skip",
        "_tight_pixel",
        "transfers_from_pc",
    )

    def __init__(
        self, policy: Policy, pixel_format: Callable[[], bytes], clock: Callable[[], float] = lambda: 0.0
    ) -> None:
        """`pixel_format` tells the 16 bytes in force, or raises RfbError; asked when an update begins.

        `clock`: seconds, for floods; without one all comes at the same time.
        """
        self._clock = clock
        self._from_pc = policy.clipboard_from_pc
        self._pixel_format = pixel_format
        self._format = b""
        self._pixel = self._tight_pixel = 0
        self._head = bytearray()
        """The beginning of a header whose rest has not come yet."""
        self._skip = 0
        """Bytes that follow the last header and have not come yet."""
        self._dropping = False
        """Whether those are withheld."""
        self._rectangles = 0
        """How many the update still has."""
        self._cut_texts = 0
        self._cut_texts_since = 0.0
        self.transfers_from_pc = 0

    def feed(self, data: Buffer) -> list[Buffer]:
        """What to send to the browser: slices of `data` wherever possible.

        Raises:
            RfbError: something whose length cannot be told; the connection must be closed.
        """
        view = data if type(data) is memoryview else memoryview(data)
        end = len(view)
        forwarded: list[Buffer] = []
        start = at = 0
        if self._head:
            start = at = self._complete_head(view, forwarded)
        while at < end:
            if self._skip:
                at = self._pass_over(at, end)
                if self._dropping:
                    self._dropping = self._skip > 0
                    start = at
                continue
            size = self._header(view, at, end)
            if not size:
                self._head += view[at:]
                if view[at] == _CUT_TEXT and not self._rectangles:  # withheld until it can be judged
                    end = at
                break
            if self._dropping:
                if at > start:
                    forwarded.append(view[start:at])
                start = at + size
                self._dropping = self._skip > 0
            at += size
        if start < end:
            forwarded.append(view[start:end] if start or end != len(view) else view)
        return forwarded

    def _pass_over(self, at: int, end: int) -> int:
        """Where the bytes that follow the last header end, or `end`."""
        at += self._skip
        self._skip = max(0, at - end)
        return min(at, end)

    def _complete_head(self, view: memoryview, forwarded: list[Buffer]) -> int:
        """Go on with a header that came in parts; how many bytes of `view` were its own."""
        head, had = self._head, len(self._head)
        withheld = head[0] == _CUT_TEXT and not self._rectangles
        head += view[:_MAX_HEADER]
        size = self._header(head, 0, len(head))
        taken = size - had if size else len(view)
        if size:
            if withheld and not self._dropping:
                forwarded.append(bytes(head[:size]))
            elif not withheld:
                forwarded.append(view[:taken])
            self._dropping = self._dropping and self._skip > 0
            self._head = bytearray()
        elif not withheld:
            forwarded.append(view)
        return taken

    def _header(self, buffer: bytearray | memoryview, at: int, end: int) -> int:
        """Bytes of the header at `at`, 0 while it is not whole before `end`. Sets what follows it."""
        left = end - at
        if self._rectangles:
            return self._rectangle(buffer, at, left) if left >= _RECTANGLE_SIZE else 0
        kind = buffer[at]
        if kind == _UPDATE:
            if left < 4:
                return 0
            # 65535 says « until the last one says so »: the viewer ends after so many all the same.
            (self._rectangles,) = _COUNT.unpack_from(buffer, at)
            self._settle_pixels()
            return 4
        if kind in (_BELL, _END_OF_CONTINUOUS):
            return 1
        if kind == _CUT_TEXT:
            return self._cut_text(buffer, at, left)
        if kind == _FENCE:
            if left < 9:
                return 0
            self._skip = buffer[at + 8]
            if self._skip > _MAX_FENCE:
                raise RfbError("fence too long")
            return 9
        if kind == _COLOUR_MAP:
            raise RfbError("colour map for a viewer of true colours")
        raise RfbError(f"unknown server message type {kind}")

    def _settle_pixels(self) -> None:
        pixel_format = self._pixel_format()
        if pixel_format is not self._format:
            self._format = pixel_format
            self._pixel = pixel_size(pixel_format)
            self._tight_pixel = 3 if _is_packed(pixel_format) else 0

    def _cut_text(self, buffer: bytearray | memoryview, at: int, left: int) -> int:
        if left < 8:
            return 0
        field = bytes(buffer[at + 4 : at + 8])
        following = rfb.cut_text_size(field)
        length, action, size = int.from_bytes(field, "big", signed=True), 0, 8
        if length < 0:
            size = 12
            if left < size:
                return 0
            action = int.from_bytes(buffer[at + 8 : at + 12], "big")
            following -= 4
            if not rfb.is_well_formed(action, following):
                raise RfbError("impossible extended clipboard message")
        self._skip = following
        self._count_cut_text()
        if not self._from_pc and rfb.carries_clipboard(length, action):
            self._dropping = True
        else:
            self.transfers_from_pc += rfb.is_transfer(length, action)
        return size

    def _count_cut_text(self) -> None:
        if self._cut_texts % FLOOD_MESSAGES == 0:
            now = self._clock()
            if self._cut_texts and now - self._cut_texts_since < FLOOD_SECONDS:
                raise RfbError("clipboard flood")
            self._cut_texts_since = now
        self._cut_texts += 1

    def _rectangle(self, buffer: bytearray | memoryview, at: int, left: int) -> int:
        width, height, encoding = _RECTANGLE.unpack_from(buffer, at)
        if encoding == rfb.TIGHT:
            size = self._tight(buffer, at, left, width, height)
        elif encoding == rfb.RAW:
            size, self._skip = _RECTANGLE_SIZE, width * height * self._pixel
        elif encoding in _WITH_NUMBER:
            size = _WITH_NUMBER[encoding]
            if encoding == rfb.ZLIB and not width * height:
                raise RfbError("Zlib without an area")  # the viewer does not even read its length
            if size <= left:
                self._skip = self._numbered(encoding, bytes(buffer[at + 12 : at + 16]))
        else:
            size, self._skip = _RECTANGLE_SIZE, self._fixed(encoding, width, height)
        if self._skip > _MAX_WHOLE and (self._skip > _MAX_DATA or encoding not in _IN_PIECES):
            raise RfbError("absurd length")
        if not size or size > left:
            self._skip = 0
            return 0
        self._rectangles -= 1
        return size

    def _numbered(self, encoding: int, number: bytes) -> int:
        """Bytes that follow a rectangle whose first four bytes tell them."""
        if encoding == rfb.EXTENDED_DESKTOP_SIZE:
            return 16 * number[0]
        count = int.from_bytes(number, "big")
        if encoding != rfb.RRE:
            return count
        self._need_full_pixels()
        return 4 + count * 12

    def _fixed(self, encoding: int, width: int, height: int) -> int:
        """Bytes of a rectangle that only its kind and area tell."""
        if encoding in _FIXED:
            return _FIXED[encoding]
        if encoding == rfb.CURSOR:
            self._need_full_pixels()
            return width * height * 4 + (width + 7) // 8 * height
        if encoding == rfb.LAST_RECT:
            self._rectangles = 1  # this one
            return 0
        raise RfbError(f"rectangle encoding {encoding} was not asked for")

    def _need_full_pixels(self) -> None:
        """The viewer reads four bytes a pixel whatever the format; only Raw knows another."""
        if self._pixel != 4:
            raise RfbError("an encoding for full colours without them")

    def _tight(self, buffer: bytearray | memoryview, at: int, left: int, width: int, height: int) -> int:
        """The Tight encoding's own header (its compression control, palette and length) added to the rectangle's."""
        size = _RECTANGLE_SIZE + 1
        if left < size:
            return 0
        if not self._tight_pixel:
            raise RfbError("Tight pixels of another size than the viewer's")
        control = buffer[at + _RECTANGLE_SIZE] >> 4
        if control == _TIGHT_FILL:
            self._skip = self._tight_pixel
            return size
        if control == _TIGHT_JPEG:
            return self._compact(buffer, at, left, size)
        if control > _TIGHT_JPEG:
            raise RfbError("unknown Tight compression")
        row = width * self._tight_pixel
        if control & _TIGHT_EXPLICIT_FILTER:
            size, row = self._filter(buffer, at, left, width, height)
            if left < size:
                return 0
        if row * height < _TIGHT_MIN_COMPRESSED:
            self._skip = row * height
            return size
        return self._compact(buffer, at, left, size)

    def _filter(self, buffer: bytearray | memoryview, at: int, left: int, width: int, height: int) -> tuple[int, int]:
        """Bytes of a header with its filter and palette, and of a row of pixels; more than `left`: not known yet."""
        size, row = _RECTANGLE_SIZE + 2, width * self._tight_pixel
        if left < size:
            return size, row
        chosen = buffer[at + size - 1]
        if chosen > _TIGHT_GRADIENT:
            raise RfbError("unknown Tight filter")
        if chosen != _TIGHT_PALETTE:
            return size, row
        if not width * height:
            raise RfbError("a palette without an area")  # the viewer would keep it for the next
        size += 1
        if left < size:
            return size, row
        colours = buffer[at + size - 1] + 1
        return size + colours * self._tight_pixel, (width + 7) // 8 if colours <= 2 else width

    def _compact(self, buffer: bytearray | memoryview, at: int, left: int, size: int) -> int:
        """A length of one to three bytes, seven bits each but the last."""
        length = shift = 0
        while True:
            if left <= size:
                return 0
            octet = buffer[at + size]
            size += 1
            if shift == 14 or not octet & 0x80:
                self._skip = length | octet << shift
                return size
            length |= (octet & 0x7F) << shift
            shift += 7


def _is_packed(pixel_format: bytes) -> bool:
    """Whether Tight sends this format as 3 bytes (TPIXEL): 32 bits, depth 24, 8 bits per colour."""
    bits, depth, _, true_colour, red, green, blue = struct.unpack_from(">BBBBHHH", pixel_format)
    return bool(bits == 32 and depth == 24 and true_colour and red == green == blue == 255)
