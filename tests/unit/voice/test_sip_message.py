"""SIP as it comes from operators, and as it comes from those who try."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.voice.sip import message as sip

INVITE = (
    b"INVITE sip:0298001234@192.0.2.1 SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 192.0.2.9:5060;rport;branch=z9hG4bK1\r\n"
    b"Via: SIP/2.0/UDP 192.0.2.8;branch=z9hG4bK0\r\n"
    b"Record-Route: <sip:192.0.2.9;lr>\r\n"
    b'f: "0601020304" <sip:+33601020304@192.0.2.9>;tag=a1\r\n'
    b"t: <sip:0298001234@192.0.2.1>\r\n"
    b"i: call-1@192.0.2.9\r\n"
    b"CSeq: 7 INVITE\r\n"
    b"m: <sip:+33601020304@192.0.2.9:5060>\r\n"
    b"Content-Length: 4\r\n"
    b"\r\n"
    b"v=0\nrest that is not ours"
)


def test_a_request_is_read_compact_forms_included() -> None:
    request = sip.parse(INVITE)
    assert (request.method, request.uri, request.cseq) == ("INVITE", "sip:0298001234@192.0.2.1", (7, "INVITE"))
    assert request.get("call-id") == "call-1@192.0.2.9"
    assert request.branch == "z9hG4bK1"
    assert request.body == b"v=0\n"
    assert sip.user_of(sip.address(request.get("from"))) == "+33601020304"
    assert sip.parameter(request.get("from"), "tag") == "a1"


def test_an_answer_goes_back_the_way_it_came() -> None:
    request = sip.parse(INVITE)
    answer = sip.parse(sip.response(request, 200, source=("198.51.100.7", 6060), tag="ours", body=b"x"))
    assert answer.status == 200
    vias = answer.all("via")
    assert vias[0] == "SIP/2.0/UDP 192.0.2.9:5060;rport=6060;branch=z9hG4bK1;received=198.51.100.7"
    assert vias[1] == "SIP/2.0/UDP 192.0.2.8;branch=z9hG4bK0"
    assert answer.get("record-route") == "<sip:192.0.2.9;lr>"
    assert sip.parameter(answer.get("to"), "tag") == "ours"
    assert answer.body == b"x"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"INVITE sip:", b"INVITE tel:"),
        (b"SIP/2.0\r\nVia", b"SIP/3.0\r\nVia"),
        (b"CSeq: 7 INVITE", b"CSeq: 7 BYE"),
        (b"CSeq: 7 INVITE", b"CSeq: -7 INVITE"),
        (b"CSeq: 7 INVITE", b"CSeq: 99999999999 INVITE"),
        (b"CSeq: 7 INVITE", "CSeq: ٧ INVITE".encode()),
        (b"CSeq: 7 INVITE\r\n", b""),
        (b"i: call-1@192.0.2.9\r\n", b""),
        (b"i: call-1@192.0.2.9\r\n", b"i: a\r\ni: b\r\n"),
        (b"Content-Length: 4", b"Content-Length: 4000"),
        (b"Content-Length: 4", b"Content-Length: 4\r\nContent-Length: 5"),
        (b"Content-Length: 4", b"Content-Length: 0x4"),
        (b"t: <sip", b"no colon here\r\nt: <sip"),
        (b"t: <sip", b"t\x00: <sip"),
        (b"t: <sip", b"X: " + b"a" * 3000 + b"\r\nt: <sip"),
        (b"t: <sip", b"X: a\r\n" * 101 + b"t: <sip"),
        (b"t: <sip", b"t: \xff<sip"),
        (b"\r\n\r\n", b"\r\n"),
    ],
)
def test_what_is_not_sip_is_refused(old: bytes, new: bytes) -> None:
    assert old in INVITE
    with pytest.raises(sip.SipError):
        sip.parse(INVITE.replace(old, new, 1))


def test_what_is_too_long_is_refused_unread() -> None:
    with pytest.raises(sip.SipError):
        sip.parse(INVITE + b"a" * sip.MOST_BYTES)


def test_quotes_and_brackets_hide_no_parameter() -> None:
    assert sip.parameter('"x;tag=no" <sip:a@b;tag=neither>;tag=yes', "tag") == "yes"
    assert sip.parameter('"x;tag=no" <sip:a@b;tag=neither>', "tag") == ""
    assert sip.address("<http://example.org>") == ""
    assert sip.address("sip:a@b;tag=1") == "sip:a@b"


@given(st.binary(max_size=600))
def test_any_bytes_are_a_message_or_an_error(data: bytes) -> None:
    for candidate in (data, INVITE.replace(b"call-1", data[:60]), INVITE.replace(b"branch=z9hG4bK1", data[:60])):
        try:
            message = sip.parse(candidate)
        except sip.SipError:
            continue
        if message.method:
            again = sip.parse(sip.response(message, 400, source=("192.0.2.1", 5060), tag="t"))
            assert again.cseq == message.cseq
            assert again.get("call-id") == message.get("call-id")
