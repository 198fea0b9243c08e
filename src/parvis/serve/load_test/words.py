"""The bytes pretended PCs and browsers say: real RFB, and as much of RDP as the gateway reads (MS-RDPBCGR)."""

from __future__ import annotations

import struct

KEY_RFB = struct.pack(">BBH", 255, 0, 1)
"""The first bytes of a key in RFB (QEMU extended key event, 12 bytes in all)."""
KEY_RDP = bytes((0x04, 12, 0, 0x1E))
"""The same in fast path: header, length, event, scancode (MS-RDPBCGR 2.2.8.1.2)."""
RFB_VERSION = b"RFB 003.008\n"


def rfb_init() -> bytes:
    """What a VNC server says of its screen (RFC 6143 §7.3.2)."""
    name = b"bench"
    pixel_format = struct.pack(">BBBBHHHBBBxxx", 32, 24, 0, 1, 255, 255, 255, 16, 8, 0)
    return struct.pack(">HH", 1920, 1080) + pixel_format + struct.pack(">I", len(name)) + name


def rfb_wishes() -> bytes:
    """One SetEncodings, one update request."""
    return struct.pack(">BxHi", 2, 1, 0) + struct.pack(">BBHHHH", 3, 0, 0, 0, 1920, 1080)


def rfb_update(width: int, height: int) -> bytes:
    """The first bytes of one raw rectangle (RFC 6143 §7.6.1)."""
    return struct.pack(">BxHHHHHi", 0, 1, 8, 8, width, height, 0)


def fast_path_update(size: int) -> bytes:
    """The first bytes of a fast-path update: header, 15-bit length (MS-RDPBCGR 2.2.9.1.2)."""
    return struct.pack(">BHB", 0, 0x8000 | size, 1)


def x224_confirm() -> bytes:
    """TLS it is."""
    return x224_packet(0xD0, struct.pack("<BBHI", 2, 0, 8, 1))


def x224_request() -> bytes:
    """Offers TLS only, as a user called bench."""
    return x224_packet(0xE0, b"Cookie: mstshash=bench\r\n" + struct.pack("<BBHI", 1, 0, 8, 1))


def x224_packet(code: int, variable: bytes) -> bytes:
    """TPKT and X.224 around it."""
    body = bytes((6 + len(variable), code)) + bytes(5) + variable
    return struct.pack(">BBH", 3, 0, 4 + len(body)) + body


def connect_initial() -> bytes:
    """MCS Connect-Initial with core data and no static channel (T.125, MS-RDPBCGR 2.2.1.3)."""
    core = struct.pack("<HH", 0xC001, 216) + struct.pack("<I", 0x00080004) + bytes(208)
    gcc = b"\x00\x08\x00\x10\x00\x01\xc0\x00Duca" + _per_length(len(core)) + core
    user_data = b"\x00\x05\x00\x14\x7c\x00\x01" + _per_length(len(gcc)) + gcc
    content = b"\x04\x01\x01\x04\x01\x01\x01\x01\xff" + _domain_parameters() * 3 + _ber(b"\x04", user_data)
    return _data(_ber(b"\x7f\x65", content))


def connect_response() -> bytes:
    """MCS Connect-Response."""
    gcc = b"\x00\x05\x00\x14\x7c\x00\x01\x2a\x14\x76\x0a\x01\x01\x00\x01\xc0\x00McDn"
    core = struct.pack("<HHI", 0x0C01, 8, 0x00080004)
    content = b"\x0a\x01\x00\x02\x01\x00" + _domain_parameters() + _ber(b"\x04", gcc + _per_length(len(core)) + core)
    return _data(_ber(b"\x7f\x66", content))


def client_info() -> bytes:
    """Client Info without names or password (MS-RDPBCGR 2.2.1.11)."""
    info = struct.pack("<HH", 0x0040, 0) + bytes(18) + bytes(10)
    return _data(b"\x64\x00\x06\x03\xeb\x70" + _per_length(len(info)) + info)


def _data(mcs: bytes) -> bytes:
    return struct.pack(">BBH", 3, 0, 7 + len(mcs)) + b"\x02\xf0\x80" + mcs


def _domain_parameters() -> bytes:
    return _ber(b"\x30", b"".join(_ber(b"\x02", bytes((value,))) for value in (34, 2, 0, 1, 0, 1, 64, 2)))


def _ber(tag: bytes, content: bytes) -> bytes:
    size = len(content)
    return tag + (bytes((size,)) if size < 0x80 else struct.pack(">BH", 0x82, size)) + content


def _per_length(size: int) -> bytes:
    return bytes((size,)) if size < 0x80 else struct.pack(">H", 0x8000 | size)
