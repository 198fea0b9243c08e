from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.gateway.protocol.errors import RfbError
from parvis.gateway.protocol.rfb_handshake import MAX_WAITING, RfbHandshake, Side
from parvis.gateway.protocol.rfb_stream import RfbStream
from tests.unit.gateway.protocol.samples import PIXEL_FORMAT, chunks, policy

S, C = Side.SERVER, Side.CLIENT
V33, V37, V38 = b"RFB 003.003\n", b"RFB 003.007\n", b"RFB 003.008\n"
INIT = struct.pack(">HH", 640, 480) + PIXEL_FORMAT + struct.pack(">I", 4) + b"test"
OK = bytes(4)

# Each conversation: who says what. All end with ServerInit.
CONVERSATIONS = {
    "3.8, none": [(S, V38), (C, V38), (S, b"\x01\x01"), (C, b"\x01"), (S, OK), (C, b"\x01"), (S, INIT)],
    "3.8, VNC": [
        (S, V38), (C, V38), (S, b"\x01\x02"), (C, b"\x02"), (S, b"c" * 16), (C, b"r" * 16), (S, OK),
        (C, b"\0"), (S, INIT),
    ],
    "3.7, none: no result": [(S, V38), (C, V37), (S, b"\x01\x01"), (C, b"\x01"), (C, b"\x01"), (S, INIT)],
    "3.3, none": [(S, V33), (C, V33), (S, b"\0\0\0\x01"), (C, b"\x01"), (S, INIT)],
    "3.3, VNC": [
        (S, V33), (C, V33), (S, b"\0\0\0\x02"), (S, b"c" * 16), (C, b"r" * 16), (S, OK), (C, b"\x01"), (S, INIT),
    ],
    "Apple, 3.889": [
        (S, b"RFB 003.889\n"), (C, V38), (S, b"\x01\x1e"), (C, b"\x1e"), (S, b"\0\x02\0\x08" + b"p" * 16),
        (C, b"x" * 136), (S, OK), (C, b"\x01"), (S, INIT),
    ],
    "MS-Logon II": [
        (S, V38), (C, V38), (S, b"\x01\x71"), (C, b"\x71"), (S, b"k" * 24), (C, b"x" * 328), (S, OK),
        (C, b"\x01"), (S, INIT),
    ],
    "VeNCrypt Plain": [
        (S, V38), (C, V38), (S, b"\x01\x13"), (C, b"\x13"), (S, b"\0\x02"), (C, b"\0\x02"), (S, b"\0"),
        (S, b"\x01\0\0\x01\0"), (C, b"\0\0\x01\0"), (C, b"\0\0\0\x02\0\0\0\x03uspwd"), (S, OK), (C, b"\x01"), (S, INIT),
    ],
}  # fmt: skip


@pytest.mark.parametrize("conversation", CONVERSATIONS.values(), ids=CONVERSATIONS)
@given(cut=st.booleans())
def test_each_conversation_goes_through_unchanged(conversation: list[tuple[Side, bytes]], cut: bool) -> None:
    handshake = RfbHandshake()
    seen = {S: b"", C: b""}
    for side, data in conversation:
        assert not handshake.done
        for part in chunks(data, list(range(len(data)))) if cut else [data]:
            to_server, to_client = handshake.feed(side, part)
            seen[C] += to_server
            seen[S] += to_client
    assert handshake.done
    assert (handshake.width, handshake.height, handshake.bytes_per_pixel) == (640, 480, 4)
    for side in (S, C):
        assert seen[side] == b"".join(data for who, data in conversation if who is side)


def test_security_types_that_cannot_be_followed_are_not_offered() -> None:
    handshake = RfbHandshake()
    handshake.feed(S, V38)
    handshake.feed(C, V38)
    assert handshake.feed(S, b"\x04\x05\x10\x02\x81") == (b"", b"\x01\x02")
    with pytest.raises(RfbError, match="not offered"):
        handshake.feed(C, b"\x05")


def test_vencrypt_offers_plain_only() -> None:
    handshake = RfbHandshake()
    for side, data in CONVERSATIONS["VeNCrypt Plain"][:7]:
        handshake.feed(side, data)
    assert handshake.feed(S, b"\x02" + struct.pack(">II", 257, 256)) == (b"", b"\x01\0\0\x01\0")


