"""A minimal RDP client over a gateway WebSocket: enough of MS-RDPBCGR to reach pictures and the clipboard.

Independent of the gateway's own parsers, so that both are not wrong in the same way.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from typing import Any

from parvis.gateway.protocol import rdcleanpath
from tests.integration.gateway.harness import Browser

CHANNEL_FIRST_LAST = 0x03


def tpkt(body: bytes) -> bytes:
    """A TPKT packet."""
    return struct.pack(">BBH", 3, 0, 4 + len(body)) + body


def connection_request(protocols: int, user: str = "agent") -> bytes:
    """X.224 connection request with a cookie."""
    variable = f"Cookie: mstshash={user}\r\n".encode() + struct.pack("<BBHI", 1, 0, 8, protocols)
    return tpkt(bytes((6 + len(variable), 0xE0, 0, 0, 0, 0, 0)) + variable)


def rdcleanpath_request(ticket: str, protocols: int = 0x0B, *, blob: str | None = None) -> bytes:
    """The first message to the gateway."""
    return rdcleanpath.encode(
        rdcleanpath.Pdu(
            destination="ignored:3389",
            proxy_auth=ticket,
            preconnection_blob=blob,
            x224=connection_request(protocols),
        )
    )


def _ber(tag: bytes, content: bytes) -> bytes:
    return tag + struct.pack(">BH", 0x82, len(content)) + content


def core_data(width: int = 1024, height: int = 768, selected: int = 1) -> bytes:
    """CS_CORE as IronRDP sends it: layout 0, 16 bits per pixel, no 32 bpp flag."""
    core = struct.pack("<IHHHHII", 0x00080004, width, height, 0xCA01, 0xAA03, 0, 18363)
    core += "test".encode("utf-16-le").ljust(32, b"\0") + struct.pack("<III", 4, 0, 12) + bytes(64)
    core += struct.pack("<HHIHHH", 0xCA01, 1, 0, 16, 0x0007, 0x0001) + bytes(64)
    core += struct.pack("<BBI", 0, 0, selected)
    return struct.pack("<HH", 0xC001, 4 + len(core)) + core


def connect_initial(
    channels: list[str], *, selected: int = 1, blocks: bytes | None = None, connect_length: bytes | None = None
) -> bytes:
    """MCS Connect-Initial with these static channels; `connect_length` replaces GCC's first length field."""
    if blocks is None:
        blocks = _blocks(channels, selected)
    request = b"\x00\x08\x00\x10\x00\x01\xc0\x00Duca" + struct.pack(">H", 0x8000 | len(blocks)) + blocks
    size = struct.pack(">H", 0x8000 | len(request)) if connect_length is None else connect_length
    gcc = b"\x00\x05\x00\x14\x7c\x00\x01" + size + request
    parameters = bytes.fromhex("30190201220201020201000201010201000201010202ffff020102")
    minimum = bytes.fromhex("3019020101020101020101020101020100020101020204200201 02".replace(" ", ""))
    maximum = bytes.fromhex("301c0202ffff0202fc170202ffff0201010201000201010202ffff020102")
    content = b"\x04\x01\x01\x04\x01\x01\x01\x01\xff" + parameters + minimum + maximum + _ber(b"\x04", gcc)
    return tpkt(b"\x02\xf0\x80" + _ber(b"\x7f\x65", content))


def hidden_blocks(channels: list[str]) -> bytes:
    """A Connect-Initial whose channels lie inside what a strict reader takes for a long CS_CORE block.

    A server that skips a fixed 23 bytes of header starts one byte later than the blocks do, reads an
    unknown block of 260 bytes, and then these ones.
    """
    decoy = core_data()[4:]
    decoy = b"\x01" + decoy[1:] + bytes(257 - len(decoy)) + _blocks(channels, 1)
    decoy = decoy.ljust(0x3FC, b"\0")
    return connect_initial([], blocks=struct.pack("<HH", 0xC001, 4 + len(decoy)) + decoy, connect_length=b"\x7f")


def _blocks(channels: list[str], selected: int) -> bytes:
    blocks = core_data(selected=selected) + struct.pack("<HHII", 0xC004, 12, 0x0D, 0)
    blocks += struct.pack("<HHII", 0xC002, 12, 0, 0)
    definitions = b"".join(name.encode().ljust(8, b"\0") + struct.pack("<I", 0xC0A00000) for name in channels)
    return blocks + struct.pack("<HHI", 0xC003, 8 + len(definitions), len(channels)) + definitions


