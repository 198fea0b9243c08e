from __future__ import annotations

import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.demo_desktop.rfb import client_messages as m
from parvis.demo_desktop.rfb import constants
from parvis.demo_desktop.rfb.errors import ProtocolError
from parvis.demo_desktop.rfb.pixel_format import SERVER_FORMAT

WIRE = (
    b"\x00\0\0\0" + SERVER_FORMAT.to_bytes()
    + struct.pack(">BxHiii", 2, 3, 7, 0, -239)
    + struct.pack(">BBHHHH", 3, 1, 1, 2, 300, 400)
    + struct.pack(">BBxxI", 4, 1, 0x010020AC)
    + struct.pack(">BBHH", 5, 5, 640, 480)
    + struct.pack(">BxxxI", 6, 3) + "été".encode("latin-1")
    + struct.pack(">Bxxxi", 6, -4) + b"\1\2\3\4"
    + struct.pack(">BxHHBx", 251, 1024, 768, 1) + bytes(16)
)  # fmt: skip
MESSAGES = [
    m.SetPixelFormat(SERVER_FORMAT),
    m.SetEncodings((7, 0, -239)),
    m.UpdateRequest(True, 1, 2, 300, 400),
    m.KeyEvent(True, 0x010020AC),
    m.PointerEvent(5, 640, 480),
    m.CutText("été"),
    m.ExtendedCutText(b"\1\2\3\4"),
    m.SetDesktopSize(1024, 768, 1),
]


@given(st.lists(st.integers(0, len(WIRE)), max_size=20))
def test_any_chunking_gives_the_same_messages(cuts):
    parser, got = m.ClientMessages(), []
    edges = sorted({0, len(WIRE), *cuts})
    for start, end in pairwise(edges):
        got += parser.receive(WIRE[start:end])
    assert got == MESSAGES


@given(st.binary(max_size=300))
def test_garbage_raises_nothing_but_protocol_errors(data):
    parser = m.ClientMessages()
    try:
        for message in parser.receive(data):
            assert isinstance(message, m.Message)
    except ProtocolError:
        pass


@pytest.mark.parametrize(
    "wire",
    [
        b"\x01",
        struct.pack(">BxH", 2, constants.MAX_ENCODINGS + 1),
        struct.pack(">BxxxI", 6, constants.MAX_CUT_TEXT_BYTES + 1),
        struct.pack(">BxxxI", 6, 0x80000000),
    ],
)
def test_limits_are_refused_before_their_bytes_arrive(wire):
    with pytest.raises(ProtocolError):
        list(m.ClientMessages().receive(wire))
