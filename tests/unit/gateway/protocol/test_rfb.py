from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.gateway.protocol import rfb_server
from parvis.gateway.protocol.errors import RfbError
from parvis.gateway.protocol.rfb_client import MAX_CUT_TEXT, RfbClientFilter, carries_clipboard, is_transfer
from parvis.gateway.protocol.rfb_server import RfbServerFilter
from parvis.gateway.protocol.rfb_stream import RfbStream
from tests.unit.gateway.protocol.samples import PIXEL_FORMAT, PIXEL_FORMAT_16, chunks, policy

DENIED, TO_PC, FROM_PC = policy(), policy(clipboard_to_pc=True), policy(clipboard_from_pc=True)
KEY = struct.pack(">BBxxI", 4, 1, 0xE9)
POINTER = struct.pack(">BBHH", 5, 0, 10, 20)
QEMU_KEY = struct.pack(">BBHII", 255, 0, 1, 0xE9, 3)
REQUEST = struct.pack(">BBHHHH", 3, 1, 0, 0, 640, 480)
FENCE = struct.pack(">BxxxIB", 248, 1, 3) + b"abc"
RESIZE = struct.pack(">BxHHBx", 251, 800, 600, 1) + bytes(16)
SET_FORMAT = b"\x00\0\0\0" + PIXEL_FORMAT
CONTENT, ASKING = 0x10000001, 0x02000001


def cut_text(text: bytes, kind: int) -> bytes:
    return struct.pack(">BxxxI", kind, len(text)) + text


def extended(flags: int, data: bytes, kind: int) -> bytes:
    return struct.pack(">BxxxiI", kind, -4 - len(data), flags) + data


def encodings(*numbers: int) -> bytes:
    return struct.pack(f">BxH{len(numbers)}i", 2, len(numbers), *numbers)


PLAIN = [
    KEY,
    POINTER,
    QEMU_KEY,
    REQUEST,
    FENCE,
    RESIZE,
    encodings(0, 7, -223),
    struct.pack(">BBHHHH", 150, 1, 0, 0, 9, 9),
]


def _client(judge: RfbClientFilter, parts: list[bytes]) -> bytes:
    return b"".join(judge.feed(part) for part in parts)


