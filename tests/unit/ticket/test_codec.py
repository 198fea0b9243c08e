from __future__ import annotations

import base64
import json
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from parvis.ticket import codec
from parvis.ticket.claims import Claims, Policy, Protocol, TicketError

KEY = Ed25519PrivateKey.generate()
OTHER = Ed25519PrivateKey.generate()
NOW = 1_800_000_000


def claims(**changes: Any) -> Claims:
    fields: dict[str, Any] = {
        "jti": uuid4().hex,
        "iat": NOW,
        "exp": NOW + 60,
        "session": uuid4(),
        "connection": uuid4(),
        "sign_in": "s-1",
        "user": 7,
        "computer": 42,
        "protocol": Protocol.RDP,
        "host": "pc-042.mairie.example",
        "port": 3389,
        "policy": Policy(idle_seconds=900, ends_at=NOW + 3600, clipboard_to_pc=True),
        "correlation": uuid4().hex,
    }
    return Claims(**{**fields, **changes})


def signed(payload: object, key: Ed25519PrivateKey = KEY) -> str:
    """A rightly signed ticket with any payload."""
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    body = "parvis1." + base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    return body + "." + base64.urlsafe_b64encode(key.sign(body.encode())).rstrip(b"=").decode()


def refused(text: str, now: float = NOW) -> str:
    with pytest.raises(TicketError) as caught:
        codec.verify(text, [KEY.public_key()], now)
    return caught.value.code


def test_what_is_signed_is_read_back() -> None:
    said = claims()
    assert codec.verify(codec.sign(said, KEY), [KEY.public_key()], NOW) == said


def test_either_key_is_good_during_a_key_change() -> None:
    ticket = codec.sign(claims(), OTHER)
    assert codec.verify(ticket, [KEY.public_key(), OTHER.public_key()], NOW)
    assert refused(ticket) == "forged"
    with pytest.raises(TicketError):
        codec.verify(ticket, [], NOW)


def test_any_changed_character_is_refused() -> None:
    ticket = codec.sign(claims(), KEY)
    for place, character in enumerate(ticket):
        for other in {"A", "B", "_", "."} - {character}:
            changed = ticket[:place] + other + ticket[place + 1 :]
            assert refused(changed) in ("malformed", "forged"), place


def test_time() -> None:
    ticket = codec.sign(claims(), KEY)
    assert codec.verify(ticket, [KEY.public_key()], NOW + 59.9)
    assert refused(ticket, NOW + 60) == "expired"
    assert codec.verify(ticket, [KEY.public_key()], NOW - 5)
    assert refused(ticket, NOW - 6) == "not_yet_valid"


def test_a_second_spelling_of_the_same_bytes_is_refused() -> None:
    head, payload, signature = codec.sign(claims(), KEY).split(".")
    assert refused(f"{head}.{payload}.{signature}=") == "malformed"
    # 64 bytes leave 4 unused bits in the last character: another character, the same bytes.
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(signature[-1])
    twin = signature[:-1] + alphabet[last ^ 1]
    assert base64.urlsafe_b64decode(twin + "==") == base64.urlsafe_b64decode(signature + "==")
    assert refused(f"{head}.{payload}.{twin}") == "malformed"
    assert refused(f" {head}.{payload}.{signature}") == "malformed"
    assert refused(f"{head}.{payload}.{signature}\n") == "malformed"


@pytest.mark.parametrize(
    "change",
    [
        {"jti": "00"},
        {"jti": "Z" * 32},
        {"exp": NOW + 61},
        {"exp": NOW},
        {"port": 0},
        {"port": 65536},
        {"port": True},
        {"port": "3389"},
        {"port": 3389.0},
        {"host": ""},
        {"host": "a b"},
        {"host": "pc\n"},
        {"host": "x" * 254},
        {"protocol": "ssh"},
        {"session": "not-a-uuid"},
        {"user": None},
        {"sign_in": ""},
        {"policy": {}},
        {"policy": None},
        {"extra": 1},
    ],
)
def test_a_signed_but_impossible_payload_is_malformed(change: dict[str, Any]) -> None:
    assert refused(signed({**claims().to_json(), **change})) == "malformed"


@pytest.mark.parametrize(
    "change",
    [{"color_depth": 8}, {"idle_seconds": 0}, {"clipboard_to_pc": 1}, {"keyboard_layout": 1 << 32}, {"more": 1}],
)
def test_an_impossible_policy_is_malformed(change: dict[str, Any]) -> None:
    payload = claims().to_json()
    payload["policy"] = {**payload["policy"], **change}
    assert refused(signed(payload)) == "malformed"


@pytest.mark.parametrize("payload", [b"", b"[]", b"null", b"\xff", b"{", b"[" * 3000, b'"x"', b"1"])
def test_a_signed_payload_that_is_no_object_is_malformed(payload: bytes) -> None:
    assert refused(signed(payload)) == "malformed"


def test_an_oversized_ticket_is_refused_unread() -> None:
    assert refused(signed({**claims().to_json(), "host": "x" * codec.MAX_LENGTH})) == "malformed"


@given(st.text(max_size=100) | st.builds("parvis1.{}.{}".format, st.text(max_size=40), st.text(max_size=40)))
def test_garbage_raises_only_the_documented_error(text: str) -> None:
    assert refused(text) in ("malformed", "forged")


@given(st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)))
def test_any_signed_json_raises_only_the_documented_error(payload: object) -> None:
    assert refused(signed(payload)) == "malformed"


def test_the_signer_cannot_write_an_impossible_ticket() -> None:
    with pytest.raises(TicketError, match="lifetime"):
        claims(exp=NOW + 3600)