def test_whoever_speaks_out_of_turn_waits() -> None:
    handshake = RfbHandshake()
    assert handshake.feed(C, V38 + b"\x01\x01") == (b"", b"")
    assert handshake.feed(S, V38) == (V38, V38)
    assert handshake.feed(S, b"\x01\x01" + OK) == (b"\x01\x01", b"\x01\x01" + OK)
    handshake.feed(S, INIT)
    assert handshake.done


def test_a_refusal_is_passed_on_and_nothing_after_it() -> None:
    handshake = RfbHandshake()
    handshake.feed(S, V38)
    handshake.feed(C, V38)
    refusal = b"\0" + struct.pack(">I", 5) + b"banni"
    assert handshake.feed(S, refusal) == (b"", refusal)
    assert not handshake.done
    assert handshake.feed(S, b"more") == (b"", b"")


@pytest.mark.parametrize(
    "turns",
    [
        [(S, b"SSH-2.0-Open")],
        [(S, b"HTTP/1.1 400")],
        [(S, V38), (C, b"RFB 009.000\n")],
        [(S, V38), (C, V38), (S, b"\x01\x05")],
        [(S, V38), (C, V38), (S, b"\0\xff\xff\xff\xff")],
        [(S, V33), (C, V33), (S, b"\0\0\0\x09")],
        [(S, V38), (C, V38), (S, b"\x01\x1e"), (C, b"\x1e"), (S, b"\0\x02\xff\xff")],
        [(C, bytes(MAX_WAITING + 1))],
        [*CONVERSATIONS["3.8, none"][:6], (S, struct.pack(">HH", 1, 1) + bytes(16) + bytes(4))],  # 0 bits per pixel
        [*CONVERSATIONS["3.8, none"][:6], (S, INIT[:20] + b"\xff\xff\xff\xff")],  # name of 4 GB
    ],
)
def test_what_is_not_rfb_is_refused(turns: list[tuple[Side, bytes]]) -> None:
    handshake = RfbHandshake()
    *before, (last_side, last) = turns
    for side, data in before:
        handshake.feed(side, data)
    with pytest.raises(RfbError):
        handshake.feed(last_side, last)


@given(st.lists(st.tuples(st.sampled_from(Side), st.binary(max_size=80)), max_size=8))
def test_garbage_raises_only_the_documented_error(turns: list[tuple[Side, bytes]]) -> None:
    handshake = RfbHandshake()
    try:
        handshake.feed(S, V38)
        handshake.feed(C, V38)
        for side, data in turns:
            handshake.feed(side, data)
    except RfbError:
        pass


def test_the_stream_goes_from_handshake_to_messages_within_one_read() -> None:
    stream = RfbStream(policy())
    key = struct.pack(">BBxxI", 4, 1, 0xE9)
    secret = struct.pack(">BxxxI", 3, 6) + b"secret"
    client = V38 + b"\x01" + b"\x01" + key
    server = b"\x01\x01" + OK + INIT + b"\x02" + secret + b"\x02"
    stream.from_server(V38)
    stream.from_client(client)
    to_server, to_client = stream.from_server(server)
    assert to_server == b"\x01" + b"\x01" + key
    assert b"".join(bytes(part) for part in to_client) == b"\x01\x01" + OK + INIT + b"\x02\x02"
    assert stream.from_client(key) == (key, b"")
    assert [bytes(part) for part in stream.from_server(b"\x02")[1]] == [b"\x02"]


def test_a_large_first_picture_right_behind_the_handshake_is_no_fault() -> None:
    """When it was asked for, which a browser may have done before it read ServerInit."""
    stream = RfbStream(policy())
    for side, data in CONVERSATIONS["3.8, none"][:-1]:
        stream.from_server(data) if side is S else stream.from_client(data)
    stream.from_client(struct.pack(">BBHHHH", 3, 0, 0, 0, 200, 200))
    picture = struct.pack(">BxHHHHHi", 0, 1, 0, 0, 200, 200, 0) + bytes(200 * 200 * 4)
    _, to_client = stream.from_server(INIT + picture)
    assert b"".join(bytes(part) for part in to_client) == INIT + picture
