"""The one form of a meeting: when, how long, who, with what. What is right or wrong is said by the services."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from parvis.portal.booking.forms import DaysField
from parvis.portal.kernel import clock
from parvis.portal.meetings import rules
from parvis.portal.meetings.drafts import PASTED_AT_MOST
from parvis.portal.meetings.models import Guest, Meeting

MINUTES = (15, 30, 45, 60, 90, 120, 180, 240)
FAR_DAYS = 3650
_NEEDS_ASKED = ("no_webcam", "share", "record", "video", "lobby")


def date_input() -> forms.DateInput:
    """A day, as browsers ask for it."""
    return forms.DateInput({"type": "date", "class": "form-control"}, "%Y-%m-%d")


class AskForm(forms.Form):
    """What a meeting is asked to be. Guests are hidden values beside it (`asking`)."""

    title = forms.CharField(label=_("Objet"), max_length=200, initial=_("Réunion"))
    day = forms.DateField(label=_("Jour"), widget=date_input())
    at = forms.TimeField(
        label=_("Heure"), widget=forms.TimeInput({"type": "time", "class": "form-control", "step": 300}, "%H:%M")
    )
    minutes = forms.TypedChoiceField(
        label=_("Durée"), coerce=int, initial=30,
        choices=[(m, f"{m} min" if m < 60 else f"{m // 60} h" + (f" {m % 60:02d}" if m % 60 else "")) for m in MINUTES],
    )  # fmt: skip
    people = forms.IntegerField(
        label=_("Combien de personnes, vous compris"), min_value=1, max_value=rules.PEOPLE_AT_MOST, initial=2
    )
    audience = forms.ChoiceField(
        label=_("Avec qui"), choices=Meeting.Audience, initial=Meeting.Audience.INTERNAL, widget=forms.RadioSelect
    )
    by_phone_only = forms.BooleanField(label=_("Au moins une personne n’a qu’un téléphone"), required=False)
    needs = forms.MultipleChoiceField(
        label=_("Il faut aussi"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=[(code, rules.NEEDS[code]) for code in _NEEDS_ASKED],
    )  # fmt: skip
    on_site = forms.IntegerField(
        label=_("Combien dans une salle, sur place"), min_value=0, max_value=2000, initial=0, required=False,
        help_text=_("0\u202f: tout le monde est à distance."),
    )  # fmt: skip
    pasted = forms.CharField(
        label=_("Coller des adresses"), required=False, max_length=PASTED_AT_MOST,
        widget=forms.Textarea({"rows": 2}), help_text=_("Séparées par des virgules ou des retours à la ligne."),
    )  # fmt: skip
    agenda = forms.CharField(
        label=_("Ordre du jour"), required=False, max_length=4000, widget=forms.Textarea({"rows": 3})
    )
    repeat = forms.ChoiceField(label=_("Se répète"), choices=list(rules.REPEATS.items()), required=False)
    until = forms.DateField(label=_("Jusqu’au"), required=False, widget=date_input())
    skip = DaysField()
    organiser_email = forms.EmailField(
        label=_("Réserver pour quelqu’un d’autre"), required=False,
        widget=forms.EmailInput({"list": "colleagues", "autocomplete": "off"}),
        help_text=_("Son adresse électronique. Vide\u202f: pour vous."),
    )  # fmt: skip
    join_url = forms.URLField(
        label=_("Lien de la réunion"), required=False, max_length=1000, assume_scheme="https",
        help_text=_("Si vous la réservez vous-même sur le site de l’outil."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        said = self["minutes"].value()
        # Another length than those offered (a meeting made by a program) stays choosable.
        if str(said).isdecimal() and len(str(said)) < 6 and 5 <= int(said) <= 720 and int(said) not in MINUTES:
            field = self.fields["minutes"]
            field.choices = [*field.choices, (int(said), f"{int(said)} min")]  # type: ignore[attr-defined]

    def clean_day(self) -> date:
        """A day one may count from."""
        day: date = self.cleaned_data["day"]
        if abs((day - clock.today()).days) > FAR_DAYS:
            raise forms.ValidationError(_("Choisissez un jour dans l’année."))
        return day

    def clean(self) -> dict[str, Any]:
        """A series has an end, not before its start."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("repeat") and "until" in data:
            if data["until"] is None:
                self.add_error("until", _("Dites jusqu’à quel jour la réunion se répète."))
            elif data.get("day") and not data["day"] <= data["until"] <= data["day"] + rules.AHEAD:
                self.add_error("until", _("Choisissez un jour après le premier, dans l’année."))
        return data

    @property
    def times(self) -> tuple[datetime, datetime] | None:
        """Start and end, if the fields for them are right."""
        data = getattr(self, "cleaned_data", {})
        if not (data.get("day") and data.get("at") and data.get("minutes")):
            return None
        starts = datetime.combine(data["day"], data["at"], tzinfo=rules.PARIS).astimezone(UTC)
        return starts, starts + timedelta(minutes=data["minutes"])


class InviteForm(forms.Form):
    """More people for a meeting that exists."""

    pasted = forms.CharField(
        label=_("Adresses à inviter"), max_length=PASTED_AT_MOST, widget=forms.Textarea({"rows": 2}),
        help_text=_("Séparées par des virgules ou des retours à la ligne."),
    )  # fmt: skip
    role = forms.ChoiceField(label=_("Rôle"), choices=Guest.Role, initial=Guest.Role.SPEAKER)


class CancelForm(forms.Form):
    """Why, for those invited, and which of a series."""

    reason = forms.CharField(
        label=_("Un mot aux invités"), required=False, max_length=300, widget=forms.Textarea({"rows": 2})
    )
    scope = forms.ChoiceField(
        label=_("Annuler"), required=False, initial="one", widget=forms.RadioSelect,
        choices=[("one", _("Cette réunion seulement")), ("following", _("Celle-ci et toutes les suivantes"))],
    )  # fmt: skip
