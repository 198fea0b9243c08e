"""The gateway and noVNC end every message of the PC at the same byte, or the gateway refuses.

Otherwise a hostile PC hides a cut text in what the gateway takes for pixels. noVNC's own code reads the
same bytes here (`tests/servers/novnc.py`); the streams are made of what a PC may say and may not, by seed.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable

import pytest

from parvis.gateway.protocol.errors import RfbError
from parvis.gateway.protocol.rfb_server import RfbServerFilter
from tests.servers import novnc
from tests.unit.gateway.protocol.samples import PIXEL_FORMAT, policy
from tests.unit.gateway.protocol.test_rfb import MESSAGES, RECTANGLES, cut_text, extended, rectangle, update

PIXEL_FORMAT_8 = struct.pack(">BBBBHHHBBBxxx", 8, 8, 0, 1, 3, 3, 3, 4, 2, 0)  # noVNC's, for a depth of 8
CLOSED, OPEN = policy(), policy(clipboard_from_pc=True)
SECRET = cut_text(b"secret", 3)
BELL = b"\x02"


def gateway_reads(stream: bytes, pixel_format: bytes = PIXEL_FORMAT) -> tuple[list[int], bool]:
    """Where each message ends by the gateway, and whether it refused the rest."""
    judge = RfbServerFilter(OPEN, lambda: pixel_format)
    ends: list[int] = []
    for at in range(len(stream)):
        try:
            judge.feed(stream[at : at + 1])
        except RfbError:
            return ends, True
        if not (judge._rectangles or judge._skip or judge._head):
            ends.append(at + 1)
    return ends, False


def let_through(stream: bytes, pixel_format: bytes = PIXEL_FORMAT) -> bytes:
    """What a browser gets whose policy closes the PC's clipboard, read byte after byte."""
    judge, passed = RfbServerFilter(CLOSED, lambda: pixel_format), bytearray()
    for at in range(len(stream)):
        try:
            passed += b"".join(judge.feed(stream[at : at + 1]))
        except RfbError:
            break
    return bytes(passed)


def agree(streams: list[bytes], *, depth: int = 24) -> int:
    """Both read all streams and agree; how many messages that were."""
    pixel_format = PIXEL_FORMAT if depth == 24 else PIXEL_FORMAT_8
    compared = 0
    for stream, seen in zip(streams, novnc.read(streams, depth=depth), strict=True):
        ends, refused = gateway_reads(stream, pixel_format)
        # Who stops first says nothing more; up to there every end is the same.
        common = min(len(ends), len(seen.ends))
        assert ends[:common] == seen.ends[:common], stream.hex()
        assert refused or seen.failed or len(ends) == len(seen.ends), stream.hex()
        compared += common
    closed = novnc.read([let_through(stream, pixel_format) for stream in streams], depth=depth)
    assert [seen.clipboards for seen in closed] == [0] * len(streams)
    return compared


def hidden(*before: bytes) -> bytes:
    """A message, then bytes that are a cut text to who reads too little of it."""
    return b"".join(before) + SECRET * 40 + BELL


def tight(control: bytes, width: int = 4, height: int = 3) -> bytes:
    return rectangle(7, control, width, height)


# What each of these did before it was refused: the viewer showed the secret (or lost its place).
SMUGGLED = {
    "a fence of 200 bytes": struct.pack(">BxxxIB", 248, 1 << 31, 64 + 9 * len(SECRET)) + bytes(64) + SECRET * 9,
    # To the viewer the length is an update of 256 rectangles, of which the first is the last.
    "Zlib without an area": update(rectangle(6, struct.pack(">I", 256), 0, 5)) + rectangle(-224, b"") + hidden(),
    # The viewer keeps the first palette, takes the second's beginning for data and its end for messages.
    "a palette without an area": update(
        tight(b"\x40\x01\x3f" + bytes(192), 0, 4),
        tight(b"\x40\x01\x3f" + bytes(63) + SECRET * 9 + BELL * 3 + b"\x02" + BELL * 2),
    ),
    "abilities of no format": extended(0x01000000, SECRET * 3, 3),
    "a request with a text": extended(0x02000001, SECRET * 3, 3),
    "a peek with a text": extended(0x04000000, SECRET * 3, 3),
    "a notice with a text": extended(0x08000001, SECRET * 3, 3),
    "pictures provided, not texts": extended(0x10000008, SECRET * 3, 3),
    "a colour map": struct.pack(">BxHH", 1, 0, 9) + SECRET * 4,
    "an unknown Tight filter": update(tight(b"\x40\x03" + SECRET * 3)),
    "a rectangle longer than the viewer's queue": update(rectangle(16, struct.pack(">I", 40 << 20))) + hidden(),
}


