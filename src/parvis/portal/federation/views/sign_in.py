"""To a provider and back."""

from __future__ import annotations

from allauth.account.internal.flows.reauthentication import resume_request
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from parvis.portal.accounts import second_factor, throttle
from parvis.portal.accounts.models import User
from parvis.portal.federation import arrivals, flows, identities, proving, queries, refusals
from parvis.portal.federation.flows import Flow, Purpose
from parvis.portal.federation.models import Identity, IdentityProvider
from parvis.portal.federation.proving import Proof
from parvis.portal.federation.refusals import SignInRefused
from parvis.portal.federation.transport import ProviderFailed
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.middleware import client_address

PER_MINUTE = 300
"""Per network: a whole town hall may come from one address in the morning."""


@login_not_required
@never_cache
@require_safe
def start(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Off to the provider."""
    provider = offered_or_404(slug)
    where = safe(request, request.GET.get("next", ""))
    if request.user.is_authenticated:
        return redirect(where or "/")
    throttle.hit("federation", throttle.network(client_address(request)), limit=PER_MINUTE, seconds=60)
    try:
        return HttpResponseRedirect(flows.begin(request, provider, purpose=Purpose.SIGN_IN, back=where))
    except ProviderFailed as problem:
        return refuse(request, provider, refusals.refused(problem.code, provider, detail=problem.detail))


@login_not_required
@never_cache
@require_safe
def back(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The browser is back, with a code or an error."""
    provider = offered_or_404(slug)
    throttle.hit("federation", throttle.network(client_address(request)), limit=PER_MINUTE, seconds=60)
    try:
        flow = flows.take(request, provider, request.GET.get("state", ""))
    except SignInRefused as problem:
        if request.user.is_authenticated:  # « Précédent », pressed twice
            return redirect("/")
        return refuse(request, provider, problem, audited=problem.code != "expired")
    try:
        proof = proving.prove(provider, flow, request.GET)
        return _arrive(request, provider, flow, proof)
    except SignInRefused as problem:
        return refuse(request, provider, problem, back=flow.back)


def offered_or_404(slug: str) -> IdentityProvider:
    """The provider of this slug, if it is enabled."""
    provider = queries.offered().filter(slug=slug).first()
    if provider is None:
        raise Http404
    return provider


def safe(request: HttpRequest, address: str) -> str:
    """The address if it is one of ours, else empty."""
    return address if url_has_allowed_host_and_scheme(address, {request.get_host()}) else ""


def refuse(
    request: HttpRequest, provider: IdentityProvider, problem: SignInRefused, *, audited: bool = True, back: str = ""
) -> HttpResponse:
    """The page that says why, and what to do."""
    if audited:
        audit.record(
            actor=request.user if isinstance(request.user, User) else None,
            action="federation.sign_in_refused",
            target=provider,
            now=clock.now(),
            data={"why": problem.code, "detail": problem.detail[:200]},
        )
    context = {"error": problem, "provider": provider, "back": back, "signed_in": request.user.is_authenticated}
    return render(request, "federation/refused.html", context, status=problem.status)


def _arrive(request: HttpRequest, provider: IdentityProvider, flow: Flow, proof: Proof) -> HttpResponseBase:
    user = request.user
    if flow.purpose == Purpose.SIGN_IN:
        return arrivals.sign_in(request, provider, proof, flow.back)
    if not isinstance(user, User):
        raise refusals.expired()
    if flow.purpose == Purpose.LINK:
        return _link(request, provider, user, proof)
    return _confirm(request, provider, user, flow, proof)


def _link(request: HttpRequest, provider: IdentityProvider, user: User, proof: Proof) -> HttpResponseBase:
    identities.check_linkable(provider=provider, user=user, person=proof.person)
    identities.link(
        provider=provider,
        user=user,
        person_subject=proof.person.subject,
        email=proof.person.email,
        now=clock.now(),
    )
    messages.success(request, _("Votre compte est lié à %(provider)s.") % {"provider": provider.name})
    return redirect("accounts:security")


def _confirm(
    request: HttpRequest, provider: IdentityProvider, user: User, flow: Flow, proof: Proof
) -> HttpResponseBase:
    if not Identity.objects.filter(provider=provider, user=user, subject=proof.person.subject).exists():
        raise refusals.refused("not_yours", provider)
    identities.check_linkable(provider=provider, user=user, person=proof.person)
    if not arrivals.suffices(request, provider, user, proof):
        raise refusals.refused("no_second_factor", provider)
    second_factor.given_elsewhere(request, user, at=arrivals.given_at(proof))
    audit.record(
        actor=user, action="federation.confirmed", target=user, now=clock.now(), data={"provider": provider.slug}
    )
    # What was interrupted: a page to go back to, or a form to send again.
    query = QueryDict(mutable=True)
    query["next"] = flow.back
    request.GET = query  # type: ignore[assignment]
    return resume_request(request) or redirect(flow.back or "/")