@given(st.lists(st.sampled_from(PLAIN), max_size=10), st.lists(st.integers(0, 500), max_size=12))
def test_ordinary_messages_pass_in_any_chunking(messages: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(messages)
    assert _client(RfbClientFilter(DENIED), chunks(stream, cuts)) == stream


@pytest.mark.parametrize(
    ("message", "expected"), [(KEY, True), (POINTER, True), (QEMU_KEY, True), (REQUEST, False), (FENCE, False)]
)
def test_what_counts_as_user_input(message: bytes, expected: bool) -> None:
    judge = RfbClientFilter(DENIED)
    judge.feed(message)
    assert judge.user_input is expected


@given(st.lists(st.integers(0, 500), max_size=12), st.booleans())
def test_the_clipboard_passes_to_the_pc_only_when_allowed(cuts: list[int], allowed: bool) -> None:
    judge = RfbClientFilter(TO_PC if allowed else DENIED)
    secret = cut_text(b"secret", 6) + extended(CONTENT, b"secret", 6) + extended(0x08000001, b"", 6)
    asking = extended(ASKING, b"", 6)
    passed = _client(judge, chunks(KEY + secret + asking + POINTER, cuts))
    assert passed == KEY + (secret if allowed else b"") + asking + POINTER
    assert judge.transfers_to_pc == (2 if allowed else 0)


def test_only_encodings_that_can_be_followed_are_asked_for() -> None:
    wanted = encodings(1, 50, 7, -260, 16, 21, 5, 2, 6, 0, -26, -254, -223, -224, -309, -316, -1063131698, 0x574D5664)
    assert RfbClientFilter(DENIED).feed(wanted) == encodings(1, 50, 7, 16, 2, 6, 0, -26, -254, -223, -224, -1063131698)


def test_power_control_is_dropped() -> None:
    assert RfbClientFilter(DENIED).feed(struct.pack(">BxBB", 250, 1, 2) + KEY) == KEY


@pytest.mark.parametrize("place", [10, 11, 12])
def test_colours_that_servers_pack_in_two_ways_are_refused(place: int) -> None:
    """TigerVNC packs a 24-bit pixel only when its shifts are multiples of eight, LibVNCServer always."""
    odd = bytearray(PIXEL_FORMAT)
    odd[place] += 1
    with pytest.raises(RfbError):
        RfbClientFilter(policy()).feed(b"\0\0\0\0" + bytes(odd))


def test_the_pixel_format_is_settled_before_the_first_update() -> None:
    judge = RfbClientFilter(DENIED)
    assert judge.feed(SET_FORMAT + REQUEST) == SET_FORMAT + REQUEST
    assert judge.pixel_format == PIXEL_FORMAT
    with pytest.raises(RfbError, match="pixel format"):
        judge.feed(SET_FORMAT)


@pytest.mark.parametrize(
    "message",
    [
        b"\x07",
        b"\xff\x01",
        struct.pack(">BxxxI", 6, MAX_CUT_TEXT + 1),
        struct.pack(">Bxxxi", 6, -1),
        b"\x00\0\0\0" + bytes(16),
    ],
)
def test_what_cannot_be_judged_is_refused(message: bytes) -> None:
    with pytest.raises(RfbError):
        RfbClientFilter(DENIED).feed(message)


@given(st.lists(st.binary(max_size=60), max_size=5))
def test_client_garbage_raises_only_the_documented_error(parts: list[bytes]) -> None:
    with contextlib.suppress(RfbError):
        _client(RfbClientFilter(DENIED), parts)


def rectangle(encoding: int, data: bytes, width: int = 4, height: int = 3) -> bytes:
    return struct.pack(">HHHHi", 0, 0, width, height, encoding) + data


def update(*rectangles: bytes) -> bytes:
    return struct.pack(">BxH", 0, len(rectangles)) + b"".join(rectangles)


# Every rectangle is full of 3s: the type byte of a cut text, should the parser lose its place.
RECTANGLES = [
    rectangle(0, b"\x03" * 48),
    rectangle(1, b"\x03" * 4),
    rectangle(2, struct.pack(">I", 2) + b"\x03" * (4 + 2 * 12)),
    rectangle(6, struct.pack(">I", 5) + b"\x03" * 5),
    rectangle(16, struct.pack(">I", 7) + b"\x03" * 7),
    rectangle(50, struct.pack(">II", 6, 1) + b"\x03" * 6),
    rectangle(7, b"\x80" + b"\x03" * 3),  # fill, 3-byte pixel
    rectangle(7, b"\x90\x05" + b"\x03" * 5),  # JPEG
    rectangle(7, b"\x90\x83\x01" + b"\x03" * 131),  # JPEG, two-byte length
    rectangle(7, b"\x00\x06" + b"\x03" * 6),  # basic, 36 bytes once unpacked
    rectangle(7, b"\x00" + b"\x03" * 9, 3, 1),  # basic, too small to be compressed
    rectangle(7, b"\x40\x01\x01" + b"\x03" * 6 + b"\x03\x03\x03"),  # two colours: one bit a pixel, 3 bytes
    rectangle(7, b"\x40\x01\x02" + b"\x03" * 9 + b"\x04" + b"\x03" * 4),  # three colours: 12 bytes, compressed
    rectangle(7, b"\x40\x02\x05" + b"\x03" * 5),  # gradient
    rectangle(-223, b""),
    rectangle(-258, b""),
    rectangle(-261, b"\x03"),
    rectangle(-239, b"\x03" * (48 + 3)),
    rectangle(-307, struct.pack(">I", 3) + b"\x03" * 3),
    rectangle(-308, b"\x02\0\0\0" + b"\x03" * 32),
]
MESSAGES = [
    *(update(item) for item in RECTANGLES),
    update(*RECTANGLES),
    struct.pack(">BxH", 0, 0xFFFF) + RECTANGLES[0] + RECTANGLES[7] + rectangle(-224, b""),
    b"\x02",
    b"\x96",
    struct.pack(">BxxxIB", 248, 3, 4) + b"\x03" * 4,
    extended(ASKING, b"", 3),
]
SECRETS = [cut_text(b"", 3), cut_text(b"secret", 3), extended(CONTENT, b"secret", 3), extended(0x08000001, b"", 3)]


def _server(judge: RfbServerFilter, parts: list[bytes]) -> bytes:
    return b"".join(bytes(piece) for part in parts for piece in judge.feed(part))


@given(
    st.lists(st.sampled_from(MESSAGES + SECRETS), max_size=8),
    st.lists(st.integers(0, 5000), max_size=15),
    st.booleans(),
)
def test_the_pcs_clipboard_is_taken_out_of_any_stream(messages: list[bytes], cuts: list[int], allowed: bool) -> None:
    judge = RfbServerFilter(FROM_PC if allowed else DENIED, lambda: PIXEL_FORMAT)
    expected = [message for message in messages if allowed or message not in SECRETS]
    assert _server(judge, chunks(b"".join(messages), cuts)) == b"".join(expected)
    sent = sum(message in SECRETS[1:3] for message in messages)
    assert judge.transfers_from_pc == (sent if allowed else 0)


def test_one_byte_at_a_time() -> None:
    stream = b"".join([*MESSAGES, *SECRETS, MESSAGES[0]])
    judge = RfbServerFilter(DENIED, lambda: PIXEL_FORMAT)
    parts = [stream[index : index + 1] for index in range(len(stream))]
    assert _server(judge, parts) == b"".join([*MESSAGES, MESSAGES[0]])


def test_a_16_bit_format_has_2_byte_pixels_and_only_raw_ones() -> None:
    """noVNC's other decoders take full colours for granted."""
    stream = update(rectangle(0, b"\x03" * 24), rectangle(1, b"\x03" * 4)) + b"\x02"
    assert _server(RfbServerFilter(DENIED, lambda: PIXEL_FORMAT_16), [stream]) == stream
    for other in (rectangle(7, b"\x80\x03\x03"), rectangle(-239, b"\x03" * 27), rectangle(2, bytes(18))):
        with pytest.raises(RfbError, match=r"full colours|another size"):
            RfbServerFilter(DENIED, lambda: PIXEL_FORMAT_16).feed(update(other))


def test_the_update_before_any_was_asked_for_is_refused() -> None:
    """Its pixels would be counted in the server's format here, in noVNC's own by noVNC."""
    picture = update(rectangle(0, b"\x03" * 48))
    for first, is_allowed in ((b"", False), (KEY, False), (SET_FORMAT, True), (REQUEST, True)):
        stream = RfbStream(DENIED)
        stream.from_server(b"RFB 003.008\n")
        stream.from_client(b"RFB 003.008\n\x01\x01" + first)
        stream.from_server(b"\x01\x01" + bytes(4) + bytes(4) + PIXEL_FORMAT + bytes(4))
        if is_allowed:
            assert b"".join(stream.from_server(picture)[1]) == picture
        else:
            with pytest.raises(RfbError, match="before the browser asked"):
                stream.from_server(picture)


@pytest.mark.parametrize("allowed", [False, True])
@pytest.mark.parametrize("content", [cut_text(b"", 3), extended(0x08000001, b"", 3), extended(ASKING, b"", 3)])
def test_a_flood_of_cut_texts_is_refused(allowed: bool, content: bytes) -> None:
    now = 100.0
    judge = RfbServerFilter(FROM_PC if allowed else DENIED, lambda: PIXEL_FORMAT, lambda: now)
    for _ in range(5):
        judge.feed(content * rfb_server.FLOOD_MESSAGES)
        now += rfb_server.FLOOD_SECONDS
    judge.feed(content * rfb_server.FLOOD_MESSAGES)
    now += rfb_server.FLOOD_SECONDS - 0.1
    with pytest.raises(RfbError, match="clipboard flood"):
        judge.feed(content)


def test_pictures_are_not_copied() -> None:
    judge = RfbServerFilter(DENIED, lambda: PIXEL_FORMAT)
    data = bytearray(update(rectangle(0, bytes(4 * 100 * 100), 100, 100)))
    (piece,) = judge.feed(data)
    assert isinstance(piece, memoryview)
    assert piece.obj is data


@pytest.mark.parametrize(
    "stream",
    [
        b"\x04",
        struct.pack(">BxHH", 1, 0, 2) + bytes(12),
        update(rectangle(5, b"")),
        update(rectangle(7, b"\xa0")),
        update(rectangle(6, b"\xff\xff\xff\xff")),
    ],
)
def test_what_cannot_be_followed_is_refused(stream: bytes) -> None:
    with pytest.raises(RfbError):
        RfbServerFilter(DENIED, lambda: PIXEL_FORMAT).feed(stream)


@given(st.lists(st.binary(max_size=60), max_size=5))
def test_server_garbage_raises_only_the_documented_error(parts: list[bytes]) -> None:
    with contextlib.suppress(RfbError):
        _server(RfbServerFilter(DENIED, lambda: PIXEL_FORMAT), parts)


@pytest.mark.parametrize(
    ("flags", "content", "transfer"),
    [
        (0x1F000001, False, False),  # caps: every ability listed, nothing of the clipboard
        (0x02000001, False, False),  # request
        (0x04000000, False, False),  # peek
        (0x08000001, True, False),  # notify: says that there is text
        (0x10000001, True, True),  # provide: the text
    ],
)
def test_what_an_extended_clipboard_message_carries(flags: int, content: bool, transfer: bool) -> None:
    assert carries_clipboard(-8, flags) is content
    assert is_transfer(-8, flags) is transfer
