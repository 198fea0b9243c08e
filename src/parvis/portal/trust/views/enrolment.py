"""An agent registers the supplied computer they sit at, with the code of the IT team."""

from __future__ import annotations

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.webauthn.internal import auth as webauthn
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from parvis.portal.accounts import factors
from parvis.portal.accounts.models import User
from parvis.portal.accounts.second_factor import fresh_second_factor
from parvis.portal.directory.access import show_problems, signed_in
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.trust import bound_passkeys, proofs
from parvis.portal.trust.forms import BoundPasskeyForm, CodeForm
from parvis.portal.trust.models import EnrolmentCode
from parvis.portal.trust.services import devices

PENDING = "trust.pending_code"
"""Session key: the code that was given right, until the passkey is made."""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_second_factor
def code(request: HttpRequest) -> HttpResponse:
    """Ask for the code. With a certificate shown that is all; without one a passkey follows."""
    user, now = signed_in(request), clock.now()
    form = CodeForm(request.POST or None)
    certificate = proofs.certificate_of(request, now)
    if form.is_valid():
        try:
            found = devices.find_code(actor=user, code=form.cleaned_data["code"], now=now)
            if certificate is None:
                request.session[PENDING] = found.pk
                return redirect("trust:enrol_passkey")
            devices.enrol_with_code(actor=user, code=found, proof=certificate, now=now)
        except Invalid as problem:
            show_problems(form, problem)
        else:
            return _done(request, found)
    context = {"form": form, "certificate": certificate}
    return render(request, "trust/enrol.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_second_factor
def passkey(request: HttpRequest) -> HttpResponse:
    """Have this computer make a passkey that cannot leave it."""
    user, now = signed_in(request), clock.now()
    found = _pending(request, user)
    if found is None:
        return redirect("trust:enrol")
    form = BoundPasskeyForm(request.POST or None, user=user, initial={"name": found.computer.name})
    if form.is_valid():
        added = factors.add_passkey(
            actor=user, name=found.computer.name, credential=form.cleaned_data["credential"], now=now
        )
        try:
            devices.enrol_with_code(actor=user, code=found, proof=added, now=now)
        except Conflict as problem:
            messages.error(request, str(problem.message))
            return redirect("trust:enrol")
        # It was made, and the person verified, a moment ago: this sign-in has shown it.
        record_authentication(request, user, "mfa", id=added.pk, type=added.type)
        return _done(request, found)
    options = bound_passkeys.options(webauthn.begin_registration(user, passwordless=True))
    context = {"form": form, "options": options, "computer": found.computer}
    return render(request, "trust/enrol_passkey.html", context)


def _pending(request: HttpRequest, user: User) -> EnrolmentCode | None:
    return (
        EnrolmentCode.objects.filter(
            pk=request.session.get(PENDING) or 0,
            agent__user=user,
            used_at__isnull=True,
            expires_at__gt=clock.now(),
        )
        .select_related("computer__entity", "agent", "made_by")
        .first()
    )


def _done(request: HttpRequest, found: EnrolmentCode) -> HttpResponse:
    request.session.pop(PENDING, None)
    messages.success(
        request, _("C’est fait\u202f: %(computer)s est reconnu comme poste fourni.") % {"computer": found.computer}
    )
    return redirect("trust:mine")
