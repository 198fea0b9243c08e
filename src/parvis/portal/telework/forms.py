"""Forms of requests and decisions. What is right or wrong is said by the services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.forms import date_input
from parvis.portal.directory.models import Agent, Role
from parvis.portal.directory.queries import STAFF_ROLES, agents_visible_to, perimeter, within
from parvis.portal.telework.models import Level, Request
from parvis.portal.telework.wording import WEEKDAYS


class AskForm(forms.Form):
    """What is wanted, then three questions: the computer, the connection, the days."""

    level = forms.TypedChoiceField(
        label=_("Ce qu’il vous faut"), choices=Level.choices, coerce=int, widget=forms.RadioSelect
    )
    machine = forms.ChoiceField(
        label=_("1. Sur quel ordinateur travaillerez-vous à la maison\u202f?"),
        choices=Request.Machine.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choisissez une réponse.")},
    )
    has_phone = forms.BooleanField(
        label=_("On peut m’appeler sur mon propre téléphone les jours de télétravail"), required=False, initial=True
    )
    line = forms.ChoiceField(
        label=_("2. Quelle connexion à Internet avez-vous à la maison\u202f?"),
        choices=Request.Line.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choisissez une réponse.")},
    )
    days = forms.TypedMultipleChoiceField(
        label=_("3. Quels jours souhaitez-vous télétravailler\u202f?"),
        choices=list(enumerate(WEEKDAYS)),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choisissez au moins un jour.")},
    )
    starts_date = forms.DateField(label=_("À partir du"), widget=date_input())
    ends_date = forms.DateField(
        label=_("Jusqu’au"), widget=date_input(), required=False, help_text=_("Laissez vide s’il n’y a pas de fin.")
    )
    note = forms.CharField(
        label=_("Une précision\u202f?"),
        max_length=300,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Facultatif. Jamais d’information médicale."),
    )

    def wish(self) -> dict[str, Any]:
        """What the service takes."""
        names = ("level", "machine", "has_phone", "line", "days", "starts_date", "ends_date", "note")
        return {name: self.cleaned_data[name] for name in names}


class DaysForm(forms.Form):
    """Other weekdays, and from when."""

    days = forms.TypedMultipleChoiceField(
        label=_("Jours de télétravail"),
        choices=list(enumerate(WEEKDAYS)),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choisissez au moins un jour.")},
    )
    starts_date = forms.DateField(label=_("À partir du"), widget=date_input())
    note = forms.CharField(
        label=_("Une précision\u202f?"),
        max_length=300,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Facultatif. Jamais d’information médicale."),
    )


class AskForAgentForm(AskForm):
    """The same, by a head of department or the IT team for an agent of theirs."""

    agent = forms.CharField(
        label=_("Agent"),
        max_length=254,
        help_text=_("Son adresse électronique."),
        widget=forms.TextInput({"autocomplete": "off", "inputmode": "email"}),
    )
    field_order = ("agent", "level")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["level"].label = _("Ce qu’il lui faut")
        self.fields["machine"].label = _("1. Quel ordinateur à la maison\u202f?")
        self.fields["machine"].choices = [  # type: ignore[attr-defined]
            (Request.Machine.OWN, _("Son ordinateur personnel")),
            (Request.Machine.SUPPLIED, Request.Machine.SUPPLIED.label),
            (Request.Machine.NONE, _("Pas d’ordinateur")),
        ]
        self.fields["has_phone"].label = _(
            "D’accord pour être appelé sur son propre téléphone les jours de télétravail"
        )
        self.fields["line"].label = _("2. Quelle connexion à Internet à la maison\u202f?")
        self.fields["days"].label = _("3. Quels jours de télétravail\u202f?")

    def clean_agent(self) -> Agent:
        """An agent in post of the user's perimeter, by address."""
        led = within(perimeter(self.user, Role.HEAD_OF_DEPARTMENT, *STAFF_ROLES))
        seen = agents_visible_to(self.user).filter(led, is_active=True)
        agent = seen.filter(email__iexact=self.cleaned_data["agent"].strip()).first()
        if agent is None:
            raise forms.ValidationError(_("Aucun agent de votre périmètre n’a cette adresse."))
        return agent


class RefusalForm(forms.Form):
    """Why not: the agent reads it."""

    reason = forms.CharField(
        label=_("Motif"),
        max_length=300,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("L’agent le lit. Jamais de motif médical."),
    )


class SuspensionForm(RefusalForm):
    """Why, and until when."""

    resumes_date = forms.DateField(
        label=_("Reprise le"),
        widget=date_input(),
        required=False,
        help_text=_("Ce jour-là, le télétravail reprend tout seul. Laissez vide pour le faire reprendre vous-même."),
    )


class EndForm(forms.Form):
    """When it ends, and why."""

    last_day = forms.DateField(
        label=_("Dernier jour de télétravail"),
        widget=date_input(),
        required=False,
        help_text=_("Laissez vide pour mettre fin tout de suite."),
    )
    reason = forms.CharField(
        label=_("Motif"),
        max_length=300,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Facultatif. Jamais de motif médical."),
    )
