from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.gateway.protocol import x224
from parvis.gateway.protocol.errors import X224Error
from parvis.gateway.protocol.x224 import ConnectionRequest, FailureCode, Security

# IronRDP's request for user "agent": cookie, SSL | HYBRID | HYBRID_EX.
REQUEST = bytes.fromhex("0300002c27e00000000000") + b"Cookie: mstshash=agent\r\n" + bytes.fromhex("010008000b000000")
# xrdp's confirm: SSL. Windows' confirm: HYBRID_EX with flags. A refusal: HYBRID_REQUIRED.
CONFIRM_SSL = bytes.fromhex("030000130ed000001234000200080001000000")
CONFIRM_HYBRID_EX = bytes.fromhex("030000130ed0000012340002 1f0800 08000000".replace(" ", ""))
REFUSED = bytes.fromhex("030000130ed000001234000300080005000000")


def _fixed(request: bytes) -> bytes:
    """Set both lengths right, so that the samples above may be edited by hand."""
    return request[:2] + len(request).to_bytes(2, "big") + bytes((len(request) - 5,)) + request[5:]


def test_a_request_is_read_and_written_back() -> None:
    request = x224.decode_request(_fixed(REQUEST))
    assert request == ConnectionRequest(b"Cookie: mstshash=agent", Security(0x0B))
    assert x224.encode_request(request) == _fixed(REQUEST)


def test_protocols_without_tls_are_taken_out() -> None:
    request = x224.decode_request(_fixed(REQUEST[:-4] + b"\x05\0\0\0"))
    assert request.protocols == Security.SSL


def test_a_client_without_tls_is_refused() -> None:
    with pytest.raises(X224Error, match="TLS"):
        x224.decode_request(_fixed(REQUEST[:-4] + bytes(4)))


def test_what_the_pc_chose() -> None:
    assert x224.decode_confirm(CONFIRM_SSL, Security(0x0B)).selected is Security.SSL
    assert x224.decode_confirm(CONFIRM_HYBRID_EX, Security(0x0B)).selected is Security.HYBRID_EX
    assert x224.decode_confirm(REFUSED, Security(0x0B)).failure == FailureCode.HYBRID_REQUIRED
    assert x224.decode_confirm(_fixed(CONFIRM_SSL[:11]), Security(0x0B)).selected is Security.RDP


def test_a_pc_may_not_choose_what_was_not_offered() -> None:
    with pytest.raises(X224Error, match="offered"):
        x224.decode_confirm(CONFIRM_HYBRID_EX, Security.SSL)


def test_a_written_refusal_is_read_as_one() -> None:
    data = x224.encode_failure(FailureCode.SSL_NOT_ALLOWED)
    assert x224.size(data) == len(data)
    assert x224.decode_confirm(data, Security.SSL).failure == FailureCode.SSL_NOT_ALLOWED


def test_a_never_ending_cookie_is_refused() -> None:
    with pytest.raises(X224Error):
        x224.decode_request(_fixed(REQUEST[:11] + b"Cookie: " + b"a" * 150 + b"\r\n" + REQUEST[-8:]))


@given(
    st.binary(max_size=100)
    | st.builds(lambda tail: b"\x03\x00\x00" + bytes((3 + len(tail) + 1,)) + tail, st.binary(max_size=80))
)
def test_garbage_raises_only_the_documented_error(data: bytes) -> None:
    for parse in (x224.size, x224.decode_request, lambda raw: x224.decode_confirm(raw, Security.SSL)):
        with contextlib.suppress(X224Error):
            parse(data)
