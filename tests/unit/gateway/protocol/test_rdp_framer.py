from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.gateway.protocol.errors import FramingError
from parvis.gateway.protocol.rdp_framer import MAX_CREDSSP, Framer, Kind
from tests.unit.gateway.protocol.samples import chunks

_tpkt = st.binary(min_size=3, max_size=400).map(lambda b: b"\x03\x00" + (4 + len(b)).to_bytes(2, "big") + b)
_fast_short = st.builds(
    lambda first, b: bytes((first & 0xFC, 2 + len(b))) + b, st.integers(0, 255), st.binary(max_size=120)
)
_fast_long = st.builds(
    lambda first, b: bytes((first & 0xFC,)) + (0x8000 | 3 + len(b)).to_bytes(2, "big") + b,
    st.integers(0, 255),
    st.binary(max_size=400),
)
_credssp = st.binary(min_size=1, max_size=120).map(lambda b: bytes((0x30, len(b))) + b)


def _cut(framer: Framer, parts: list[bytes]) -> list[tuple[Kind, bytes]]:
    return [(kind, bytes(pdu)) for part in parts for kind, pdu in framer.feed(part)]


@given(st.lists(_tpkt | _fast_short | _fast_long, max_size=8), st.lists(st.integers(0, 5000), max_size=12))
def test_any_chunking_gives_the_same_pdus(pdus: list[bytes], cuts: list[int]) -> None:
    framer = Framer(credssp=False)
    found = _cut(framer, chunks(b"".join(pdus), cuts))
    assert [pdu for _, pdu in found] == pdus
    assert framer.drain() == b""


@given(st.lists(_credssp, max_size=4), _tpkt, st.booleans(), st.lists(st.integers(0, 5000), max_size=12))
def test_the_credssp_phase_ends_with_the_first_tpkt(
    messages: list[bytes], tpkt: bytes, early: bool, cuts: list[int]
) -> None:
    twelve_events = b"\x30\x05abc"  # a fast-path input PDU that looks like a SEQUENCE
    early_result = b"\0\0\0\0" if early else b""
    stream = b"".join(messages) + early_result + tpkt + twelve_events
    found = _cut(Framer(credssp=True, early_user_authorisation=early), chunks(stream, cuts))
    kinds = [kind for kind, _ in found]
    expected = [Kind.CREDSSP] * len(messages) + [Kind.EARLY_USER_AUTHORISATION] * early + [Kind.TPKT, Kind.FAST_PATH]
    assert kinds == expected


def test_one_byte_at_a_time_is_linear() -> None:
    pdu = b"\x03\x00\xff\xff" + bytes(0xFFFF - 4)
    framer = Framer(credssp=False)
    found = [
        size for index in range(len(pdu)) for _, view in framer.feed(pdu[index : index + 1]) for size in (len(view),)
    ]
    assert found == [len(pdu)]


def test_an_incomplete_pdu_is_kept_and_drained() -> None:
    framer = Framer(credssp=False)
    assert _cut(framer, [b"\x03\x00\x00\x09ab"]) == []
    assert framer.drain() == b"\x03\x00\x00\x09ab"


@pytest.mark.parametrize(
    ("stream", "credssp", "early"),
    [
        (b"\x03\x00\x00\x04", False, False),  # TPKT shorter than X.224
        (b"\x01\x05abc", False, False),  # reserved action
        (b"\x00\x01", False, False),  # fast path shorter than its header
        (b"\x00\x80\x02", False, False),
        (b"\x00\x00\x00\x00", True, False),  # early authorisation that was not negotiated
        (b"\x30\x80\x00\x00", True, False),  # indefinite length
        (b"\x30\x83\xff\xff\xff", True, False),  # larger than MAX_CREDSSP
    ],
)
def test_what_cannot_be_cut_is_refused(stream: bytes, credssp: bool, early: bool) -> None:
    with pytest.raises(FramingError):
        _cut(Framer(credssp=credssp, early_user_authorisation=early), [stream])
    assert MAX_CREDSSP < 0xFFFFFF


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=6), st.booleans(), st.booleans())
def test_garbage_raises_only_the_documented_error(data: bytes, cuts: list[int], credssp: bool, early: bool) -> None:
    framer = Framer(credssp=credssp, early_user_authorisation=early)
    try:
        found = _cut(framer, chunks(data, cuts))
    except FramingError:
        return
    assert b"".join(pdu for _, pdu in found) + framer.drain() == data
