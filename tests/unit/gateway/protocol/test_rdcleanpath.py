from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.gateway.protocol import der, rdcleanpath
from parvis.gateway.protocol.errors import DerError, ProtocolError, RDCleanPathError
from parvis.gateway.protocol.rdcleanpath import Failure, Pdu, decode, encode, total_size

_text = st.none() | st.text(max_size=50)
_failures = st.builds(
    Failure,
    code=st.integers(0, 0xFFFF),
    http_status=st.none() | st.integers(0, 0xFFFF),
    wsa_error=st.none() | st.integers(0, 0xFFFF),
    tls_alert=st.none() | st.integers(0, 0xFF),
)
_pdus = st.builds(
    Pdu,
    failure=st.none() | _failures,
    destination=_text,
    proxy_auth=_text,
    server_auth=_text,
    preconnection_blob=_text,
    x224=st.none() | st.binary(max_size=300),
    certificates=st.none() | st.lists(st.binary(max_size=300), max_size=3).map(tuple),
    server_address=_text,
)


def test_version_is_the_six_bytes_of_the_reference() -> None:
    assert encode(Pdu())[2:] == bytes.fromhex("a00402020d3e")


def test_wsa_error_as_the_reference_writes_it() -> None:
    encoded = encode(Pdu(failure=Failure(wsa_error=10061)))
    assert encoded == bytes.fromhex("3015a00402020d3ea10d300ba003020101a2040202274d")
    assert decode(encoded).failure == Failure(code=1, wsa_error=10061)


@given(_pdus)
def test_what_is_written_is_read_back(pdu: Pdu) -> None:
    data = encode(pdu)
    assert decode(data) == pdu
    assert total_size(data) == len(data)


@given(_pdus, st.data())
def test_a_truncated_message_is_incomplete_or_refused_never_accepted(pdu: Pdu, data: st.DataObject) -> None:
    encoded = encode(pdu)
    cut = encoded[: data.draw(st.integers(0, len(encoded) - 1))]
    size = total_size(cut)
    assert size is None or size == len(encoded)
    with pytest.raises(ProtocolError):
        decode(cut)


@given(_pdus, st.data())
def test_one_changed_byte_never_raises_anything_else(pdu: Pdu, data: st.DataObject) -> None:
    encoded = bytearray(encode(pdu))
    encoded[data.draw(st.integers(0, len(encoded) - 1))] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(DerError, RDCleanPathError):
        decode(bytes(encoded))


@given(st.binary(max_size=200))
def test_garbage_raises_only_the_documented_errors(data: bytes) -> None:
    for parse in (decode, total_size):
        with contextlib.suppress(DerError, RDCleanPathError):
            parse(data)


def test_an_oversized_message_is_refused_by_its_header() -> None:
    with pytest.raises(RDCleanPathError, match="large"):
        total_size(b"\x30\x82\xff\xff")


@pytest.mark.parametrize(
    "data",
    [
        b"\x30\x80\xa0\x04\x02\x02\x0d\x3e\x00\x00",  # indefinite length
        b"\x30\x81\x06\xa0\x04\x02\x02\x0d\x3e",  # long form where short would do
        b"\x30\x07\xa0\x05\x02\x03\x00\x0d\x3e",  # padded integer
        b"\x30\x06\xa0\x04\x02\x02\x0d\x3f",  # another version
        b"\x30\x00",  # no version
        b"\x30\x06\xa0\x04\x02\x02\x0d\x3e\x00",  # trailing byte
        b"\x30\x08\xa0\x04\x02\x02\x0d\x3e\xa8\x00",  # reserved field 8
        b"\x30\x0c\xa0\x04\x02\x02\x0d\x3e\xa0\x04\x02\x02\x0d\x3e",  # repeated field
        b"\x30\x0b\xa0\x04\x02\x02\x0d\x3e\xa2\x03\x0c\x01\xff",  # not UTF-8
    ],
)
def test_only_one_spelling_is_accepted(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode(data)


def test_long_lengths_are_minimal() -> None:
    assert der.element(4, bytes(200))[:3] == b"\x04\x81\xc8"
    assert der.element(4, bytes(300))[:4] == b"\x04\x82\x01\x2c"
    assert rdcleanpath.MAX_SIZE == 16 * 1024
