"""What both ends say before the measured traffic, and what that traffic looks like: real RFB, believable RDP.

A dialogue is a script for the load generator (`bench/c/load.c`): a line per step, `B` the
browser, `T` the office PC.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dialogue:
    """The opening, then the first bytes of each measured message; 8 bytes of time stamp follow them."""

    script: tuple[str, ...]
    up_prefix: bytes
    """Of the 12 bytes a browser sends."""
    update: int
    """Bytes of a screen update when people work."""
    bulk_update: int
    """Bytes of a screen update when the whole screen moves."""

    def down_prefix(self, size: int) -> bytes:
        """Of the `size` bytes a PC sends."""
        raise NotImplementedError

    def text(self) -> str:
        return "\n".join(self.script) + "\n"


class Rfb(Dialogue):
    """Raw rectangles: 34 × 30 pixels, or tiles of 64 × 64 (RFC 6143 §7.6.1)."""

    def down_prefix(self, size: int) -> bytes:
        width, height = {4096: (34, 30), 16400: (64, 64)}[size]
        assert width * height * 4 + 16 == size
        return struct.pack(">BxHHHHHi", 0, 1, 8, 8, width, height, 0)


class FastPath(Dialogue):
    """Fast-path updates (MS-RDPBCGR 2.2.9.1.2): header, 15-bit length."""

    def down_prefix(self, size: int) -> bytes:
        return struct.pack(">BHB", 0, 0x8000 | size, 1)


def rfb(*, ticket: bool) -> Rfb:
    """RFB 3.8 without password, one SetEncodings, one update request. `ticket`: our gateway's first two messages."""
    version, name = b"RFB 003.008\n", b"bench"
    pixel_format = struct.pack(">BBBBHHHBBBxxx", 32, 24, 0, 1, 255, 255, 255, 16, 8, 0)
    init = struct.pack(">HH", 1920, 1080) + pixel_format + struct.pack(">I", len(name)) + name
    wishes = struct.pack(">BxHi", 2, 1, 0) + struct.pack(">BBHHHH", 3, 0, 0, 0, 1920, 1080)
    browser = [("expect", version), ("send", version), ("expect", b"\1\1"), ("send", b"\1"), ("expect", bytes(4))]
    browser += [("send", b"\1"), ("expect", init), ("send", wishes)]
    first = ("B secret", "B message") if ticket else ()
    return Rfb(
        (*first, *_steps("B", browser), *_steps("T", _mirror(browser))),
        up_prefix=struct.pack(">BBH", 255, 0, 1),  # QEMU extended key event, 12 bytes
        update=4096,
        bulk_update=16400,
    )


def fast_path_through_gateway() -> FastPath:
    """X.224 and TLS are the gateway's; then as much of MCS as makes it find the first picture."""
    request, confirm = x224_request(), x224_packet(0xD0, struct.pack("<BBHI", 2, 0, 8, 1))
    initial, response, info = connect_initial(), connect_response(), client_info()
    script = (
        "B secret",
        "B message",
        *_steps("B", [("send", initial), ("expect", response), ("send", info)]),
        *_steps("T", [("expect", request), ("send", confirm)]),
        "T tls",
        *_steps("T", [("expect", initial), ("send", response), ("expect", info)]),
    )
    return _fast_path(script)


def fast_path_over_tls() -> FastPath:
    """The same traffic for a relay that only knows TLS: no X.224 before it."""
    initial, response, info = connect_initial(), connect_response(), client_info()
    browser = [("send", initial), ("expect", response), ("send", info)]
    return _fast_path((*_steps("B", browser), "T tls", *_steps("T", _mirror(browser))))


def _fast_path(script: tuple[str, ...]) -> FastPath:
    # One input event, a key: header, length, event, scancode (MS-RDPBCGR 2.2.8.1.2).
    return FastPath(script, up_prefix=bytes((0x04, 12, 0, 0x1E)), update=4096, bulk_update=16384)


def x224_request() -> bytes:
    """Offers TLS only, as a user called bench."""
    return x224_packet(0xE0, b"Cookie: mstshash=bench\r\n" + struct.pack("<BBHI", 1, 0, 8, 1))


def x224_packet(code: int, variable: bytes) -> bytes:
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


def _mirror(steps: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    return [("send" if verb == "expect" else "expect", data) for verb, data in steps]


def _steps(side: str, steps: list[tuple[str, bytes]]) -> list[str]:
    return [f"{side} {verb} {data.hex() if verb == 'send' else len(data)}" for verb, data in steps]
