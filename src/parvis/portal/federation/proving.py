"""What a provider's answer proves: everything between the browser's coming back and the person being known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.http import QueryDict

from parvis.portal.federation import client, flows, refusals, rules, tokens
from parvis.portal.federation.flows import Flow, Purpose
from parvis.portal.federation.models import IdentityProvider
from parvis.portal.federation.rules import ClaimsRefused, Person
from parvis.portal.federation.tokens import ClocksDiffer, TokenRefused
from parvis.portal.federation.transport import ProviderFailed
from parvis.portal.kernel import clock

CANCELLED = ("access_denied", "interaction_required", "login_required", "consent_required")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Who it is, and what the provider says of how they proved it."""

    person: Person
    subject: str
    """`sub` of the ID token."""
    session: str
    """`sid` of the ID token; may be empty."""
    id_token: str
    second_factor: bool
    """Given there, in words the head of IT accepts, at a provider trusted for it."""
    signed_in_at: float | None
    """When the person signed in there (Unix seconds), where the provider says so."""


def prove(provider: IdentityProvider, flow: Flow, answer: QueryDict) -> Proof:
    """Turn the code in the browser's answer into a person. Asks the provider: never inside a transaction.

    Raises:
        SignInRefused: with the sentence for the person.
    """
    try:
        return _prove(provider, flow, answer)
    except ProviderFailed as problem:
        raise refusals.refused(problem.code, provider, detail=problem.detail) from None
    except ClocksDiffer as problem:
        raise refusals.clocks_differ(provider, problem) from None
    except TokenRefused as problem:
        raise refusals.refused("token", provider, detail=problem.code) from None
    except ClaimsRefused as problem:
        if problem.code == "claim_missing":
            raise refusals.claim_missing(provider, problem.claim) from None
        raise refusals.refused(problem.code, provider) from None


def _prove(provider: IdentityProvider, flow: Flow, answer: QueryDict) -> Proof:
    # The answer names its provider, so that another's is not taken for this one's (RFC 9207); an error too.
    said = answer.get("iss")
    if said is not None and said != provider.issuer:
        raise TokenRefused("mixed_up")
    if error := answer.get("error"):
        code = "cancelled" if error in CANCELLED else "refused_there"
        raise refusals.refused(code, provider, detail=f"{error} {answer.get('error_description', '')}"[:200])
    configuration = client.discover(provider.issuer)
    if said is None and configuration.names_issuer:
        raise TokenRefused("mixed_up")
    us = flows.party(provider)
    signed = client.exchange(configuration, us, code=answer.get("code", ""), verifier=flow.verifier)
    now = clock.now()
    _check(provider, signed, flow, now)
    about = client.userinfo(configuration, us, signed)
    # What the ID token says wins: `userinfo` may not turn one person into another.
    person = rules.read(provider.kind, {**about, **signed.claims}, issuer=provider.issuer)
    trusted = provider.trusts_second_factor and rules.proves_second_factor(
        signed.claims, acr=provider.accepted_acr, amr=provider.accepted_amr
    )
    session, signed_in_at = signed.claims.get("sid"), signed.claims.get("auth_time")
    return Proof(
        person=person,
        subject=signed.claims["sub"],
        session=session if isinstance(session, str) and len(session) <= rules.LONGEST else "",
        id_token=signed.id_token,
        second_factor=trusted,
        signed_in_at=float(signed_in_at) if isinstance(signed_in_at, int | float) else None,
    )


def _check(provider: IdentityProvider, signed: client.Signed, flow: Flow, now: datetime) -> None:
    since = datetime.fromtimestamp(flow.began_at, UTC) if flow.purpose == Purpose.CONFIRM else None
    tokens.check_id_token(
        signed.claims,
        issuer=provider.issuer,
        client_id=provider.client_id,
        nonce=flow.nonce,
        now=now,
        signed_in_since=since,
    )
