"""The numbers of an authority that a simulation is asked with."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parvis.portal.rollout.simulation.assumptions import DEFAULTS

MOST_PEOPLE = 3_000


def _number(name: str, label: Any, help_text: Any = "", *, least: int = 1, most: int = MOST_PEOPLE) -> Any:
    initial = int(DEFAULTS[name].value) or None
    return forms.IntegerField(label=label, help_text=help_text, min_value=least, max_value=most, initial=initial)


class SimulationForm(forms.Form):
    """Who, at what pace, with how many loans. The interview's, until somebody says otherwise."""

    people = _number("people", gettext_lazy("Agents à équiper"))
    before = _number("before", gettext_lazy("Déjà en télétravail"), least=0, most=100_000)
    per_week = _number("per_week", gettext_lazy("Par semaine, à la main"))
    loans = _number("loans", gettext_lazy("Ordinateurs à prêter"), least=0)
    technicians = forms.IntegerField(
        label=gettext_lazy("Techniciens"),
        min_value=1,
        max_value=500,
        required=False,
        help_text=gettext_lazy("Vide\u202f: ceux qu’il faut pour tenir ce rythme à la main."),
    )

    def clean(self) -> dict[str, Any]:
        """No more loans than people."""
        found = super().clean() or {}
        if found.get("loans", 0) > found.get("people", MOST_PEOPLE):
            self.add_error("loans", _("Pas plus de prêts que d’agents."))
        return found

    def numbers(self) -> dict[str, float]:
        """By the names of the assumptions; what is left empty is left to the simulation."""
        return {name: float(value) for name, value in self.cleaned_data.items() if value is not None}
