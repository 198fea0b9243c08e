"""Second factors: the first one, another one, recovery codes, and giving it again."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.reauthentication import resume_request
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AddWebAuthnForm, ReauthenticateWebAuthnForm
from allauth.mfa.webauthn.internal import auth as webauthn
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from parvis.portal.accounts import elsewhere, enrolment, factors, second_factor, sign_ins, terms
from parvis.portal.accounts.forms import CodeForm, CodesKeptForm, EnrolmentForm, PasskeyNameForm
from parvis.portal.accounts.middleware import second_factor_not_required
from parvis.portal.accounts.models import User
from parvis.portal.accounts.second_factor import fresh_second_factor
from parvis.portal.kernel import clock

View = Callable[..., HttpResponseBase]
_AFTERWARDS = "accounts.after_enrolment"


def first_or_fresh(view: View) -> View:
    """For an account without second factor, or with a fresh one: nobody adds a second one to an unattended screen."""

    @second_factor_not_required
    @never_cache
    @require_http_methods(["GET", "POST"])
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        second_factor.require_may_enrol(request)
        return view(request, *args, **kwargs)

    return guarded


@first_or_fresh
def choose(request: HttpRequest) -> HttpResponseBase:
    """At the first sign-in: what a second factor is, and the two kinds to choose from."""
    request.session[_AFTERWARDS] = _safe(request, request.GET.get("next", ""))
    context = {"first": not second_factor.exists_for(request.user), "passkey_wanted": _passkey_wanted(request)}
    return render(request, "accounts/enrolment.html", context)


@first_or_fresh
def add_app(request: HttpRequest) -> HttpResponseBase:
    """The QR code, the key, and the field for the first code."""
    user = _user(request)
    if _passkey_wanted(request):
        return redirect("accounts:add_passkey")
    first = not second_factor.exists_for(user)
    offer = enrolment.offer(request, user)
    form = EnrolmentForm(request.POST or None, user=user, secret=offer.secret)
    if form.is_valid():
        added = factors.add_app(actor=user, secret=offer.secret, step=form.cleaned_data["code"], now=clock.now())
        enrolment.forget(request)
        return _added(request, added, first)
    return render(request, "accounts/add_app.html", {"form": form, "offer": offer, "first": first})


@first_or_fresh
def add_passkey(request: HttpRequest) -> HttpResponseBase:
    """Asks the browser for a passkey. It always verifies the person (finger, face or PIN)."""
    user = _user(request)
    first = not second_factor.exists_for(user)
    form = AddWebAuthnForm(request.POST or None, user=user)
    form.fields["name"].label = _("Nom de cette clé d’accès")
    form.fields["credential"].label = _("Clé d’accès")
    form.fields.pop("passwordless", None)
    if form.is_valid():
        added = factors.add_passkey(
            actor=user, name=form.cleaned_data["name"], credential=form.cleaned_data["credential"], now=clock.now()
        )
        return _added(request, added, first)
    options = webauthn.begin_registration(user, passwordless=True)
    context = {"form": form, "options": options, "first": first, "passkey_wanted": _passkey_wanted(request)}
    return render(request, "accounts/add_passkey.html", context)


@never_cache
@fresh_second_factor
def recovery_codes(request: HttpRequest) -> HttpResponseBase:
    """The unused codes, to print or copy; saying that they are kept."""
    user = _user(request)
    form = CodesKeptForm(request.POST or None)
    if form.is_valid():
        factors.confirm_recovery_codes_kept(actor=user, now=clock.now())
        return redirect(request.session.pop(_AFTERWARDS, "") or "accounts:security")
    codes = [f"{code[:4]} {code[4:]}" for code in factors.recovery_codes(user)]
    return render(request, "accounts/recovery_codes.html", {"form": form, "codes": codes, "now": clock.now()})


@require_POST
@fresh_second_factor
def renew_recovery_codes(request: HttpRequest) -> HttpResponseBase:
    """Ten new ones."""
    factors.renew_recovery_codes(actor=_user(request), now=clock.now())
    messages.success(request, _("Voici vos nouveaux codes. Les anciens ne fonctionnent plus."))
    return redirect("accounts:recovery_codes")


@fresh_second_factor
def remove(request: HttpRequest, factor_id: int) -> HttpResponseBase:
    """Asks, then removes an app or a passkey."""
    get_object_or_404(Authenticator, user=_user(request), pk=factor_id)
    if request.method == "POST":
        factors.remove(actor=_user(request), factor_id=factor_id, sign_in=sign_ins.current(request), now=clock.now())
        messages.success(request, _("C’est retiré."))
        return redirect("accounts:security")
    context = {
        "question": _("Retirer cette deuxième étape de connexion\u202f?"),
        "consequence": _("Vous ne pourrez plus l’utiliser pour vous connecter. Vos autres connexions seront fermées."),
        "yes": _("Retirer"),
        "danger": True,
        "back_url": reverse("accounts:security"),
    }
    return render(request, "ui/confirm.html", context)


@fresh_second_factor
def rename_passkey(request: HttpRequest, factor_id: int) -> HttpResponseBase:
    """Another name for a passkey."""
    user = _user(request)
    get_object_or_404(Authenticator, user=user, pk=factor_id)
    form = PasskeyNameForm(request.POST or None)
    if form.is_valid():
        factors.rename_passkey(actor=user, factor_id=factor_id, name=form.cleaned_data["name"])
        return redirect("accounts:security")
    return render(request, "accounts/rename_passkey.html", {"form": form})


@second_factor_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def give_again(request: HttpRequest) -> HttpResponseBase:
    """Asks for the second factor once more, then goes back to what was interrupted."""
    user = _user(request)
    back = _safe(request, request.GET.get("next", ""))
    ways = elsewhere.door().ways_to_confirm(request, back)
    if not second_factor.exists_for(user) and not ways:
        return redirect("accounts:enrolment")
    by_code = "code" in request.POST
    code_form = CodeForm(request.POST if by_code else None, user=user)
    key_form = ReauthenticateWebAuthnForm(request.POST if request.POST and not by_code else None, user=user)
    form = code_form if by_code else key_form
    if form.is_valid():
        form.save()
        # What was interrupted: a page to go back to, or a form to send again.
        return resume_request(request) or redirect(back or "/")
    kinds = set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    context = {
        "form": code_form,
        "key_form": key_form,
        "has_one": bool(kinds),
        "ways": ways,
        "has_app": Authenticator.Type.TOTP in kinds,
        "has_passkey": Authenticator.Type.WEBAUTHN in kinds,
        "options": webauthn.begin_authentication(user) if Authenticator.Type.WEBAUTHN in kinds else None,
    }
    return render(request, "accounts/give_again.html", context)


def _added(request: HttpRequest, added: Authenticator, first: bool) -> HttpResponse:
    user = _user(request)
    # The code, or the passkey, was just given: the sign-in is complete.
    record_authentication(request, user, "mfa", id=added.pk, type=added.type)
    messages.success(request, _("C’est enregistré. Votre compte est protégé."))
    if first or not factors.recovery_codes_kept(user):
        return redirect("accounts:recovery_codes")
    return redirect("accounts:security")


def _passkey_wanted(request: HttpRequest) -> bool:
    """The policy wants a passkey and there is none: an app would not do."""
    if second_factor.signed_in_as_persona(request):
        return False
    return terms.of(request).policy.passkey_only and not second_factor.has_passkey(request.user)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 the login middleware let nobody else in
    return request.user


def _safe(request: HttpRequest, address: str) -> str:
    return address if url_has_allowed_host_and_scheme(address, {request.get_host()}) else ""
