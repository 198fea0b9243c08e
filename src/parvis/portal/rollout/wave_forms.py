"""Forms of waves: they ask and shape; the services decide."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from parvis.portal.kernel import clock
from parvis.portal.rollout import wave_words
from parvis.portal.rollout.models import Wave
from parvis.portal.ui import formats


class PublishForm(forms.Form):
    """When a wave opens; whom it was said to be for is asked again if that has changed."""

    day = forms.DateField(label=gettext_lazy("Jour d’ouverture"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    hour = forms.TimeField(
        label=gettext_lazy("Heure"),
        widget=forms.TimeInput({"type": "time"}, "%H:%M"),
        help_text=gettext_lazy("À partir de cette heure, les agents de la vague peuvent commencer."),
    )
    scenario = forms.IntegerField(widget=forms.HiddenInput)

    def starts_at(self) -> datetime:
        """The instant, by Paris's clock."""
        day, hour = self.cleaned_data["day"], self.cleaned_data["hour"]
        return datetime.combine(day, time(hour.hour, hour.minute), clock.PARIS)


class WaveChoiceField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A choice of wave, with its hour."""

    def label_from_instance(self, wave: Any) -> str:
        """`Vague 2, lundi 30 novembre 2026 à 08:00`."""
        return f"{wave_words.name_of(wave)}, {formats.instant(wave.starts_at)}"


class MoveForm(forms.Form):
    """Another wave, or none."""

    wave = WaveChoiceField(
        Wave.objects.none(),
        label=gettext_lazy("Nouvelle vague"),
        required=False,
        empty_label=gettext_lazy("Aucune\u202f: retirer de cette vague"),
    )

    def __init__(self, *args: Any, waves: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["wave"].queryset = waves  # type: ignore[attr-defined]


class PutInForm(forms.Form):
    """Somebody of the campaign who is in no wave, by e-mail address."""

    email = forms.EmailField(
        label=gettext_lazy("Adresse électronique de l’agent"),
        help_text=gettext_lazy("Un agent de la campagne qui n’est dans aucune vague."),
    )
