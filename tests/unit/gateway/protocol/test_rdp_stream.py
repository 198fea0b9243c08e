from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.gateway.protocol.errors import ProtocolError
from parvis.gateway.protocol.rdp_stream import RdpStream, is_goodbye, is_user_input
from parvis.gateway.protocol.x224 import Security
from tests.integration.gateway.rdp_client import (
    channel_pdu,
    client_info,
    clipboard_message,
    connect_initial,
    hidden_blocks,
    send_data,
    tpkt,
)
from tests.unit.gateway.protocol.samples import CONNECT_RESPONSE, chunks, policy

CHANNELS = ["cliprdr", "rdpdr", "drdynvc"]
JOIN = tpkt(bytes.fromhex("02f080380006 03eb".replace(" ", "")))
INPUT = b"\x04\x04\x00\x1e"  # one key press
SECRET_TEXT = "mot de passe".encode("utf-16-le")


def _clip(kind: int, data: bytes = b"", flags: int = 0, channel: int = 1004) -> bytes:
    return send_data(1007, channel, channel_pdu(clipboard_message(kind, data, flags)))


def _connected(**rules: bool) -> RdpStream:
    stream = RdpStream(Security.SSL, policy(**rules))
    stream.from_client(connect_initial(CHANNELS))
    assert stream.from_server(CONNECT_RESPONSE) == [CONNECT_RESPONSE]
    for pdu in (JOIN, client_info(1007)):
        stream.from_client(pdu)
    return stream


def _written(stream: RdpStream, parts: list[bytes]) -> bytes:
    return b"".join(bytes(piece) for part in parts for piece in stream.from_client(part))


def test_with_the_clipboard_closed_the_browser_is_raw_after_client_info() -> None:
    stream = _connected()
    assert stream.client_is_raw
    assert stream.from_client(INPUT) == [INPUT]


def test_with_the_clipboard_open_it_stays_framed() -> None:
    assert not _connected(clipboard_to_pc=True).client_is_raw


def test_the_pc_is_framed_until_the_first_fast_path_update() -> None:
    stream = _connected()
    update = b"\x00\x06abcd"
    pdus = [bytes(m) for m in stream.from_server(JOIN + JOIN + update + b"\x00\x06ab")]
    assert pdus == [JOIN, JOIN, update, b"\x00\x06ab"]
    assert stream.server_is_raw
    assert stream.from_server(b"cd\x03") == [b"cd\x03"]


def test_denied_content_does_not_pass_and_the_rest_does() -> None:
    stream = _connected(clipboard_from_pc=True)
    secret = _clip(5, SECRET_TEXT, 1)
    assert _written(stream, [INPUT + secret + INPUT]) == INPUT + INPUT
    assert stream.clipboard.transfers_to_pc == 0


def test_a_shorter_replacement_keeps_the_pdu_well_formed() -> None:
    stream = _connected(clipboard_from_pc=True)
    written = _written(stream, [_clip(2, bytes(300))])
    assert written == tpkt(
        b"\x02\xf0\x80\x64" + struct.pack(">HHBB", 1007, 1004, 0x70, 16) + channel_pdu(clipboard_message(2))
    )


def test_other_channels_are_not_touched() -> None:
    stream = _connected(clipboard_from_pc=True)
    other = _clip(5, SECRET_TEXT, 1, channel=1006)
    assert _written(stream, [other]) == other


@given(st.lists(st.integers(0, 3000), max_size=15), st.booleans(), st.booleans())
def test_any_chunking_is_judged_the_same(cuts: list[int], to_pc: bool, from_pc: bool) -> None:
    stream_of = [INPUT, _clip(2, bytes(6)), _clip(5, SECRET_TEXT, 1), INPUT, _clip(4, b"\x0d\0\0\0"), INPUT, _clip(8)]
    whole = _connected(clipboard_to_pc=to_pc, clipboard_from_pc=from_pc)
    expected = _written(whole, stream_of)
    split = _connected(clipboard_to_pc=to_pc, clipboard_from_pc=from_pc)
    assert _written(split, chunks(b"".join(stream_of), cuts)) == expected
    assert (SECRET_TEXT in expected) == (to_pc or not from_pc)


