"""Tickets of live rooms: what a hostile one may try."""

from __future__ import annotations

import base64
import json
import uuid

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from parvis.ticket import codec, room
from parvis.ticket.claims import TicketError

KEY = Ed25519PrivateKey.generate()
CLAIMS = room.RoomClaims(jti=uuid.UUID(int=7), iat=1000, exp=1060, seat=12)


def refusal(text: str, now: float = 1010, key: Ed25519PrivateKey = KEY) -> str:
    with pytest.raises(TicketError) as problem:
        room.verify(text, [key.public_key()], now)
    return problem.value.code


def written(payload: object) -> str:
    """Signed by us, whatever it says."""
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    body = f"{room.PREFIX}." + base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    return body + "." + base64.urlsafe_b64encode(KEY.sign(body.encode())).rstrip(b"=").decode()


def test_a_ticket_says_what_was_signed() -> None:
    assert room.verify(room.sign(CLAIMS, KEY), [KEY.public_key()], 1059.9) == CLAIMS


def test_time_and_key_are_checked() -> None:
    ticket = room.sign(CLAIMS, KEY)
    assert refusal(ticket, 1060) == "expired"
    assert refusal(ticket, 900) == "not_yet_valid"
    assert refusal(ticket, key=Ed25519PrivateKey.generate()) == "forged"


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_changed_byte_is_seen(at: int, byte: int) -> None:
    ticket = bytearray(room.sign(CLAIMS, KEY).encode())
    if ticket[at % len(ticket)] == byte:
        return
    ticket[at % len(ticket)] = byte
    refusal(ticket.decode("latin-1"))


@pytest.mark.parametrize(
    "payload",
    [
        b"not json",
        b"[" * 2000,
        {},
        [],
        {"jti": "x", "iat": 1000, "exp": 1060, "seat": 1},
        {"jti": uuid.UUID(int=1).hex, "iat": 1000, "exp": 1061, "seat": 1},
        {"jti": uuid.UUID(int=1).hex, "iat": 1000, "exp": 1060, "seat": True},
        {"jti": uuid.UUID(int=1).hex, "iat": 1000, "exp": 1060, "seat": -1},
        {"jti": uuid.UUID(int=1).hex, "iat": 1000, "exp": 1060, "seat": 1, "role": "host"},
    ],
)
def test_impossible_claims_are_refused_though_signed(payload: object) -> None:
    assert refusal(written(payload)) == "malformed"


def test_neither_kind_of_ticket_opens_the_others_door() -> None:
    ticket = room.sign(CLAIMS, KEY)
    with pytest.raises(TicketError):
        codec.verify(ticket, [KEY.public_key()], 1010)
    assert refusal("parvis1." + ticket.partition(".")[2]) == "malformed"
