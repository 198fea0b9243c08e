"""The clipboard policy on the browser → PC stream (MS-RDPECLIP over MS-RDPBCGR 2.2.6).

Both directions can be enforced here, because the clipboard is lazy: the holder of a
text announces formats, the other side asks, only then does content travel.

    message from the browser         to the PC denied         from the PC denied
    FORMAT_LIST (2)                  the first is emptied,    forwarded
                                     the others dropped
    FORMAT_LIST_RESPONSE (3)         forwarded                forwarded
    FORMAT_DATA_REQUEST (4)          forwarded                asked for format 0, which the PC
                                                              answers with a failure
    FORMAT_DATA_RESPONSE (5)         dropped                  forwarded
    CLIP_CAPS (7)                    file flags cleared, always
    TEMP_DIRECTORY (6), FILECONTENTS_* (8, 9), LOCK (10), UNLOCK (11): always dropped, files are off

Why the first FORMAT_LIST is emptied rather than dropped: the PC's answer to it ends the
initialisation of both sides; an empty one announces nothing. Later ones are dropped,
since an empty list also clears the PC's own clipboard on some servers. Why a request is
answered by the PC with a failure rather than dropped: the browser does not wait for ever.

With both directions denied the channel is never opened (`rdp_patch`).
"""

from __future__ import annotations

import struct

from parvis.gateway.protocol.errors import ClipboardError
from parvis.ticket.claims import Policy

FORMAT_LIST = 2
FORMAT_LIST_RESPONSE = 3
FORMAT_DATA_REQUEST = 4
FORMAT_DATA_RESPONSE = 5
CLIP_CAPS = 7
_RESPONSE_FAIL = 0x0002

_CHANNEL_HEADER = struct.Struct("<II")
_FLAG_FIRST, _FLAG_LAST = 0x01, 0x02
_FLAG_COMPRESSED = 0x00200000
_CLIP_HEADER = struct.Struct("<HHI")
_MAX_PADDING = 8
"""Bytes that some clients leave after a message."""
_LONG_FORMAT_NAMES = 0x00000002
_CAPS_GENERAL = 1


class ClipboardFilter:
    """Judges each chunk the browser sends on the clipboard channel and counts the transfers.

    `transfers_to_pc` and `transfers_from_pc` count contents sent and contents asked for.
    """

    def __init__(self, policy: Policy) -> None:
        self._to_pc = policy.clipboard_to_pc
        self._from_pc = policy.clipboard_from_pc
        self._announced = False
        self._total = 0
        self._seen = 0
        self._forward = False
        self.transfers_to_pc = 0
        self.transfers_from_pc = 0

    def chunk(self, data: bytes) -> bytes | None:
        """The chunk to send instead of `data` (channel PDU header included), None to drop it.

        A replacement may be shorter than `data`, never longer.

        Raises:
            ClipboardError: chunks that two receivers could understand in two ways.
        """
        if len(data) < _CHANNEL_HEADER.size:
            raise ClipboardError("truncated channel header")
        total, flags = _CHANNEL_HEADER.unpack_from(data)
        if flags & _FLAG_COMPRESSED:
            raise ClipboardError("compressed chunk")
        size = len(data) - _CHANNEL_HEADER.size
        self._follow(total, flags, size)
        if not flags & _FLAG_FIRST:
            return data if self._forward else None
        self._forward = True
        replaced = self._message(data, whole=bool(flags & _FLAG_LAST))
        if replaced is None:
            self._forward = False
        return replaced

    def _follow(self, total: int, flags: int, size: int) -> None:
        """Refuse chunks that do not add up to exactly the announced message."""
        if bool(flags & _FLAG_FIRST) != (self._seen == self._total):
            raise ClipboardError("message begins inside another, or never began")
        if flags & _FLAG_FIRST:
            self._total, self._seen = total, 0
        if total != self._total:
            raise ClipboardError("total length changed between chunks")
        self._seen += size
        if self._seen > total or not size or bool(flags & _FLAG_LAST) != (self._seen == total):
            raise ClipboardError("chunks do not add up")

    def _message(self, data: bytes, *, whole: bool) -> bytes | None:
        if len(data) < _CHANNEL_HEADER.size + _CLIP_HEADER.size:
            raise ClipboardError("truncated message header")
        kind, flags, length = _CLIP_HEADER.unpack_from(data, _CHANNEL_HEADER.size)
        if not 0 <= self._total - _CLIP_HEADER.size - length <= _MAX_PADDING:
            raise ClipboardError("message length does not match")
        if kind == FORMAT_LIST:
            return self._format_list(data)
        if kind == FORMAT_LIST_RESPONSE:
            return data
        if kind == FORMAT_DATA_REQUEST:
            return self._data_request(data, length)
        if kind == FORMAT_DATA_RESPONSE:
            return self._data_response(data, flags)
        if kind == CLIP_CAPS:
            return _without_files(data, length, whole=whole)
        return None

    def _format_list(self, data: bytes) -> bytes | None:
        if self._to_pc:
            return data
        self._forward = False  # the rest of the list, in further chunks
        if self._announced:
            return None
        self._announced = True
        flags = _CHANNEL_HEADER.unpack_from(data)[1] | _FLAG_FIRST | _FLAG_LAST
        return _CHANNEL_HEADER.pack(_CLIP_HEADER.size, flags) + _CLIP_HEADER.pack(FORMAT_LIST, 0, 0)

    def _data_request(self, data: bytes, length: int) -> bytes:
        if length != 4 or self._seen != self._total:
            raise ClipboardError("malformed data request")
        if self._from_pc:
            self.transfers_from_pc += 1
            return data
        start = _CHANNEL_HEADER.size + _CLIP_HEADER.size
        return data[:start] + bytes(4) + data[start + 4 :]

    def _data_response(self, data: bytes, flags: int) -> bytes | None:
        if not self._to_pc:
            return None
        if not flags & _RESPONSE_FAIL:
            self.transfers_to_pc += 1
        return data


def _without_files(data: bytes, length: int, *, whole: bool) -> bytes:
    """Clear every general capability but long format names (MS-RDPECLIP 2.2.2.1.1.1)."""
    start = _CHANNEL_HEADER.size + _CLIP_HEADER.size
    if not whole or length < 4:
        raise ClipboardError("malformed capabilities")
    patched = bytearray(data)
    offset, end = start + 4, start + length
    while offset < end:
        if end - offset < 4:
            raise ClipboardError("truncated capability set")
        kind, size = struct.unpack_from("<HH", patched, offset)
        if size < 4 or offset + size > end or (kind == _CAPS_GENERAL and size < 12):
            raise ClipboardError("truncated capability set")
        if kind == _CAPS_GENERAL:
            general = struct.unpack_from("<I", patched, offset + 8)[0]
            struct.pack_into("<I", patched, offset + 8, general & _LONG_FORMAT_NAMES)
        offset += size
    return bytes(patched)
