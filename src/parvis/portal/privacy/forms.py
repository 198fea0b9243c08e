"""Forms of this room's pages."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from parvis.portal.privacy import sentences
from parvis.portal.privacy.registry import Kind
from parvis.portal.privacy.trail import Asked


class TrailForm(forms.Form):
    """The filters of the audit trail; a GET form, so that a search can be kept as an address."""

    q = forms.CharField(
        label=_("Mots"), required=False, max_length=100, widget=forms.TextInput(attrs={"type": "search"})
    )
    person = forms.CharField(
        label=_("Personne qui agit"), required=False, max_length=100, widget=forms.TextInput(attrs={"type": "search"})
    )
    family = forms.ChoiceField(label=_("Sujet"), required=False)
    since = forms.DateField(label=_("Du"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("Au"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    address = forms.GenericIPAddressField(label=_("Adresse"), required=False)
    correlation = forms.RegexField(r"^[0-9a-f]{32}$", required=False, widget=forms.HiddenInput)
    target = forms.RegexField(r"^[a-z_]+\.[a-z_]+:[0-9a-f-]{1,36}$", required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        family = self.fields["family"]
        assert isinstance(family, forms.ChoiceField)  # noqa: S101 declared above
        family.choices = [("", _("Tous")), *sentences.FAMILIES.items()]

    def clean(self) -> dict[str, Any]:
        """The days in order."""
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if isinstance(since, date) and isinstance(until, date) and until < since:
            self.add_error("until", _("Ce jour est avant le premier."))
        for name in ("q", "person"):
            cleaned[name] = str(cleaned.get(name) or "").replace("\x00", "")
        return cleaned

    def asked(self) -> Asked:
        """What is asked; of a wrong field, nothing."""
        self.is_valid()
        data = self.cleaned_data
        kind, _colon, key = str(data.get("target") or "").partition(":")
        return Asked(
            since=data.get("since"),
            until=data.get("until"),
            person=data.get("person", ""),
            family=data.get("family", ""),
            address=data.get("address", ""),
            correlation=data.get("correlation", ""),
            target=(kind, key) if key else None,
            text=data.get("q", ""),
        )


class RetentionForm(forms.Form):
    """How long a kind of data is kept."""

    months = forms.IntegerField(label=_("Durée de conservation, en mois"))

    def __init__(self, *args: Any, kind: Kind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        bounds = {"least": kind.shortest_months, "most": kind.longest_months}
        self.fields["months"] = forms.IntegerField(
            label=self.fields["months"].label,
            min_value=kind.shortest_months,
            max_value=kind.longest_months,
            help_text=_("Entre %(least)d et %(most)d mois.") % bounds,
        )
