"""Forms of plans: what a plan is asked with."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms import formset_factory
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parvis.portal.rollout import queries, wording
from parvis.portal.rollout.building import EVERY_WEEK
from parvis.portal.rollout.forms import UnitsField
from parvis.portal.rollout.models import Campaign
from parvis.portal.rollout.planning.problem import Resource
from parvis.portal.rollout.services.scenarios import Asked

MOST_CHANGES = 4
"""Rows of changes a plan is asked with."""


class PlanForm(forms.Form):
    """A plan to look for."""

    name = forms.CharField(
        label=gettext_lazy("Nom du plan"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Par exemple\u202f: avec 10 portables de plus."),
    )
    keeps_plan = forms.BooleanField(
        label=gettext_lazy("Déplacer le moins de monde possible par rapport au plan suivi"),
        required=False,
        initial=True,
    )

    def __init__(self, *args: Any, follows: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not follows:
            del self.fields["keeps_plan"]


class ChangeForm(forms.Form):
    """More or less of a resource than the campaign says, for one plan. Left empty, it does not count."""

    resource = forms.ChoiceField(label=gettext_lazy("Ressource"), required=False)
    week = forms.ChoiceField(label=gettext_lazy("Quand"), required=False)
    units = UnitsField(
        label=gettext_lazy("En plus ou en moins"),
        min_value=-(10**6),
        max_value=10**6,
        help_text=gettext_lazy("Par exemple 10, ou −5."),
    )

    def __init__(self, *args: Any, campaign: Campaign, limited: list[Resource], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        resources = [("", _("Choisissez")), *((each.value, str(wording.LABELS[each])) for each in limited)]
        weeks = [(str(at), f"{monday:%d/%m/%Y}") for at, monday in enumerate(queries.mondays(campaign))]
        self.fields["resource"].choices = resources  # type: ignore[attr-defined]
        self.fields["week"].choices = [(EVERY_WEEK, _("Chaque semaine")), *weeks]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A figure without its resource, or the other way round, is half a change."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("units") and not data.get("resource"):
            self.add_error("resource", _("De quelle ressource\u202f?"))
        if data.get("resource") and not data.get("units") and "units" not in self.errors:
            self.add_error("units", _("Combien en plus ou en moins\u202f?"))
        return data


ChangeSet = formset_factory(ChangeForm, extra=MOST_CHANGES, max_num=MOST_CHANGES, absolute_max=MOST_CHANGES)


def asked_of(form: PlanForm, changes: Any) -> Asked:
    """For the service."""
    found: dict[str, dict[str, float]] = {}
    for each in changes:
        data = each.cleaned_data
        if not data.get("resource"):
            continue
        resource = Resource(data["resource"])
        by_week = found.setdefault(resource.value, {})
        week = data["week"] or EVERY_WEEK
        by_week[week] = by_week.get(week, 0.0) + data["units"] * wording.SCALE.get(resource, 1.0)
    data = form.cleaned_data
    return Asked(name=data["name"], changes=found, keeps_plan=data.get("keeps_plan", True))
