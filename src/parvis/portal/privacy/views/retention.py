"""What is kept, why and for how long; what a purge would delete."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from parvis.portal.accounts.second_factor import fresh_second_factor
from parvis.portal.directory.access import show_problems, signed_in
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Invalid, NotFound
from parvis.portal.privacy import permissions, registry, retention
from parvis.portal.privacy.forms import RetentionForm
from parvis.portal.privacy.models import KindState
from parvis.portal.privacy.registry import Kind


@never_cache
def kinds(request: HttpRequest) -> HttpResponseBase:
    """The register, one kind a row. Figures are the last purge's."""
    user = signed_in(request)
    authz.require(permissions.can_see_retention(user))
    states = {state.kind: state for state in KindState.objects.select_related("changed_by")}
    months = retention.months_by_kind()
    context = {
        "rows": [(kind, months[kind.name], states.get(kind.name)) for kind in registry.kinds()],
        "may_set": permissions.can_set_retention(user),
        "counted_at": max((each.counted_at for each in states.values() if each.counted_at), default=None),
    }
    return render(request, "privacy/kinds.html", context)


@never_cache
def preview(request: HttpRequest) -> HttpResponseBase:
    """What the next purge of a kind (`?donnees=`) would delete."""
    user = signed_in(request)
    authz.require(permissions.can_set_retention(user))
    kind = _kind(request)
    context = {"kind": kind, "months": retention.months_of(kind), "preview": retention.preview(kind, now=clock.now())}
    return render(request, "privacy/preview.html", context)


@never_cache
@fresh_second_factor
def change(request: HttpRequest) -> HttpResponseBase:
    """Choose a retention: first what it would delete, then, confirmed, the change."""
    user, now = signed_in(request), clock.now()
    authz.require(permissions.can_set_retention(user))
    kind = _kind(request)
    if kind.retention_months is None:
        raise NotFound
    form = RetentionForm(request.POST or None, kind=kind, initial={"months": retention.months_of(kind)})
    foreseen = None
    if form.is_valid():
        months = form.cleaned_data["months"]
        foreseen = retention.preview(kind, now=now, months=months)
        if request.POST.get("confirmed"):
            try:
                retention.set_months(actor=user, name=kind.name, months=months, now=now)
            except Invalid as problem:
                show_problems(form, problem)
            else:
                messages.success(request, _("La durée est changée. Elle vaut dès le prochain passage."))
                return redirect("privacy:kinds")
    return render(request, "privacy/change.html", {"kind": kind, "form": form, "preview": foreseen})


def _kind(request: HttpRequest) -> Kind:
    found = registry.kind_named(request.GET.get("donnees", ""))
    if found is None:
        raise NotFound
    return found
