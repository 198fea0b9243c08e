"""Minimum staff on site: what each department asks, and the half-days of the next four weeks that fall short."""

from __future__ import annotations

from itertools import groupby

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Invalid, NotAllowed
from parvis.portal.presence import permissions, queries, services, staffing
from parvis.portal.presence.permissions import NOT_HEAD
from parvis.portal.presence.services.staffing import add_minimum, remove_minimum
from parvis.portal.presence.staffing_models import Minimum

SHOWN = 200


class AlwaysForm(forms.Form):
    """The same number each half-day, for everybody."""

    minimum_on_site = forms.IntegerField(
        label=gettext_lazy("Agents sur site, chaque demi-journée travaillée"),
        min_value=0,
        max_value=9999,
        help_text=gettext_lazy("Service et tout ce qui lui est rattaché. 0\u202f: pas de minimum."),
    )


class MinimumForm(forms.Form):
    """One more minimum, for some half-days or some jobs."""

    weekday = forms.TypedChoiceField(
        label=gettext_lazy("Jour"), choices=Minimum.Weekday.choices, coerce=int, initial=Minimum.Weekday.EVERY
    )
    half = forms.ChoiceField(
        label=gettext_lazy("Moment"), required=False, choices=[("", gettext_lazy("Journée")), *Minimum.Half.choices]
    )
    job = forms.CharField(
        label=gettext_lazy("Fonction"),
        required=False,
        max_length=100,
        help_text=gettext_lazy("Seulement les agents dont la fonction contient ces mots. Vide\u202f: tous."),
    )
    least = forms.IntegerField(label=gettext_lazy("Agents sur site au moins"), min_value=1, max_value=9999)


def minimums(request: HttpRequest, entity_id: int) -> HttpResponse:
    """What a department asks; the forms to change it."""
    user = signed_in(request)
    entity = one(queries.departments_in_detail(user), entity_id)
    authz.require(permissions.can_set_policy(user, entity))
    policy = getattr(entity, "presence_policy", None)
    always = AlwaysForm(initial={"minimum_on_site": policy.minimum_on_site if policy else 0})
    form = MinimumForm(request.POST if "least" in request.POST else None)
    if request.method == "POST" and "minimum_on_site" in request.POST:
        always = AlwaysForm(request.POST)
        if always.is_valid():
            services.save_policy(actor=user, entity=entity, now=clock.now(), **always.cleaned_data)
            messages.success(request, _("Le minimum est enregistré."))
            return redirect("presence:minimums", entity_id=entity.pk)
    elif request.method == "POST" and form.is_valid():
        try:
            add_minimum(actor=user, entity=entity, now=clock.now(), **form.cleaned_data)
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("Le minimum est ajouté."))
            return redirect("presence:minimums", entity_id=entity.pk)
    rows = Minimum.objects.filter(entity=entity)
    context = {"entity": entity, "always": always, "form": form, "rows": rows}
    return render(request, "presence/team/minimums.html", context)


def remove(request: HttpRequest, minimum_id: int) -> HttpResponse:
    """Ask, then take it away."""
    user = signed_in(request)
    seen = Minimum.objects.filter(entity__in=queries.departments_in_detail(user)).select_related("entity")
    minimum = one(seen, minimum_id)
    authz.require(permissions.can_set_policy(user, minimum.entity))
    back_url = reverse("presence:minimums", args=[minimum.entity_id])
    if request.method == "POST":
        remove_minimum(actor=user, minimum=minimum, now=clock.now())
        messages.success(request, _("Le minimum est retiré."))
        return redirect(back_url)
    context = {"question": _("Retirer ce minimum\u202f?"), "yes": _("Retirer"), "danger": True, "back_url": back_url}
    return render(request, "ui/confirm.html", context)


@require_safe
def alerts(request: HttpRequest) -> HttpResponse:
    """What is short in the next four weeks, by day."""
    user, today = signed_in(request), clock.today()
    entities = list(queries.departments_in_detail(user))
    if not entities:
        raise NotAllowed(NOT_HEAD.reason, code=NOT_HEAD.code, advice=NOT_HEAD.advice)
    found = staffing.shortages(entities, today, today + staffing.AHEAD)
    days = [(day, list(several)) for day, several in groupby(found[:SHOWN], lambda each: each.date)]
    context = {
        "days": days,
        "count": len(found),
        "more": max(len(found) - SHOWN, 0),
        "asked": bool(staffing.needs_in(entities)),
        "first": entities[0],
    }
    return render(request, "presence/team/alerts.html", context)
