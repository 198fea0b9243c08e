"""Signed tokens: only the provider's keys, only these algorithms, only for us, only now."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.federation import tokens
from parvis.portal.federation.tokens import ClocksDiffer, TokenRefused, UnknownKey

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SMALL = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 it must be refused
P256 = ec.generate_private_key(ec.SECP256R1())
EDWARDS = ed25519.Ed25519PrivateKey.generate()
ISSUER, CLIENT, NONCE = "https://sso.rivemarine.example", "parvis", "n-0S6"
GOOD = {"iss": ISSUER, "aud": CLIENT, "sub": "s", "nonce": NONCE, "iat": SECONDS, "exp": SECONDS + 300}


def public(key: Any, algorithm: str, **more: Any) -> dict[str, Any]:
    """The key as a provider publishes it."""
    made = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True)
    return {**made, "kid": "k", **more}


def sign(claims: dict[str, Any], key: Any = RSA, algorithm: str = "RS256", **header: Any) -> str:
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": "k", **header})


@pytest.mark.parametrize(("key", "algorithm"), [(RSA, "RS256"), (RSA, "PS256"), (P256, "ES256"), (EDWARDS, "EdDSA")])
def test_the_providers_signature(key: Any, algorithm: str) -> None:
    assert tokens.read(sign(GOOD, key, algorithm), [public(key, algorithm)]) == GOOD


def test_another_key_of_the_same_name() -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    with pytest.raises(TokenRefused, match="signature"):
        tokens.read(sign(GOOD, other), [public(RSA, "RS256")])


def test_a_key_that_is_not_published() -> None:
    with pytest.raises(UnknownKey):
        tokens.read(sign(GOOD, kid="other"), [public(RSA, "RS256")])


def test_no_signature_and_secrets_are_refused() -> None:
    none = jwt.encode(GOOD, None, algorithm="none")  # type: ignore[arg-type]
    # The old confusion: the public key, as text, taken for a shared secret.
    secret = jwt.encode(GOOD, "x" * 32, algorithm="HS256", headers={"kid": "k"})
    for raw in (none, secret):
        with pytest.raises(TokenRefused, match="algorithm"):
            tokens.read(raw, [public(RSA, "RS256")])


def test_a_key_for_another_use_or_algorithm_is_not_tried() -> None:
    for more in ({"use": "enc"}, {"alg": "RS512"}):
        with pytest.raises(UnknownKey):
            tokens.read(sign(GOOD), [public(RSA, "RS256", **more)])
    with pytest.raises(UnknownKey):
        tokens.read(sign(GOOD), [public(P256, "ES256"), {"kty": "oct", "kid": "k", "k": "eHg"}, {"kty": "?"}, {}])


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_a_short_key_is_no_key() -> None:
    with pytest.raises(UnknownKey):
        tokens.read(sign(GOOD, SMALL), [public(SMALL, "RS256")])


def test_without_a_name_every_key_is_tried() -> None:
    raw = jwt.encode(GOOD, RSA, algorithm="RS256")
    assert tokens.read(raw, [public(P256, "ES256"), public(RSA, "RS256")]) == GOOD


@given(st.text(max_size=200) | st.from_regex(r"\A[\w-]{0,40}\.[\w-]{0,40}\.[\w-]{0,40}\Z"))
def test_garbage_is_refused(raw: str) -> None:
    with pytest.raises(TokenRefused):
        tokens.read(raw, [public(RSA, "RS256")])


def test_a_huge_one_is_not_looked_at() -> None:
    with pytest.raises(TokenRefused, match="too_large"):
        tokens.read("x" * (tokens.LARGEST + 1), [])


def check(**changes: Any) -> None:
    claims = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    tokens.check_id_token(claims, issuer=ISSUER, client_id=CLIENT, nonce=NONCE, now=NOW)


def test_a_good_one() -> None:
    check()
    check(aud=[CLIENT])
    check(aud=[CLIENT, "other"], azp=CLIENT)
    check(iat=SECONDS - 119, exp=SECONDS - 119)
    check(iat=SECONDS + 119)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"iss": ISSUER + "/"}, "issuer"),
        ({"iss": None}, "issuer"),
        ({"iss": [ISSUER]}, "issuer"),
        ({"aud": None}, "audience"),
        ({"aud": "parvi"}, "audience"),
        ({"aud": [[CLIENT]]}, "audience"),
        ({"aud": [CLIENT, "other"]}, "audience"),
        ({"azp": "other"}, "audience"),
        ({"nonce": ""}, "nonce"),
        ({"sub": 12}, "subject"),
        ({"sub": "s" * 256}, "subject"),
        ({"iat": True}, "no_iat"),
        ({"iat": float("nan")}, "no_iat"),
        ({"iat": -1}, "no_iat"),
        ({"exp": SECONDS - 121}, "expired"),
        ({"exp": "tomorrow"}, "no_exp"),
    ],
)
def test_one_that_is_not_for_this_sign_in(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(TokenRefused) as problem:
        check(**changes)
    assert problem.value.code == code


@given(st.integers(min_value=121, max_value=10**8), st.sampled_from((-1, 1)))
def test_a_wrong_clock_is_measured(seconds: int, sign_: int) -> None:
    with pytest.raises(ClocksDiffer) as problem:
        check(iat=SECONDS + sign_ * seconds, exp=SECONDS + sign_ * seconds + 300)
    assert problem.value.seconds == sign_ * seconds


def test_not_yet_valid_is_a_wrong_clock_too() -> None:
    with pytest.raises(ClocksDiffer):
        check(nbf=SECONDS + 600)


def test_when_the_person_signed_in() -> None:
    def since(at: Any) -> None:
        tokens.check_id_token(
            {**GOOD, "auth_time": at}, issuer=ISSUER, client_id=CLIENT, nonce=NONCE, now=NOW, signed_in_since=NOW
        )

    since(SECONDS)
    since(SECONDS - 119)
    for at in (SECONDS - 121, None, "now"):
        with pytest.raises(TokenRefused, match="auth_time"):
            since(at)


LOGOUT = {
    "iss": ISSUER, "aud": CLIENT, "sub": "s", "jti": "j", "iat": SECONDS, "events": {tokens.LOGOUT_EVENT: {}},
}  # fmt: skip


def check_logout(header: dict[str, Any] | None = None, **changes: Any) -> None:
    claims = {key: value for key, value in {**LOGOUT, **changes}.items() if value is not None}
    tokens.check_logout_token(claims, header or {"typ": "logout+jwt"}, issuer=ISSUER, client_id=CLIENT, now=NOW)


def test_a_logout_token() -> None:
    check_logout()
    check_logout({"typ": "JWT"})
    check_logout({"alg": "RS256"})
    check_logout(sub=None, sid="s")
    check_logout(iat=SECONDS - 500)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "x"}, {"aud": "x"}, {"events": []}, {"events": {tokens.LOGOUT_EVENT: True}}, {"nonce": "n"},
        {"sub": None}, {"sub": "", "sid": ""}, {"jti": None}, {"jti": 1}, {"jti": "j" * 256}, {"iat": None},
        {"iat": SECONDS + 121}, {"iat": SECONDS - 601}, {"exp": SECONDS - 121},
    ],
)  # fmt: skip
def test_one_that_is_none(changes: dict[str, Any]) -> None:
    with pytest.raises(TokenRefused):
        check_logout(**changes)


def test_userinfo_is_about_the_same_person_and_for_us() -> None:
    def about(claims: dict[str, Any], signed: bool) -> None:
        tokens.check_userinfo(claims, issuer=ISSUER, client_id=CLIENT, subject="s", signed=signed)

    about({"sub": "s"}, False)
    about({"sub": "s", "iss": ISSUER, "aud": CLIENT}, True)
    for claims in ({}, {"sub": "t"}, {"sub": "s", "iss": "x"}, {"sub": "s", "aud": "x"}):
        with pytest.raises(TokenRefused):
            about(claims, True)


@given(st.text(max_size=100))
def test_a_key_set_that_is_none(text: str) -> None:
    with pytest.raises(TokenRefused):
        tokens.keys_of(text)


def test_key_sets() -> None:
    assert tokens.keys_of(json.dumps({"keys": [{"kty": "RSA"}, "x"]})) == [{"kty": "RSA"}]
    for content in ({}, {"keys": []}, {"keys": {}}, {"keys": [{}] * 101}, [], "[" * 100_000):
        with pytest.raises(TokenRefused):
            tokens.keys_of(content if isinstance(content, str) else json.dumps(content))


assert timedelta(minutes=2) == tokens.LEEWAY  # documented
