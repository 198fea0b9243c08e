"""One's own account: preferences, security, sign-ins, tokens."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.logout import logout
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from parvis.portal.accounts import devices, elsewhere, factors, passwords, services, sign_ins, surroundings, tokens
from parvis.portal.accounts.forms import ProfileForm, TokenForm
from parvis.portal.accounts.models import Scope, Token, User
from parvis.portal.accounts.second_factor import fresh_second_factor
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Invalid


def profile(request: HttpRequest) -> HttpResponseBase:
    """Name, address, language, look."""
    user = _user(request)
    form = ProfileForm(request.POST or None, initial={"language": user.language})
    if form.is_valid():
        language = form.cleaned_data["language"]
        services.change_profile(actor=user, language=language, now=clock.now())
        with translation.override(language):
            messages.success(request, _("C’est enregistré."))
        response = redirect("accounts:profile")
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, language, samesite="Lax", secure=settings.PARVIS.https, httponly=True
        )
        return response
    return render(request, "accounts/profile.html", {"form": form})


@never_cache
def security(request: HttpRequest) -> HttpResponseBase:
    """Password, second factors, recovery codes, sign-ins, tokens: all of it on one page."""
    user, now = _user(request), clock.now()
    mine = list(Authenticator.objects.filter(user=user).order_by("created_at"))
    main = [each for each in mine if each.type != Authenticator.Type.RECOVERY_CODES]
    today = clock.today(now)
    context = {
        "apps": [each for each in main if each.type == Authenticator.Type.TOTP],
        "passkeys": [each for each in main if each.type == Authenticator.Type.WEBAUTHN],
        "may_remove": len(main) > 1,
        "password_elsewhere": passwords.kept_elsewhere(user),
        "codes_left": len(factors.recovery_codes(user)) if main else 0,
        "codes_kept": factors.recovery_codes_kept(user),
        "sections": elsewhere.door().security_sections(request),
        "sign_ins": [_shown(each, sign_ins.current(request)) for each in sign_ins.of_user(user, now=now)],
        "tokens": [
            {"token": each, "scopes": _labels(each), "expired": not each.is_standing(today)}
            for each in tokens.of_user(user)
        ],
    }
    return render(request, "accounts/security.html", context)


@require_POST
def end_sign_ins(request: HttpRequest) -> HttpResponseBase:
    """One of them (`sign_in`), all but this one (`others`) or everywhere (`all`)."""
    user, now, here = _user(request), clock.now(), sign_ins.current(request)
    which = request.POST.get("which", "")
    if which == "all" or which == here:
        sign_ins.end(
            user=user,
            actor=user,
            now=now,
            reason=sign_ins.Reason.ENDED_BY_USER,
            only=None if which == "all" else {here},
            keep=here,
        )
        logout(request)
        return redirect("account_login")
    ended = sign_ins.end(
        user=user,
        actor=user,
        now=now,
        reason=sign_ins.Reason.ENDED_BY_USER,
        only=None if which == "others" else {which},
        keep=here,
    )
    messages.success(request, ngettext("%(n)d connexion fermée.", "%(n)d connexions fermées.", ended) % {"n": ended})
    return redirect("accounts:security")


@never_cache
@fresh_second_factor
def create_token(request: HttpRequest) -> HttpResponseBase:
    """A new token; its secret is shown on the answer and never again."""
    form = TokenForm(request.POST or None)
    if form.is_valid():
        try:
            token, secret = tokens.create(actor=_user(request), now=clock.now(), **form.cleaned_data)
        except Invalid as problem:
            for field, faults in problem.fields.items():
                form.add_error(field, faults)
        else:
            return render(request, "accounts/token_created.html", {"token": token, "secret": secret})
    return render(request, "accounts/create_token.html", {"form": form})


def revoke_token(request: HttpRequest, token_id: int) -> HttpResponseBase:
    """Asks, then revokes."""
    get_object_or_404(tokens.of_user(_user(request)), pk=token_id)
    if request.method == "POST":
        tokens.revoke(actor=_user(request), token_id=token_id, now=clock.now())
        messages.success(request, _("Le jeton ne fonctionne plus."))
        return redirect("accounts:security")
    context = {
        "question": _("Révoquer ce jeton\u202f?"),
        "consequence": _("Les programmes qui l’utilisent n’auront plus accès au portail."),
        "yes": _("Révoquer"),
        "danger": True,
        "back_url": reverse("accounts:security"),
    }
    return render(request, "ui/confirm.html", context)


def _shown(row: UserSession, here: str) -> dict[str, Any]:
    return {
        "surroundings": surroundings.of(row),
        "id": str(row.pk),
        "device": devices.describe(row.user_agent),
        "hand_held": devices.is_hand_held(row.user_agent),
        "address": row.ip,
        "created_at": row.created_at,
        "last_seen_at": row.last_seen_at,
        "here": str(row.pk) == here,
    }


def _labels(token: Token) -> list[str]:
    return [str(Scope(each).label) for each in token.scopes]


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 the login middleware let nobody else in
    return request.user
