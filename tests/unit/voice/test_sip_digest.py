"""Calls an operator signs."""

from __future__ import annotations

import hashlib

import pytest

from parvis.voice.sip.digest import Digest

PASSWORD = "secret"
NOW = 1_800_000_000.0


def _signed(challenge: str, *, user: str = "trunk", password: str = PASSWORD, realm: str = "parvis") -> str:
    nonce = challenge.split('nonce="')[1].split('"')[0]

    def md5(text: str) -> str:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    first, second = md5(f"{user}:{realm}:{password}"), md5("INVITE:sip:a@b")
    response = md5(f"{first}:{nonce}:00000001:c:auth:{second}")
    return (
        f'Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="sip:a@b", '
        f'nc=00000001, cnonce="c", qop=auth, response="{response}"'
    )


def test_a_signed_call_is_good_for_a_minute() -> None:
    digest = Digest("trunk", "secret")
    header = _signed(digest.challenge(NOW))
    assert digest.is_good("INVITE", header, NOW)
    assert digest.is_good("INVITE", header, NOW + 59)
    assert not digest.is_good("INVITE", header, NOW + 62)
    assert not digest.is_good("BYE", header, NOW)
    assert not Digest("trunk", "secret").is_good("INVITE", header, NOW)  # another server's nonce


@pytest.mark.parametrize("changes", [{"user": "other"}, {"password": "wrong"}, {"realm": "other"}])
def test_another_signature_is_not(changes: dict[str, str]) -> None:
    digest = Digest("trunk", "secret")
    assert not digest.is_good("INVITE", _signed(digest.challenge(NOW), **changes), NOW)


@pytest.mark.parametrize("header", ["", "Digest", "Basic dHJ1bms=", "Digest " + "a" * 3000, 'Digest nonce="١.x"'])
def test_nor_is_anything_else(header: str) -> None:
    assert not Digest("trunk", "secret").is_good("INVITE", header, NOW)
