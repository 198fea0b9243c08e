"""One's own identities: link, confirm, take off."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from parvis.portal.accounts.middleware import second_factor_not_required
from parvis.portal.accounts.second_factor import fresh_second_factor
from parvis.portal.directory.access import signed_in
from parvis.portal.federation import flows, identities, queries, refusals
from parvis.portal.federation.flows import Purpose
from parvis.portal.federation.transport import ProviderFailed
from parvis.portal.federation.views.sign_in import offered_or_404, refuse, safe
from parvis.portal.kernel import clock


@require_POST
@never_cache
@fresh_second_factor
def link(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Off to the provider, to tie the identity one has there to this account."""
    provider = get_object_or_404(queries.linkable_by(signed_in(request)), slug=slug)
    try:
        url = flows.begin(request, provider, purpose=Purpose.LINK)
    except ProviderFailed as problem:
        return refuse(request, provider, refusals.refused(problem.code, provider, detail=problem.detail))
    # A page, and not a redirection: the CSP lets no form end up at another site.
    return render(request, "federation/going.html", {"url": url, "provider": provider})


@require_safe
@never_cache
@second_factor_not_required
def confirm(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Off to the provider, to give the second factor there once more."""
    provider = offered_or_404(slug)
    if not queries.identities_of(signed_in(request)).filter(provider=provider).exists():
        return redirect("mfa_reauthenticate")
    back = safe(request, request.GET.get("next", ""))
    try:
        return HttpResponseRedirect(flows.begin(request, provider, purpose=Purpose.CONFIRM, back=back))
    except ProviderFailed as problem:
        return refuse(request, provider, refusals.refused(problem.code, provider, detail=problem.detail))


@fresh_second_factor
def unlink(request: HttpRequest, identity_id: int) -> HttpResponseBase:
    """Ask, then take it off."""
    user = signed_in(request)
    identity = get_object_or_404(queries.identities_of(user), pk=identity_id)
    if request.method == "POST":
        identities.unlink(actor=user, identity=identity, now=clock.now())
        messages.success(request, _("C’est retiré."))
        return redirect("accounts:security")
    context = {
        "question": _("Ne plus se connecter avec %(provider)s\u202f?") % {"provider": identity.provider.name},
        "consequence": _("Votre compte du portail reste ouvert, avec vos autres moyens de connexion."),
        "yes": _("Retirer"),
        "danger": True,
        "back_url": reverse("accounts:security"),
    }
    return render(request, "ui/confirm.html", context)
