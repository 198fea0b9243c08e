"""Forms of agents: days, the usual week. What is right or wrong is said by the services."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parvis.portal.presence import rules
from parvis.portal.presence.rules import Half, Status

_DATE = {"type": "date"}
USUAL = "usual"
"""On forms: back to the usual week. (An empty value would be « nothing chosen ».)"""

WEEKDAYS = (
    gettext_lazy("Lundi"),
    gettext_lazy("Mardi"),
    gettext_lazy("Mercredi"),
    gettext_lazy("Jeudi"),
    gettext_lazy("Vendredi"),
    gettext_lazy("Samedi"),
    gettext_lazy("Dimanche"),
)


def with_letter(status: Status) -> SafeString:
    """Its name after its mark, as the calendar shows it."""
    mark = '<span class="presence-letter presence-{}" aria-hidden="true">{}</span> {}'
    return format_html(mark, status.colour, status.letter, status.label)


class DeclareForm(forms.Form):
    """Where an agent is, from a day to a day."""

    starts_date = forms.DateField(label=gettext_lazy("Du"), widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d"))
    ends_date = forms.DateField(
        label=gettext_lazy("Au"),
        required=False,
        widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d"),
        help_text=gettext_lazy("Dernier jour compris. Vide\u202f: ce jour seulement."),
    )
    half = forms.ChoiceField(
        label=gettext_lazy("Moment"),
        required=False,
        choices=[
            ("", gettext_lazy("Journée")),
            (Half.AM.value, gettext_lazy("Matin")),
            (Half.PM.value, gettext_lazy("Après-midi")),
        ],
        widget=forms.RadioSelect,
    )
    status = forms.ChoiceField(label=gettext_lazy("Statut"), widget=forms.RadioSelect)
    seen = forms.CharField(required=False, max_length=20_000, widget=forms.HiddenInput)
    """Revisions the page showed: `2026-11-23:4,…`."""

    def __init__(self, *args: Any, statuses: Sequence[Status], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.statuses = statuses
        self.fields["status"].choices = [  # type: ignore[attr-defined]
            *((status.code, with_letter(status)) for status in statuses),
            (USUAL, _("Revenir à la semaine habituelle")),
        ]

    def clean(self) -> dict[str, Any]:
        """An empty end is the start."""
        data = super().clean() or self.cleaned_data
        if not data.get("ends_date"):
            data["ends_date"] = data.get("starts_date")
        return data

    def arguments(self) -> dict[str, Any]:
        """For `services.declare`."""
        data = self.cleaned_data
        return {
            "starts": data["starts_date"],
            "ends": data["ends_date"],
            "status": "" if data["status"] == USUAL else data["status"],
            "half": Half(data["half"]) if data["half"] else None,
            "seen": parse_seen(data["seen"]),
        }


def parse_seen(text: str) -> dict[date, int]:
    """Revisions by date; what is not of the form is left out."""
    found = {}
    for part in text.split(","):
        day, _colon, revision = part.partition(":")
        try:
            found[date.fromisoformat(day)] = int(revision)
        except ValueError:
            continue
    return found


class PatternForm(forms.Form):
    """A usual week: a choice for each half-day, twice when even and odd weeks differ."""

    starts_date = forms.DateField(
        label=gettext_lazy("À partir du"), widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d")
    )
    ends_date = forms.DateField(
        label=gettext_lazy("Jusqu’au"),
        required=False,
        widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d"),
        help_text=gettext_lazy("Vide\u202f: sans fin."),
    )

    def __init__(self, *args: Any, statuses: Sequence[Status], alternate: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.size = rules.WEEK * (2 if alternate else 1)
        choices = [("", _("Ne travaille pas")), *((status.code, status.label) for status in statuses)]
        for rank in range(self.size):
            self.fields[f"half_{rank}"] = forms.ChoiceField(
                choices=choices, required=False, label=self._label(rank), widget=forms.Select
            )

    def _label(self, rank: int) -> str:
        day, afternoon = divmod(rank % rules.WEEK, 2)
        moment = _("après-midi") if afternoon else _("matin")
        text = f"{WEEKDAYS[day]} {moment}"
        if self.size == rules.WEEK:
            return text
        return f"{text} ({_('semaine impaire') if rank >= rules.WEEK else _('semaine paire')})"

    def tables(self) -> Iterator[dict[str, object]]:
        """For the page: one table, or one for even and one for odd weeks; a row a day."""
        for first in range(0, self.size, rules.WEEK):
            caption = ""
            if self.size > rules.WEEK:
                caption = _("Semaines impaires") if first else _("Semaines paires")
            rows = [
                (WEEKDAYS[day], self[f"half_{first + day * 2}"], self[f"half_{first + day * 2 + 1}"])
                for day in range(7)
            ]
            yield {"caption": caption, "rows": rows}

    @property
    def halves(self) -> list[str]:
        """For `services.propose_pattern`."""
        return [self.cleaned_data[f"half_{rank}"] for rank in range(self.size)]


def initial_halves(halves: Sequence[str], size: int) -> dict[str, str]:
    """A pattern as initial values; a single week is repeated for even and odd."""
    if not halves:
        halves = ["on_site"] * 10 + [""] * 4
    return {f"half_{rank}": halves[rank % len(halves)] for rank in range(size)}
