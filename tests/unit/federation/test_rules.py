"""The table of claim sets, and what each is worth."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.federation import rules
from parvis.portal.federation.rules import KINDS, ClaimsRefused

TENANT = "11111111-2222-4333-8444-555555555555"
ENTRA_ISSUER = f"https://login.microsoftonline.com/{TENANT}/v2.0"
PROCONNECT = {
    "sub": "s", "usual_name": "Le Goff", "given_name": "Claire", "email": "Claire@Rivemarine.example", "uid": "u",
    "siret": "212 900 196 00011",
}  # fmt: skip
KEYCLOAK = {"sub": "s", "email": "claire@rivemarine.example", "email_verified": True, "family_name": "Le Goff"}
ENTRA = {"sub": "pairwise", "oid": "o", "tid": TENANT, "preferred_username": "claire@rivemarine.example"}
ISSUER = "https://sso.rivemarine.example"


def test_proconnect() -> None:
    person = rules.read("proconnect", PROCONNECT, issuer=ISSUER)
    assert (person.subject, person.email, person.siret) == ("s", "claire@rivemarine.example", "21290019600011")
    assert (person.first_name, person.last_name, person.email_verified) == ("Claire", "Le Goff", True)


@pytest.mark.parametrize("claim", ["usual_name", "given_name", "email", "uid", "siret", "sub"])
@pytest.mark.parametrize("value", [None, ""])
def test_what_proconnect_must_say(claim: str, value: object) -> None:
    with pytest.raises(ClaimsRefused, match=claim):
        rules.read("proconnect", {**PROCONNECT, claim: value}, issuer=ISSUER)


@pytest.mark.parametrize("claim", ["usual_name", "given_name", "email", "siret", "sub"])
@pytest.mark.parametrize("value", [["x"], {"a": 1}, True, 1.5])
def test_and_in_words(claim: str, value: object) -> None:
    with pytest.raises(ClaimsRefused, match=claim):
        rules.read("proconnect", {**PROCONNECT, claim: value}, issuer=ISSUER)


@pytest.mark.parametrize(
    ("value", "verified"),
    [(True, True), ("true", True), (False, False), ("false", False), (0, False), (2, False), ([True], False)],
)
def test_keycloak_says_whether_the_address_was_verified(value: object, verified: bool) -> None:
    assert rules.read("keycloak", {**KEYCLOAK, "email_verified": value}, issuer=ISSUER).email_verified is verified


@pytest.mark.parametrize(("value", "verified"), [(None, False), (True, True), ("1", True), (1, True), ("0", False)])
def test_entra_answers_for_an_address_only_with_xms_edov(value: object, verified: bool) -> None:
    claims = {**ENTRA, "xms_edov": value, "email_verified": True}
    person = rules.read("entra", claims, issuer=ENTRA_ISSUER)
    assert person.email_verified is verified
    assert person.subject == f"{TENANT}:o"
    assert person.email == "claire@rivemarine.example"


@pytest.mark.parametrize("tid", ["22222222-2222-4333-8444-555555555555", "common"])
def test_entra_of_another_tenant(tid: str) -> None:
    with pytest.raises(ClaimsRefused, match="foreign_tenant"):
        rules.read("entra", {**ENTRA, "tid": tid}, issuer=ENTRA_ISSUER)


@pytest.mark.parametrize("issuer", ["https://login.microsoftonline.com/common/v2.0", "https://sts.example", ""])
def test_an_issuer_without_tenant_serves_nobody(issuer: str) -> None:
    assert rules.tenant_of(issuer) == ""
    with pytest.raises(ClaimsRefused):
        rules.read("entra", ENTRA, issuer=issuer)


@pytest.mark.parametrize(
    ("claims", "proved"),
    [
        ({}, False),
        ({"acr": "eidas1"}, False),
        ({"acr": "eidas2"}, True),
        ({"acr": ["eidas2"]}, False),
        ({"acrs": ["p1", "eidas2"]}, True),
        ({"amr": ["pwd"]}, False),
        ({"amr": ["pwd", "mfa"]}, True),
        ({"amr": "mfa"}, True),
        ({"amr": [["mfa"]]}, False),
        ({"amr": {"mfa": True}}, False),
        ({"amr": "pwd mfa"}, False),
        ({"acr": "mfa"}, False),
    ],
)
def test_what_proves_a_second_factor(claims: dict[str, Any], proved: bool) -> None:
    assert rules.proves_second_factor(claims, acr=["eidas2"], amr=["mfa"]) is proved


@pytest.mark.parametrize(
    ("email", "trusted"),
    [
        ("a@rivemarine.example", True),
        ("a@RIVEMARINE.example", True),
        ("a@sub.rivemarine.example", False),
        ("a@evil-rivemarine.example", False),
        ("a@rivemarine.example.evil", False),
        ("a@evil.example@rivemarine.example", True),
        ("rivemarine.example", False),
        ("", False),
    ],
)
def test_domains_are_exact(email: str, trusted: bool) -> None:
    assert rules.domain_is_trusted(email, ["rivemarine.example"]) is trusted


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, (0, "seconds")), (-119, (119, "seconds")), (125, (2, "minutes")), (7200, (2, "hours")), (2e6, (23, "days"))],
)
def test_how_far_a_clock_is(seconds: float, words: tuple[int, str]) -> None:
    assert rules.clock_words(seconds) == words


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
NAMES = sorted({*PROCONNECT, *KEYCLOAK, *ENTRA, "acr", "acrs", "amr", "xms_edov"})


@given(st.sampled_from(sorted(KINDS)), st.dictionaries(st.sampled_from(NAMES), JSON))
def test_whatever_a_provider_says_it_is_a_person_or_a_refusal(kind: str, claims: dict[str, Any]) -> None:
    try:
        person = rules.read(kind, claims, issuer=ENTRA_ISSUER)
    except ClaimsRefused:
        return
    assert 0 < len(person.subject) <= rules.LONGEST
    assert len(person.email) <= 254
    assert isinstance(rules.proves_second_factor(claims, acr=["2"], amr=["mfa"]), bool)


@given(st.dictionaries(st.sampled_from(("acr", "acrs", "amr")), JSON))
def test_nothing_but_the_accepted_words_is_a_proof(claims: dict[str, Any]) -> None:
    assert not rules.proves_second_factor(claims, acr=[], amr=[])
