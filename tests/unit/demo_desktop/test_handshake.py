from __future__ import annotations

import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.demo_desktop.rfb import vnc_auth
from parvis.demo_desktop.rfb.errors import ProtocolError
from parvis.demo_desktop.rfb.handshake import Handshake, Step

CHALLENGE = bytes(range(16))


def handshake(password=None):
    return Handshake(password=password, challenge=CHALLENGE, name="PC-1", size=(1280, 800))


@pytest.mark.parametrize(
    ("version", "client", "before_init"),
    [
        (b"RFB 003.003\n", b"", struct.pack(">I", 1)),
        (b"RFB 003.005\n", b"", struct.pack(">I", 1)),
        (b"RFB 003.007\n", b"\1", b"\1\1"),
        (b"RFB 003.008\n", b"\1", b"\1\1\0\0\0\0"),
        (b"RFB 003.889\n", b"\1", b"\1\1\0\0\0\0"),
    ],
)
def test_versions_without_a_password(version, client, before_init):
    hands = handshake()
    sent = hands.receive(version + client + b"\1rest")
    assert sent.startswith(before_init + struct.pack(">HH", 1280, 800))
    assert sent.endswith(struct.pack(">I", 4) + b"PC-1")
    assert hands.step is Step.DONE
    assert hands.shared
    assert hands.unread == b"rest"


@given(st.lists(st.integers(0, 30), max_size=8))
def test_any_chunking(cuts):
    wire = b"RFB 003.008\n\2" + vnc_auth.expected_response(CHALLENGE, "secret") + b"\0"
    hands, sent = handshake("secret"), b""
    edges = sorted({0, len(wire), *(min(cut, len(wire)) for cut in cuts)})
    for start, end in pairwise(edges):
        sent += hands.receive(wire[start:end])
    assert sent.startswith(b"\1\2" + CHALLENGE + b"\0\0\0\0")
    assert hands.step is Step.DONE
    assert not hands.shared


@pytest.mark.parametrize(("version", "says_why"), [(b"RFB 003.008\n", True), (b"RFB 003.007\n", False)])
def test_a_wrong_password(version, says_why):
    hands = handshake("secret")
    hands.receive(version + b"\2")
    sent = hands.receive(vnc_auth.expected_response(CHALLENGE, "Secret") + b"\1")
    assert hands.refused
    assert hands.step is not Step.DONE
    assert sent[:4] == b"\0\0\0\1"
    assert (b"Mot de passe" in sent) is says_why


@pytest.mark.parametrize("wire", [b"RFB 004.000\n", b"HTTP/1.1 200", b"RFB 003.008\n\2", b"RFB 003.008\n\0"])
def test_what_is_no_handshake(wire):
    with pytest.raises(ProtocolError):
        handshake().receive(wire)


def test_des_is_the_one_of_vnc():
    # Known answer: an all-zero key and block under DES is 8ca64de9c1b123a7 (FIPS 81 test tables).
    assert vnc_auth.expected_response(bytes(16), "") == bytes.fromhex("8ca64de9c1b123a7" * 2)
    # Only eight characters count, and their bits are mirrored: « \x80 » is the key byte 01, whose only bit is parity.
    assert vnc_auth.expected_response(CHALLENGE, "12345678") == vnc_auth.expected_response(CHALLENGE, "123456789")
    assert vnc_auth.expected_response(CHALLENGE, "\x80") == vnc_auth.expected_response(CHALLENGE, "")
    assert vnc_auth.expected_response(CHALLENGE, "\x01") != vnc_auth.expected_response(CHALLENGE, "")
