"""Forms: a new stock-take, which labels to print."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.queries import STAFF_ROLES, perimeter, within
from parvis.portal.parc.models import Asset, Site
from parvis.portal.stocktake.labels import SHEETS


def managed_sites(user: User) -> Any:
    """The sites whose assets this user manages."""
    return Site.objects.filter(within(perimeter(user, *STAFF_ROLES))).select_related("entity").order_by("name")


class StocktakeForm(forms.Form):
    """Which site, under which name."""

    site = forms.ModelChoiceField(Site.objects.none(), label=_("Site"), empty_label=_("Choisissez"))
    name = forms.CharField(
        label=_("Nom"),
        max_length=120,
        required=False,
        help_text=_("Par exemple «\u202fInventaire 2026\u202f». Vide\u202f: le nom du site."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site"].queryset = managed_sites(user)  # type: ignore[attr-defined]


class LabelsForm(forms.Form):
    """What the labels are for, on which sheet, from which place of it."""

    site = forms.ModelChoiceField(Site.objects.none(), label=_("Site"), required=False, empty_label=_("Tous les sites"))
    kind = forms.ChoiceField(label=_("Type"), required=False)
    q = forms.CharField(
        label=_("Nom, numéro d’inventaire ou de série"),
        max_length=100,
        required=False,
        help_text=_("Vide\u202f: tout le matériel du site et du type choisis."),
    )
    sheet = forms.ChoiceField(label=_("Planche"), choices=[(name, sheet.label) for name, sheet in SHEETS.items()])
    skip = forms.IntegerField(
        label=_("Étiquettes déjà utilisées"),
        min_value=0,
        max_value=200,
        required=False,
        help_text=_("Pour finir une planche entamée\u202f: combien manquent au début."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site"].queryset = managed_sites(user)  # type: ignore[attr-defined]
        self.fields["kind"].choices = [("", _("Tous")), *Asset.Kind.choices]  # type: ignore[attr-defined]