def client_info(initiator: int, *, user: str = "agent", password: str = "", flags: int = 0x33) -> bytes:
    """Client Info PDU without automatic logon."""
    texts = [text.encode("utf-16-le") for text in ("", user, password, "", "")]
    info = struct.pack("<II5H", 0, flags | 0x10, *map(len, texts)) + b"".join(text + b"\0\0" for text in texts)
    info += struct.pack("<HH", 2, 4) + b"\0\0\0\0" + struct.pack("<H", 4) + b"\0\0\0\0" + bytes(172)
    info += struct.pack("<IIH", 0, 0, 0)
    return send_data(initiator, 1003, struct.pack("<HH", 0x40, 0) + info)


def send_data(initiator: int, channel: int, data: bytes) -> bytes:
    """MCS Send Data Request."""
    length = struct.pack(">H", 0x8000 | len(data))
    return tpkt(b"\x02\xf0\x80\x64" + struct.pack(">HHB", initiator, channel, 0x70) + length + data)


def channel_pdu(data: bytes, flags: int = CHANNEL_FIRST_LAST, total: int | None = None) -> bytes:
    """A chunk for a static virtual channel."""
    return struct.pack("<II", len(data) if total is None else total, flags) + data


def clipboard_message(kind: int, data: bytes = b"", flags: int = 0) -> bytes:
    """A CLIPRDR message."""
    return struct.pack("<HHI", kind, flags, len(data)) + data


_CAPABILITIES = [
    (1, struct.pack("<HHHHHHHHHBB", 1, 3, 0x0200, 0, 0, 0x040D, 0, 0, 0, 0, 0)),
    (2, struct.pack("<HHHHHHHHHBBHH", 32, 1, 1, 1, 1024, 768, 0, 1, 1, 0, 0, 1, 0)),
    (3, bytes(16) + struct.pack("<IHHHHHH", 0, 1, 20, 0, 1, 0, 0x0022) + bytes(32 + 2 + 2 + 4 + 4 + 2 + 2 + 2 + 2)),
    (8, struct.pack("<HHH", 1, 20, 20)),
    (13, struct.pack("<HHIIII", 0x0035, 0, 0, 4, 0, 12) + bytes(64)),
    (20, struct.pack("<II", 0, 1600)),
]


