"""A trip to a provider and back: what this browser's session remembers of it. Each serves once, for ten minutes."""

from __future__ import annotations

import enum
import secrets
import time
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from parvis.portal.federation import client, refusals
from parvis.portal.federation.client import Party
from parvis.portal.federation.models import IdentityProvider
from parvis.portal.federation.rules import KINDS, PROCONNECT

SECONDS = 600
AT_ONCE = 5
"""Trips begun and not finished in one browser: several tabs. The oldest is forgotten."""
ASKED_AGE = 12 * 3600
"""`max_age` of a sign-in: asking for one makes the provider tell when the person signed in there (Core §3.1.2.1)."""
_KEPT = "federation.flows"


class Purpose(enum.StrEnum):
    """Why somebody goes there."""

    SIGN_IN = "sign_in"
    LINK = "link"
    """A signed-in person ties the identity they have there to their account."""
    CONFIRM = "confirm"
    """A signed-in person gives their second factor there once more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One trip."""

    provider: str
    """Its slug: an answer that comes back elsewhere is another provider's (mix-up)."""
    purpose: str
    nonce: str
    verifier: str
    back: str
    """Where the person wanted to go, a safe address; may be empty."""
    user_id: int | None
    began_at: float


def party(provider: IdentityProvider) -> Party:
    """Us, at this provider."""
    return Party(
        issuer=provider.issuer,
        client_id=provider.client_id,
        secret=provider.secret,
        redirect_uri=address("federation:back", slug=provider.slug),
    )


def address(name: str, **parts: str) -> str:
    """The whole address of one of our pages, as the provider must know it."""
    return str(settings.PARVIS.url + reverse(name, kwargs=parts))


def address_of_sign_in() -> str:
    """Where a provider sends people who have signed out there."""
    return str(settings.PARVIS.url + reverse("account_login"))


def begin(request: HttpRequest, provider: IdentityProvider, *, purpose: Purpose, back: str = "") -> str:
    """Remember a trip; the address to send the browser to.

    Raises:
        ProviderFailed: it does not answer.
    """
    configuration = client.discover(provider.issuer)
    state, nonce, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(24), client.new_verifier()
    flow = Flow(
        provider=provider.slug,
        purpose=purpose.value,
        nonce=nonce,
        verifier=verifier,
        back=back,
        user_id=request.user.pk,
        began_at=time.time(),
    )
    kept = _standing(request)
    kept[state] = asdict(flow)
    request.session[_KEPT] = dict(list(kept.items())[-AT_ONCE:])
    return client.authorization_url(
        configuration,
        party(provider),
        scopes=KINDS[provider.kind].scopes,
        state=state,
        nonce=nonce,
        verifier=verifier,
        **_wishes(provider, purpose),
    )


def take(request: HttpRequest, provider: IdentityProvider, state: str) -> Flow:
    """The trip this answer belongs to; it serves no more.

    Raises:
        SignInRefused: unknown, too old, another provider's, or begun by another account.
    """
    kept = _standing(request)
    found = kept.pop(state, None)
    request.session[_KEPT] = kept
    if found is None:
        raise refusals.expired()
    flow = Flow(**found)
    if flow.provider != provider.slug:
        raise refusals.refused("mixed_up", provider, detail=f"begun with {flow.provider}")
    if flow.user_id != request.user.pk:
        raise refusals.expired()
    return flow


def _wishes(provider: IdentityProvider, purpose: Purpose) -> dict[str, str]:
    wishes: dict[str, str] = {}
    if provider.trusts_second_factor:
        wishes["max_age"] = str(ASKED_AGE)
        if provider.accepted_acr:
            wishes["acr_values"] = " ".join(provider.accepted_acr)
    if provider.kind == PROCONNECT:
        # `acr` comes by itself; asked for as essential, with `acr_values`, it would shut out who has no second factor.
        wishes["claims"] = '{"id_token":{"amr":{"essential":true}}}'
    if purpose is not Purpose.SIGN_IN:
        wishes["prompt"] = "login"
    if purpose is Purpose.CONFIRM:
        wishes["max_age"] = "0"
    return wishes


def _standing(request: HttpRequest) -> dict[str, dict[str, Any]]:
    kept = request.session.get(_KEPT, {})
    now = time.time()
    return {state: flow for state, flow in kept.items() if 0 <= now - flow["began_at"] < SECONDS}