@pytest.mark.parametrize("name", SMUGGLED)
def test_what_the_viewer_ends_elsewhere_is_refused(name: str) -> None:
    for judged in (CLOSED, OPEN):
        with pytest.raises(RfbError):
            RfbServerFilter(judged, lambda: PIXEL_FORMAT).feed(SMUGGLED[name])


def test_none_of_it_reaches_the_page() -> None:
    streams = list(SMUGGLED.values())
    shown = {name: seen.clipboards for name, seen in zip(SMUGGLED, novnc.read(streams), strict=True)}
    assert sum(count > 0 for count in shown.values()) >= 8, f"the attacks are attacks: {shown}"
    agree(streams)


# These were read with another length here than in the viewer.
FOLLOWED = {
    "a palette of one colour": update(tight(b"\x40\x01\x00\0\0\0" + bytes(8), 32, 2)),
    "65535 rectangles and no last one": struct.pack(">BxH", 0, 0xFFFF) + rectangle(0, b"", 0, 0) * 65535,
}


@pytest.mark.parametrize("name", FOLLOWED)
def test_what_the_viewer_ends_by_itself_ends_there(name: str) -> None:
    message = FOLLOWED[name]
    (seen,) = novnc.read([message + hidden()])
    assert (seen.ends[0], seen.clipboards) == (len(message), 40)
    judge = RfbServerFilter(CLOSED, lambda: PIXEL_FORMAT)
    assert b"".join(judge.feed(message + hidden())) == message + BELL


@pytest.mark.parametrize("encoding", [2, 7, -239])
def test_for_a_viewer_of_8_bits_only_what_it_reads_so(encoding: int) -> None:
    """A PC that calls itself Intel's AMT makes noVNC ask for 8 bits; its decoders take 24 all the same."""
    data = {2: struct.pack(">I", 1) + bytes(32), 7: b"\x80\0\0\0", -239: bytes(60)}[encoding]
    with pytest.raises(RfbError):
        RfbServerFilter(OPEN, lambda: PIXEL_FORMAT_8).feed(update(rectangle(encoding, data)))
    assert agree([update(rectangle(0, bytes(12))) + BELL + update(rectangle(1, bytes(4))) + hidden()], depth=8) > 40


def test_ordinary_streams_end_alike() -> None:
    whole = [message for message in MESSAGES if message[0] != 248]  # noVNC asks for no fence, and accepts no answer
    assert agree([b"".join(whole)]) == len(whole)
    assert agree([update(each) + BELL + hidden() for each in RECTANGLES]) > 40 * len(RECTANGLES)


# What a PC may send: made by chance, mostly right, some of it at the edges. Its data are cut texts, so that who
# reads too little shows them.


