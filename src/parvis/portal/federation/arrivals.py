"""From a recognised person to an open sign-in, through the account's own second factor where it is needed."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records, perform_login, record_authentication
from allauth.account.models import Login
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from parvis.portal.accounts import policy, second_factor, sign_ins, vault
from parvis.portal.accounts.models import User
from parvis.portal.federation import flows, identities, logouts, queries, refusals
from parvis.portal.federation.identities import How, Recognition
from parvis.portal.federation.models import Identity, IdentityProvider
from parvis.portal.federation.proving import Proof
from parvis.portal.federation.refusals import SignInRefused
from parvis.portal.kernel import clock
from parvis.portal.kernel.middleware import client_address

METHOD = "openid"
"""The authentication method of a sign-in at a provider, in allauth's words and in the audit trail."""
_KEPT = "federation.arrival"
LONG_AGO = 24 * 3600
"""Seconds: a second factor given at a time nobody tells counts as given, never as fresh."""


def sign_in(request: HttpRequest, provider: IdentityProvider, proof: Proof, back: str) -> HttpResponseBase:
    """Sign the person in, or send them to their own second factor first.

    Raises:
        SignInRefused: see `identities.recognise`; or the account can do more than the provider's entity and has no
            second factor of its own, so that who runs the provider would enrol the first one.
    """
    found = identities.recognise(provider=provider, person=proof.person)
    known = found.user
    if known is not None and not second_factor.exists_for(known) and queries.reaches_beyond(provider, known):
        raise refusals.refused("second_factor_first", provider)
    user = _account(provider, proof, found)
    request.session[_KEPT] = {
        "provider": provider.pk,
        "user": user.pk,
        "how": found.how.value,
        "person": proof.person.subject,
        "email": proof.person.email,
        "subject": proof.subject,
        "session": proof.session,
        "id_token": vault.encrypt(proof.id_token),
        "at": time.time(),
    }
    record_authentication(request, user, METHOD, provider=provider.slug)
    login = Login(user=user, redirect_url=back or None)
    if not suffices(request, provider, user, proof, found.how):
        response: HttpResponseBase = perform_login(request, login)
        return response
    second_factor.given_elsewhere(request, user, at=given_at(proof))
    return _straight(request, login)


def suffices(request: HttpRequest, provider: IdentityProvider, user: User, proof: Proof, how: How = How.LINKED) -> bool:
    """Whether the second factor given at the provider stands for the account's own.

    Not for the first link, nor where a passkey of ours is wanted, nor for who can do more than the provider's entity.
    """
    if not proof.second_factor or how is How.TO_CONFIRM:
        return False
    return not policy.of(user, client_address(request)).passkey_only and not queries.reaches_beyond(provider, user)


def given_at(proof: Proof) -> float:
    """When the second factor was given there (Unix seconds): long ago, if the provider does not say."""
    return proof.signed_in_at if proof.signed_in_at is not None else time.time() - LONG_AGO


def settle(request: HttpRequest, user: User) -> None:
    """Somebody is signed in: if they came from a provider, note it, and link the two at the first time."""
    kept = request.session.pop(_KEPT, None)
    if not _is_theirs(request, kept, user):
        return
    try:
        identity = _identity(request, kept, user)
    except SignInRefused as problem:  # linked elsewhere in the meantime
        messages.warning(request, str(problem.message))
        return
    if identity is None:
        return
    here, now = sign_ins.current(request), clock.now()
    standing = logouts.note(
        identity=identity,
        sign_in=here,
        subject=kept["subject"],
        session=kept["session"],
        id_token=vault.decrypt(kept["id_token"]),
        now=now,
    )
    if not standing:
        sign_ins.end(user=user, actor=None, now=now, reason=sign_ins.Reason.PROVIDER, only={here})
        logout(request)


def _account(provider: IdentityProvider, proof: Proof, found: Recognition) -> User:
    if found.how is not How.TO_OPEN:
        assert found.user is not None  # noqa: S101 only an account to be opened has none
        return found.user
    return identities.open_and_link(
        provider=provider, person=proof.person, agent=found.agent, user=found.user, now=clock.now()
    )


def _straight(request: HttpRequest, login: Login) -> HttpResponseBase:
    """allauth's end of a sign-in without its second-factor stage: it was given at the provider."""
    adapter = get_adapter(request)
    facts: dict[str, Any] = {
        "email_verification": login.email_verification,
        "redirect_url": login.redirect_url,
        "signal_kwargs": None,
        "signup": False,
        "email": None,
    }
    refusal: HttpResponseBase | None = adapter.pre_login(request, login.user, **facts)
    if refusal is not None:
        return refusal
    adapter.login(request, login.user)
    response: HttpResponseBase = adapter.post_login(request, login.user, **facts)
    return response


def _is_theirs(request: HttpRequest, kept: Any, user: User) -> bool:
    if not isinstance(kept, dict) or kept.get("user") != user.pk:
        return False
    # A trip that was abandoned, then a sign-in by another way in the same browser: not the same person, perhaps.
    records = get_authentication_records(request, user)
    other = any(each.get("method") == "password" or each.get("passwordless") for each in records)
    return not other and 0 <= time.time() - kept["at"] < flows.SECONDS


def _identity(request: HttpRequest, kept: dict[str, Any], user: User) -> Identity | None:
    provider = IdentityProvider.objects.filter(pk=kept["provider"], enabled=True).first()
    if provider is None:
        return None
    linked = Identity.objects.filter(provider=provider, subject=kept["person"], user=user).first()
    if linked is not None or kept["how"] != How.TO_CONFIRM or not _gave_own_factor(request, user):
        return linked
    return identities.link(
        provider=provider, user=user, person_subject=kept["person"], email=kept["email"], now=clock.now()
    )


def _gave_own_factor(request: HttpRequest, user: User) -> bool:
    ours = {each.value for each in Authenticator.Type}
    return any(
        each.get("method") == "mfa" and each.get("type") in ours for each in get_authentication_records(request, user)
    )
