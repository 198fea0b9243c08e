"""What each kind of provider says of a person, and what it is worth. Pure: one row of `KINDS` per product.

Sources: OpenID Connect Core 1.0 §5.1; ProConnect's documentation for service providers (claims `usual_name`,
`given_name`, `email`, `uid`, `siret`); Keycloak's server administration guide; Microsoft's reference of ID token
claims, and its advice on the « nOAuth » attack (a tenant's administrator may write any e-mail address into an
account: a person is known by `tid` and `oid`, never by an address).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

PROCONNECT, KEYCLOAK, ENTRA, OTHER = "proconnect", "keycloak", "entra", "other"

Claims = Mapping[str, Any]

ALWAYS = "*"
"""The provider answers for every address it gives: there is no claim that says so."""
TRUE = (True, 1, "1", "true", "True")
"""How a claim says yes: Entra writes `xms_edov` in several ways."""
LONGEST = 255
TENANT = re.compile(r"\A[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How one product speaks."""

    scopes: str
    subject: tuple[str, ...] = ("sub",)
    """The claims that name the person for ever, joined by a colon."""
    first_name: tuple[str, ...] = ("given_name",)
    last_name: tuple[str, ...] = ("family_name",)
    email: tuple[str, ...] = ("email",)
    """The first of these that is there."""
    verified_by: str = "email_verified"
    """The claim that says that the address is the person's; `ALWAYS`: no claim is needed."""
    mandatory: tuple[str, ...] = ("email",)
    siret: bool = False
    """Whether the person's organisation is told, and must be one of the authority's."""
    acr: tuple[str, ...] = ()
    """Values of `acr` (Entra: or of `acrs`) that prove a second factor, unless the head of IT says otherwise."""
    amr: tuple[str, ...] = ("mfa", "hwk")
    """The same for `amr` (RFC 8176)."""


KINDS: dict[str, Kind] = {
    PROCONNECT: Kind(
        scopes="openid given_name usual_name email uid siret",
        last_name=("usual_name",),
        verified_by=ALWAYS,
        mandatory=("usual_name", "given_name", "email", "uid", "siret"),
        siret=True,
        acr=(
            "eidas2",
            "eidas3",
            "https://proconnect.gouv.fr/assurance/self-asserted-2fa",
            "https://proconnect.gouv.fr/assurance/consistency-checked-2fa",
        ),
        amr=("mfa",),
    ),
    KEYCLOAK: Kind(scopes="openid profile email", mandatory=("email", "email_verified")),
    ENTRA: Kind(
        scopes="openid profile email",
        subject=("tid", "oid"),
        email=("email", "preferred_username"),
        verified_by="xms_edov",
        mandatory=("oid", "tid"),
        amr=("mfa",),
    ),
    OTHER: Kind(scopes="openid profile email"),
}


class ClaimsRefused(ValueError):
    """What the provider says cannot be used. `code`: `claim_missing` (then `claim`), `foreign_tenant`."""

    def __init__(self, code: str, claim: str = "") -> None:
        self.code, self.claim = code, claim
        super().__init__(f"{code}: {claim}" if claim else code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who the provider says it is."""

    subject: str
    """Names the person at this provider for ever, at most 255 characters."""
    email: str
    """In lower case; empty if the provider gives none."""
    email_verified: bool
    """Whether the provider answers for the address."""
    first_name: str
    last_name: str
    siret: str
    """14 digits; empty where the kind gives none."""


def read(kind: str, claims: Claims, *, issuer: str) -> Person:
    """The person in these claims: those of the ID token and of `userinfo` together.

    Raises:
        ClaimsRefused: one is missing or is no text, or the account is another tenant's.
    """
    row = KINDS[kind]
    for name in (*row.subject, *row.mandatory):
        if claims.get(name) in (None, ""):
            raise ClaimsRefused("claim_missing", name)
    if kind == ENTRA and _text(claims, "tid") != tenant_of(issuer):
        raise ClaimsRefused("foreign_tenant")
    subject = ":".join(_text(claims, name) for name in row.subject)
    if not 0 < len(subject) <= LONGEST:
        raise ClaimsRefused("claim_missing", row.subject[0])
    return Person(
        subject=subject,
        email=_first(claims, row.email).strip().lower()[:254],
        email_verified=row.verified_by == ALWAYS or _is_true(claims.get(row.verified_by)),
        first_name=_first(claims, row.first_name)[:100],
        last_name=_first(claims, row.last_name)[:100],
        siret=re.sub(r"\s", "", _text(claims, "siret")) if row.siret else "",
    )


def proves_second_factor(claims: Claims, *, acr: Collection[str], amr: Collection[str]) -> bool:
    """Whether the ID token says that a second factor was given, in words that were accepted beforehand."""
    level = claims.get("acr")
    levels = {*_list(claims.get("acrs")), *([level] if isinstance(level, str) else [])}
    return bool(levels & set(acr)) or bool(set(_list(claims.get("amr"))) & set(amr))


def domain_is_trusted(email: str, domains: Collection[str]) -> bool:
    """Whether the address is in one of these domains exactly: not below, not beside."""
    _, at, domain = email.rpartition("@")
    return bool(at) and domain.lower() in {each.lower() for each in domains}


def tenant_of(issuer: str) -> str:
    """The tenant's number in an issuer of Entra (`https://login.microsoftonline.com/<tenant>/v2.0`), else empty."""
    parts = [part for part in urlsplit(issuer).path.split("/") if part]
    return parts[0] if parts and TENANT.match(parts[0]) else ""


def clock_words(seconds: float) -> tuple[int, str]:
    """How far a clock is: a number and its unit (`seconds`, `minutes`, `hours` or `days`), rounded."""
    away = abs(round(seconds))
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if away >= 2 * size:
            return round(away / size), unit
    return away, "seconds"


def _is_true(value: object) -> bool:
    return any(value is each or (isinstance(value, str | int) and value == each) for each in TRUE)


def _list(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _first(claims: Claims, names: tuple[str, ...]) -> str:
    return next((found for name in names if (found := _text(claims, name))), "")


def _text(claims: Claims, name: str) -> str:
    value = claims.get(name, "")
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ClaimsRefused("claim_missing", name)
    return str(value).replace("\x00", "").strip()
