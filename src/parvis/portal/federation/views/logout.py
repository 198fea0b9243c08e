"""Signing out: there too when it is done here, here too when it is done there."""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from parvis.portal.accounts import elsewhere, throttle, vault
from parvis.portal.federation import client, flows, logouts, tokens
from parvis.portal.federation.models import IdentityProvider
from parvis.portal.federation.tokens import TokenRefused
from parvis.portal.federation.transport import ProviderFailed
from parvis.portal.federation.views.sign_in import offered_or_404
from parvis.portal.kernel import clock
from parvis.portal.kernel.middleware import client_address

PER_MINUTE = 600
"""Logout tokens from one network: a provider tells us of everybody who leaves at five o'clock."""


@login_not_required
@never_cache
@require_safe
def bye(request: HttpRequest) -> HttpResponseBase:
    """After signing out here: on to the provider's own sign-out (RP-Initiated Logout 1.0)."""
    kept = elsewhere.take_kept(request)
    provider = IdentityProvider.objects.filter(pk=kept.get("provider", 0), enabled=True).first()
    if provider is None:
        return redirect("account_login")
    return render(request, "federation/bye.html", {"provider": provider, "url": _their_page(provider, kept)})


@csrf_exempt
@login_not_required
@never_cache
@require_POST
def told(request: HttpRequest, slug: str) -> HttpResponseBase:
    """A logout token from the provider (Back-Channel Logout 1.0 §2.5): its signature is what says who speaks."""
    provider = offered_or_404(slug)
    throttle.hit("federation-logout", throttle.network(client_address(request)), limit=PER_MINUTE, seconds=60)
    now = clock.now()
    raw = request.POST.get("logout_token", "")
    try:
        header = tokens.header_of(raw)
        claims = client.read(raw, client.discover(provider.issuer))
        tokens.check_logout_token(claims, header, issuer=provider.issuer, client_id=provider.client_id, now=now)
        logouts.receive(
            provider=provider,
            token_id=claims["jti"],
            subject=_short(claims.get("sub")),
            session=_short(claims.get("sid")),
            now=now,
        )
    except (TokenRefused, ProviderFailed) as problem:
        return JsonResponse({"error": "invalid_request", "error_description": problem.code}, status=400)
    return JsonResponse({})


def _their_page(provider: IdentityProvider, kept: dict[str, str]) -> str:
    try:
        return client.end_session_url(
            client.discover(provider.issuer),
            client_id=provider.client_id,
            id_token=vault.decrypt(str(kept.get("id_token", ""))),
            back=flows.address_of_sign_in(),
            state=secrets.token_urlsafe(12),
        )
    except (ProviderFailed, InvalidTag, ValueError):  # we are signed out; the provider is another matter
        return ""


def _short(value: object) -> str:
    return value[:255] if isinstance(value, str) else ""
