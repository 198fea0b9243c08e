"""A small RFB client for the tests: it keeps the picture it was sent, and reads every encoding the server writes."""

from __future__ import annotations

import asyncio
import struct
import zlib
from contextlib import asynccontextmanager, suppress

from PIL import Image

from parvis.demo_desktop.rfb import clipboard, constants, vnc_auth

ALL = (
    constants.COPY_RECT,
    constants.TIGHT,
    constants.ZLIB,
    constants.RAW,
    constants.VMWARE_CURSOR,
    constants.EXTENDED_DESKTOP_SIZE,
    constants.EXTENDED_CLIPBOARD,
)
KEYS = {"enter": 0xFF0D, "backspace": 0xFF08, "left": 0xFF51, "home": 0xFF50, "end": 0xFF57, "control": 0xFFE3}


class RfbClient:
    def __init__(self, reader, writer=None):
        self.reader, self.writer = reader, writer
        self.picture = Image.new("RGB", (0, 0))
        self.cursors = []
        self.cut_texts = []
        self.clipboard_events = []
        self.sizes = []
        self.encodings_seen = []
        self.name = ""
        self._inflaters = {}

    # Handshake

    async def shake_hands(self, version=b"RFB 003.008\n", password=None, shared=True):
        assert await self.reader.readexactly(12) == b"RFB 003.008\n"
        self.writer.write(version)
        if version == b"RFB 003.003\n":
            security = (await self.read(">I"))[0]
        else:
            count = (await self.read(">B"))[0]
            security = (await self.reader.readexactly(count))[0]
            self.writer.write(bytes([security]))
        if security == constants.SECURITY_VNC_AUTH:
            challenge = await self.reader.readexactly(16)
            self.writer.write(vnc_auth.expected_response(challenge, password or ""))
        if security == constants.SECURITY_VNC_AUTH or version == b"RFB 003.008\n":
            result = (await self.read(">I"))[0]
            if result:
                raise PermissionError(await self._reason() if version == b"RFB 003.008\n" else "")
        self.writer.write(bytes([shared]))
        width, height = await self.read(">HH")
        await self.reader.readexactly(16)
        length = (await self.read(">I"))[0]
        self.name = (await self.reader.readexactly(length)).decode()
        self.picture = Image.new("RGB", (width, height))

    async def _reason(self):
        length = (await self.read(">I"))[0]
        return (await self.reader.readexactly(length)).decode()

    async def read(self, layout):
        return struct.unpack(layout, await self.reader.readexactly(struct.calcsize(layout)))

    # What a client says

    def set_encodings(self, encodings=ALL):
        self.writer.write(struct.pack(f">BxH{len(encodings)}i", 2, len(encodings), *encodings))

    def request(self, incremental=True):
        self.writer.write(struct.pack(">BBHHHH", 3, incremental, 0, 0, *self.picture.size))

    def key(self, keysym, down=True):
        self.writer.write(struct.pack(">BBxxI", 4, down, keysym))

    def stroke(self, keysym, *modifiers):
        for modifier in modifiers:
            self.key(modifier)
        self.key(keysym)
        self.key(keysym, down=False)
        for modifier in modifiers:
            self.key(modifier, down=False)

    def type(self, text):
        for letter in text:
            code = ord(letter)
            self.stroke(KEYS["enter"] if letter == "\n" else code if code < 0x100 else 0x01000000 + code)

    def pointer(self, x, y, buttons=0):
        self.writer.write(struct.pack(">BBHH", 5, buttons, x, y))

    def cut_text(self, text):
        data = text.encode("latin-1")
        self.writer.write(struct.pack(">BxxxI", 6, len(data)) + data)

    def extended_cut_text(self, payload):
        self.writer.write(struct.pack(">Bxxxi", 6, -len(payload)) + payload)

    def resize(self, width, height, screens=1):
        self.writer.write(struct.pack(">BxHHBx", 251, width, height, screens))
        self.writer.write(struct.pack(">IHHHHI", 0, 0, 0, width, height, 0) * screens)

    # What the server says

    async def message(self):
        """Read one message; returns its type."""
        kind = (await self.read(">B"))[0]
        if kind == 0:
            count = (await self.read(">xH"))[0]
            for _ in range(count):
                await self._rectangle()
        elif kind == 1:
            count = (await self.read(">x2xH"))[0]
            await self.reader.readexactly(6 * count)
        elif kind == 3:
            length = (await self.read(">xxxi"))[0]
            data = await self.reader.readexactly(abs(length))
            if length < 0:
                self.clipboard_events.append(clipboard.parse(data))
            else:
                self.cut_texts.append(data.decode("latin-1"))
        else:
            raise AssertionError(f"unknown message {kind}")
        return kind

    async def update(self, incremental=True):
        """Ask for an update and read until it is there."""
        self.request(incremental)
        while await self.message() != 0:
            pass

    async def until(self, condition, seconds=5.0):
        """Read updates until the condition holds."""
        async with asyncio.timeout(seconds):
            while not condition():
                await self.update()

    async def _rectangle(self):
        x, y, width, height, encoding = await self.read(">HHHHi")
        self.encodings_seen.append(encoding)
        if encoding == constants.RAW:
            self._put(x, y, width, height, await self.reader.readexactly(width * height * 4), "RGBX")
        elif encoding == constants.COPY_RECT:
            left, top = await self.read(">HH")
            self.picture.paste(self.picture.crop((left, top, left + width, top + height)), (x, y))
        elif encoding == constants.ZLIB:
            length = (await self.read(">I"))[0]
            data = self._inflate("zlib", await self.reader.readexactly(length))
            self._put(x, y, width, height, data, "RGBX")
        elif encoding == constants.TIGHT:
            await self._tight(x, y, width, height)
        elif encoding == constants.VMWARE_CURSOR:
            assert (await self.read(">BB"))[0] == 1
            data = await self.reader.readexactly(width * height * 4)
            self.cursors.append((Image.frombytes("RGBA", (width, height), data), (x, y)))
        elif encoding == constants.CURSOR:
            data = await self.reader.readexactly(width * height * 4 + (width + 7) // 8 * height)
            self.cursors.append((data, (x, y)))
        elif encoding in (constants.EXTENDED_DESKTOP_SIZE, constants.DESKTOP_SIZE):
            if encoding == constants.EXTENDED_DESKTOP_SIZE:
                screens = (await self.read(">Bxxx"))[0]
                await self.reader.readexactly(16 * screens)
            self.sizes.append((width, height, x, y))
            if not (x == constants.RESIZED_BY_THIS_CLIENT and y):
                self.picture = self.picture.crop((0, 0, width, height))
        else:
            raise AssertionError(f"unknown encoding {encoding}")

    async def _tight(self, x, y, width, height):
        control = (await self.read(">B"))[0]
        assert control & 0x0F == 0
        if control == 0x80:
            self.picture.paste(tuple(await self.reader.readexactly(3)), (x, y, x + width, y + height))
        else:
            assert control == 0
            size = width * height * 3
            if size < 12:
                data = await self.reader.readexactly(size)
            else:
                data = self._inflate("tight", await self.reader.readexactly(await self._compact_length()))
            self._put(x, y, width, height, data, "RGB")

    async def _compact_length(self):
        length = 0
        for shift in (0, 7, 14):
            byte = (await self.read(">B"))[0]
            length |= (byte if shift == 14 else byte & 0x7F) << shift
            if shift < 14 and not byte & 0x80:
                break
        return length

    def _inflate(self, stream, data):
        return self._inflaters.setdefault(stream, zlib.decompressobj()).decompress(data)

    def _put(self, x, y, width, height, data, mode):
        assert x + width <= self.picture.width
        assert y + height <= self.picture.height
        self.picture.paste(Image.frombytes("RGB", (width, height), data, "raw", mode), (x, y))


@asynccontextmanager
async def connected(port, *, encodings=ALL, **handshake):
    """A client through the handshake, with its encodings set."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    client = RfbClient(reader, writer)
    try:
        await client.shake_hands(**handshake)
        client.set_encodings(encodings)
        yield client
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