@dataclass
class RdpClient:
    """One connection. `connect` goes from RDCleanPath to the end of the connection sequence."""

    browser: Browser
    initiator: int = 0
    channels: dict[str, int] = field(default_factory=dict)
    share: int = 0
    fast_path: int = 0
    clipboard: list[tuple[int, int, bytes]] = field(default_factory=list)
    """Messages of the PC on the clipboard channel: (type, flags, data)."""
    blob: str | None = None
    """`preconnection_blob` of the first message."""
    inflater: Any = None
    """zlib's, once the gateway deflates."""
    depths: set[int] = field(default_factory=set)
    """Bits per pixel of the bitmaps that came."""

    async def clean_path(self, ticket: str, protocols: int = 1) -> rdcleanpath.Pdu:
        """Ask the gateway for the PC; its answer."""
        self.browser.send(rdcleanpath_request(ticket, protocols, blob=self.blob))
        kind, answer = await self.browser.message()
        assert kind == "binary"
        return rdcleanpath.decode(answer)

    async def connect(self, ticket: str, channels: list[str], *, password: str = "") -> rdcleanpath.Pdu:
        """The whole sequence up to the PC's font map."""
        answer = await self.clean_path(ticket)
        assert answer.failure is None, answer.failure
        self.browser.send(connect_initial(channels))
        response = await self.pdu()
        count = struct.unpack_from("<H", response, at := response.index(b"\x03\x0c") + 6)[0]
        ids = struct.unpack_from(f"<{count}H", response, at + 2)
        self.channels = dict(zip(channels, ids, strict=True))
        await self._join()
        self.browser.send(client_info(self.initiator, password=password))
        await self._activate()
        return answer

    async def _join(self) -> None:
        self.browser.send(tpkt(bytes.fromhex("02f0800401000100")))
        self.browser.send(tpkt(bytes.fromhex("02f08028")))
        confirm = await self.pdu()
        assert confirm[7] == 0x2E, confirm.hex()
        self.initiator = struct.unpack_from(">H", confirm, 9)[0]
        for channel in (self.initiator + 1001, 1003, *self.channels.values()):
            self.browser.send(tpkt(b"\x02\xf0\x80\x38" + struct.pack(">HH", self.initiator, channel)))
            assert (await self.pdu())[7] == 0x3E

    async def _activate(self) -> None:
        while True:
            channel, data = self._indication(await self.pdu())
            if data[:1] == b"\x80" and data[4] == 1:  # licence request: any answer satisfies xrdp
                self.browser.send(send_data(self.initiator, 1003, struct.pack("<HHBBH", 0x80, 0, 0x13, 3, 4)))
            elif channel == 1003 and len(data) > 10 and struct.unpack_from("<H", data, 2)[0] & 0xF == 1:
                break
        self.share = struct.unpack_from("<I", data, 6)[0]
        sets = b"".join(struct.pack("<HH", kind, 4 + len(body)) + body for kind, body in _CAPABILITIES)
        body = struct.pack("<IHHH", self.share, 0x03EA, 6, 4 + len(sets)) + b"MSTSC\0"
        body += struct.pack("<HH", len(_CAPABILITIES), 0) + sets
        self._control(3, body)
        self._data(31, struct.pack("<HH", 1, 1002))  # synchronise
        self._data(20, struct.pack("<HHI", 4, 0, 0))  # cooperate
        self._data(20, struct.pack("<HHI", 1, 0, 0))  # request control
        self._data(39, struct.pack("<HHHH", 0, 0, 3, 50))  # font list
        while True:
            channel, data = self._indication(await self.pdu())
            if channel == 1003 and len(data) > 14 and data[14] == 40:  # font map
                return

    def _control(self, kind: int, body: bytes) -> None:
        header = struct.pack("<HHH", 6 + len(body), kind | 0x10, self.initiator + 1001)
        self.browser.send(send_data(self.initiator, 1003, header + body))

    def _data(self, kind: int, body: bytes) -> None:
        header = struct.pack("<IBBHBBH", self.share, 0, 1, len(body) + 4, kind, 0, 0)
        self._control(7, header + body)

    def send_channel(self, name: str, data: bytes, flags: int = CHANNEL_FIRST_LAST, total: int | None = None) -> None:
        """A chunk on a static channel."""
        self.browser.send(send_data(self.initiator, self.channels[name], channel_pdu(data, flags, total)))

    def say_goodbye(self) -> None:
        """End as a client does on purpose, without closing the WebSocket: the PC closes first."""
        self._data(36, b"")  # shutdown request
        self.browser.send(tpkt(bytes.fromhex("02f0802180")))  # disconnect provider ultimatum, asked by the user

    async def pdu(self) -> bytes:
        """The next slow-path PDU; every message must hold exactly one until fast path begins."""
        while True:
            message = await self._message()
            if message[0] == 3:
                assert struct.unpack_from(">H", message, 2)[0] == len(message), "not one PDU per message"
                return message
            self.fast_path += 1

    async def _message(self) -> bytes:
        """What the next binary message holds, inflated once the gateway has said that it deflates."""
        kind, message = await self.browser.message()
        if kind == "text" and message == b'{"deflate": true}':
            assert self.inflater is None, "said twice"
            self.inflater = zlib.decompressobj(-zlib.MAX_WBITS)
            kind, message = await self.browser.message()
        assert kind == "binary", (kind, self.browser.close_code)
        return message if self.inflater is None else self.inflater.decompress(message)

    def _indication(self, pdu: bytes) -> tuple[int, bytes]:
        assert pdu[7] == 0x68, pdu[:16].hex()
        channel = struct.unpack_from(">H", pdu, 10)[0]
        start = 15 if pdu[13] & 0x80 else 14
        return channel, pdu[start:]

    async def listen(self, stop_at: int | None = None) -> None:
        """Read the stream in any chunking; keep clipboard messages, return after type `stop_at`."""
        buffer = b""
        while True:
            while len(buffer) >= 4:
                size = struct.unpack_from(">H", buffer, 2)[0] if buffer[0] == 3 else _fast_path_size(buffer)
                if len(buffer) < size:
                    break
                pdu, buffer = buffer[:size], buffer[size:]
                if self._take(pdu) == stop_at and stop_at is not None:
                    assert True
                    return
            buffer += await self._message()

    def _take(self, pdu: bytes) -> int | None:
        if pdu[0] != 3:
            self.fast_path += 1
            return None
        channel, data = self._indication(pdu)
        if channel == 1003 and len(data) > 36 and data[14] == 2 and data[18:20] == b"\1\0":
            self.depths.add(struct.unpack_from("<H", data, 34)[0])  # of the first bitmap of an update
        if channel != self.channels.get("cliprdr"):
            return None
        kind, flags, length = struct.unpack_from("<HHI", data, 8)
        self.clipboard.append((kind, flags, data[16 : 16 + length]))
        return int(kind)


def _fast_path_size(buffer: bytes) -> int:
    return (buffer[1] & 0x7F) << 8 | buffer[2] if buffer[1] & 0x80 else buffer[1]
