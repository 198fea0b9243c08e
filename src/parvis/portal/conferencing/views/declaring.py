"""A tool declared, changed, taken away: heads of IT, who give their second factor anew."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from parvis.portal.accounts.models import User
from parvis.portal.accounts.second_factor import fresh_second_factor
from parvis.portal.conferencing import capabilities, permissions, queries, tasks
from parvis.portal.conferencing.forms import ToolForm, initial_of
from parvis.portal.conferencing.guides import GUIDES
from parvis.portal.conferencing.models import Provider
from parvis.portal.conferencing.services import declaring
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Invalid, NotFound


@require_safe
def choose(request: HttpRequest) -> HttpResponseBase:
    """Which kind?"""
    authz.require(permissions.can_manage(signed_in(request)))
    never, always = capabilities.NEVER_BY_HAND, capabilities.ALWAYS_BY_HAND
    kinds = [
        {
            "kind": kind,
            "label": label,
            "icon": GUIDES[kind].icon,
            "lead": GUIDES[kind].lead,
            "connects": kind not in always,
            "by_hand": kind not in never,
        }
        for kind, label in Provider.Kind.choices
    ]
    return render(request, "conferencing/choose.html", {"kinds": kinds})


@require_http_methods(["GET", "HEAD", "POST"])
@fresh_second_factor
def declare(request: HttpRequest, kind: str) -> HttpResponseBase:
    """A new tool of this kind.

    Raises:
        NotFound: no such kind.
    """
    user = signed_in(request)
    authz.require(permissions.can_manage(user))
    if kind not in capabilities.TABLE:
        raise NotFound
    by_hand = kind in capabilities.ALWAYS_BY_HAND or (
        kind not in capabilities.NEVER_BY_HAND and request.GET.get("a-la-main") == "1"
    )
    initial = {"name": Provider.Kind(kind).label}
    form = ToolForm(request.POST or None, user=user, kind=kind, by_hand=by_hand, initial=initial)
    if form.is_valid():
        try:
            made = declaring.declare(actor=user, data=form.data_for(), secret=form.typed_secret, now=clock.now())
        except Invalid as problem:
            show_problems(form, problem)
        else:
            tasks.ask(made.pk)
            messages.success(request, _("L’outil est déclaré. La vérification est en cours."))
            return redirect("conferencing:tool", tool_id=made.pk)
    return _form(request, form, None, reverse("conferencing:choose"))


@require_http_methods(["GET", "HEAD", "POST"])
@fresh_second_factor
def change(request: HttpRequest, tool_id: int) -> HttpResponseBase:
    """Change it; the kind stays."""
    user, provider = _asked(request, tool_id)
    form = ToolForm(
        request.POST or None,
        user=user,
        kind=provider.kind,
        by_hand=provider.by_hand,
        has_secret=bool(provider.sealed_secret),
        initial=initial_of(provider),
    )
    if form.is_valid():
        try:
            data, secret = form.data_for(), form.typed_secret
            declaring.change(actor=user, provider=provider, data=data, secret=secret, now=clock.now())
        except Invalid as problem:
            show_problems(form, problem)
            provider.refresh_from_db()
        else:
            tasks.ask(provider.pk)
            messages.success(request, _("Les changements sont enregistrés."))
            return redirect("conferencing:tool", tool_id=provider.pk)
    return _form(request, form, provider, reverse("conferencing:tool", args=[provider.pk]))


@require_http_methods(["GET", "HEAD", "POST"])
@fresh_second_factor
def remove(request: HttpRequest, tool_id: int) -> HttpResponseBase:
    """Ask, then take it away."""
    user, provider = _asked(request, tool_id)
    if request.method == "POST":
        declaring.remove(actor=user, provider=provider, now=clock.now())
        messages.success(request, _("L’outil est retiré."))
        return redirect("conferencing:manage")
    context = {
        "question": _("Retirer «\u202f%(tool)s\u202f»\u202f?") % {"tool": provider},
        "consequence": _(
            "Son secret est effacé. Un outil qui a déjà servi ne se retire pas\u202f: ne le proposez plus."
        ),
        "yes": _("Retirer"),
        "danger": True,
        "back_url": reverse("conferencing:tool", args=[provider.pk]),
    }
    return render(request, "ui/confirm.html", context)


def _form(request: HttpRequest, form: ToolForm, provider: Provider | None, back_url: str) -> HttpResponseBase:
    context = {
        "form": form,
        "provider": provider,
        "kind": form.kind,
        "label": Provider.Kind(form.kind).label,
        "by_hand": form.by_hand,
        "back_url": back_url,
    }
    return render(request, "conferencing/tool_form.html", context)


def _asked(request: HttpRequest, tool_id: int) -> tuple[User, Provider]:
    user = signed_in(request)
    provider = one(queries.providers_run_by(user), tool_id)
    authz.require(permissions.can_manage(user, provider.entity))
    return user, provider