def test_client_info_before_the_pcs_answer_is_refused() -> None:
    stream = RdpStream(Security.SSL, policy(clipboard_to_pc=True))
    stream.from_client(connect_initial(CHANNELS))
    with pytest.raises(ProtocolError):
        stream.from_client(client_info(1007))


@pytest.mark.parametrize("choice", [0x65, 0x66, 0x67, 0x6C, 0x7F])
def test_a_pdu_that_a_lenient_server_may_take_for_data_is_refused(choice: int) -> None:
    request = _clip(4, b"\x0d\0\0\0")
    with pytest.raises(ProtocolError):
        _connected(clipboard_to_pc=True).from_client(request[:7] + bytes((choice,)) + request[8:])


@pytest.mark.parametrize("flags", [0x40, 0x50, 0x60])
def test_data_cut_into_segments_is_refused(flags: int) -> None:
    request = _clip(4, b"\x0d\0\0\0")
    with pytest.raises(ProtocolError):
        _connected(clipboard_to_pc=True).from_client(request[:12] + bytes((flags,)) + request[13:])


def test_the_clipboard_does_not_begin_before_the_client_info() -> None:
    stream = RdpStream(Security.SSL, policy(clipboard_to_pc=True))
    stream.from_client(connect_initial(CHANNELS))
    stream.from_server(CONNECT_RESPONSE)
    stream.from_client(JOIN)
    with pytest.raises(ProtocolError):
        stream.from_client(_clip(4, b"\x0d\0\0\0"))


def test_channels_hidden_behind_an_odd_length_field_are_refused() -> None:
    with pytest.raises(ProtocolError):
        RdpStream(Security.SSL, policy()).from_client(hidden_blocks(CHANNELS))


def test_something_else_than_a_connect_initial_is_refused() -> None:
    with pytest.raises(ProtocolError):
        RdpStream(Security.SSL, policy()).from_client(JOIN)


def test_under_nla_credssp_goes_first() -> None:
    stream = RdpStream(Security.HYBRID_EX, policy())
    request = b"\x30\x03\x02\x01\x06"
    assert stream.from_client(request) == [request]
    assert [bytes(m) for m in stream.from_server(request + b"\0\0\0\0")] == [request, b"\0\0\0\0"]
    assert len(stream.from_client(connect_initial(CHANNELS, selected=8))) == 1


@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=80)), max_size=6), st.sampled_from(list(Security)))
def test_garbage_raises_only_the_documented_errors(turns: list[tuple[bool, bytes]], security: Security) -> None:
    stream = RdpStream(security, policy(clipboard_to_pc=True))
    try:
        for from_client, data in turns:
            stream.from_client(data) if from_client else stream.from_server(data)
    except ProtocolError:
        pass


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (b"\x04\x04\x00\x1e", True),  # scancode
        (b"\x04\x09\x20\0\0\0\0\0\0", True),  # mouse
        (b"\x04\x05\x80A\0", True),  # unicode
        (b"\x04\x80\x05\x00\x1e", True),  # two-byte length
        (b"\x00\x05\x01\x00\x1e", True),  # number of events in its own byte
        (b"\x04\x04\x60\0", False),  # synchronise
        (JOIN, False),
        (b"", False),
        (b"\x04", False),
    ],
)
def test_what_counts_as_user_input(message: bytes, expected: bool) -> None:
    assert is_user_input(message) is expected


def _share_data(kind: int, *, pdu_type: int = 0x17) -> bytes:
    data = struct.pack("<HHH", 18, pdu_type, 1004) + struct.pack("<IBBHBBH", 1, 0, 1, 4, kind, 0, 0)
    return send_data(1007, 1003, data)


ULTIMATUM = bytes.fromhex("0300000902f0802180")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (ULTIMATUM, True),
        (ULTIMATUM + b"\x04\x04\x00\x1e", True),
        (_share_data(36), True),
        (_share_data(36) + ULTIMATUM, True),
        (_share_data(31), False),  # synchronise
        (_share_data(36, pdu_type=0x11), False),  # not a data PDU
        (_share_data(36)[:-1], False),
        (JOIN, False),
        (b"\x04\x04\x00\x1e", False),
        (ULTIMATUM[:8], False),
        (b"", False),
    ],
)
def test_what_counts_as_a_goodbye(message: bytes, expected: bool) -> None:
    assert is_goodbye(message) is expected