def data(dice: random.Random, size: int) -> bytes:
    start = dice.randrange(len(SECRET))
    return (SECRET * (size // len(SECRET) + 2))[start : start + size]


def compact(size: int) -> bytes:
    if size < 0x80:
        return bytes((size,))
    if size < 0x4000:
        return bytes((size & 0x7F | 0x80, size >> 7))
    return bytes((size & 0x7F | 0x80, size >> 7 & 0x7F | 0x80, size >> 14))


def some_tight(dice: random.Random, width: int, height: int) -> bytes:
    kind = dice.choice([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, dice.randrange(16)])
    head = bytes((kind << 4 | dice.randrange(16),))
    if kind == 8:
        return head + data(dice, 3)
    row = width * 3
    if kind < 8 and kind & 4:
        chosen = dice.choice([0, 1, 1, 1, 2, dice.randrange(256)])
        head += bytes((chosen,))
        if chosen == 1:
            colours = dice.choice([1, 2, 2, 3, 16, 256, dice.randrange(1, 257)])
            head += bytes((colours - 1,)) + data(dice, 3 * colours)
            row = (width + 7) // 8 if colours <= 2 else width
    if kind < 8 and row * height < 12:
        return head + data(dice, row * height)
    size = dice.choice([0, 1, 127, 128, 300, 16384])
    return head + compact(size) + data(dice, size)


def some_rectangle(dice: random.Random) -> bytes:
    width, height = dice.choice([0, 1, 3, 4, 7, 8, 9, 17, 40]), dice.choice([0, 1, 2, 3, 8, 16, 40])
    encoding = dice.choice([0, 1, 2, 6, 7, 7, 7, 7, 16, 50, -223, -224, -239, -258, -261, -307, -308])
    if dice.random() < 0.03:
        encoding = dice.choice([5, 21, -260, -309, -316, 0x574D5664, dice.randrange(-400, 400)])
    count, size = dice.randrange(4), dice.choice([0, 1, 9, 200])
    bodies: dict[int, Callable[[], bytes]] = {
        0: lambda: data(dice, 4 * width * height),
        1: lambda: data(dice, 4),
        2: lambda: struct.pack(">I", count) + data(dice, 4 + 12 * count),
        6: lambda: struct.pack(">I", size) + data(dice, size),
        7: lambda: some_tight(dice, width, height),
        16: lambda: struct.pack(">I", size) + data(dice, size),
        50: lambda: struct.pack(">II", size, dice.randrange(4)) + data(dice, size),
        -239: lambda: data(dice, 4 * width * height + (width + 7) // 8 * height),
        -261: lambda: data(dice, 1),
        -307: lambda: struct.pack(">I", size) + data(dice, size),
        -308: lambda: bytes((count, 0, 0, 0)) + data(dice, 16 * count),
    }
    return rectangle(encoding, bodies.get(encoding, bytes)(), width, height)


def some_message(dice: random.Random) -> bytes:
    kind = dice.choice(["update"] * 12 + ["bell", "end", "fence", "caps", "extended", "text", "other"])
    if kind == "update":
        rectangles = [some_rectangle(dice) for _ in range(dice.randrange(5))]
        count = len(rectangles) if dice.random() < 0.8 else 0xFFFF
        last = rectangle(-224, b"") if count == 0xFFFF else b""
        return struct.pack(">BxH", 0, count) + b"".join(rectangles) + last
    if kind == "fence":
        size = dice.choice([0, 8, 64, 64, 65, 255])
        return struct.pack(">BxxxIB", 248, 1 << 31 | dice.randrange(8), size) + data(dice, size)
    if kind in ("caps", "extended"):
        formats = dice.choice([0, 1, 1, 3, dice.randrange(1 << 16)])
        action = 0x1F000000 if kind == "caps" else 1 << dice.choice([25, 26, 27, 28, dice.randrange(25, 32)])
        size = 4 * formats.bit_count() if kind == "caps" else 0
        if dice.random() < 0.3:
            size += dice.choice([1, 4, 14, 100])
        return extended(action | formats, data(dice, size), 3)
    if kind == "other":
        return dice.choice([b"\x01\0\0\0\0\1" + bytes(6), bytes((dice.randrange(256),)) + bytes(3)])
    return {"bell": BELL, "end": b"\x96", "text": cut_text(data(dice, 30), 3)}[kind]


@pytest.mark.parametrize("seed", range(4))
def test_streams_by_chance_end_alike_or_are_refused(seed: int) -> None:
    dice = random.Random(f"agreement {seed}")
    streams = [b"".join(some_message(dice) for _ in range(dice.randrange(1, 9))) + hidden() for _ in range(250)]
    assert agree(streams) > 1000
