"""Forms: what is right or wrong is said by the services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import EntityChoiceField
from parvis.portal.directory.forms import entities_where
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.directory.queries import STAFF_ROLES, perimeter, within
from parvis.portal.movements import queries
from parvis.portal.movements.models import OWNER_CHOICES, Kind, StepKind, StepTemplate


def _day(**options: Any) -> forms.DateField:
    return forms.DateField(widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"), **options)


class PlanForm(forms.Form):
    """A movement to prepare."""

    kind = forms.ChoiceField(label=_("Quoi"), choices=Kind.choices, initial=Kind.LEAVER)
    agent = forms.CharField(
        label=_("Agent"),
        max_length=254,
        help_text=_("Son adresse électronique. Un nouvel agent s’ajoute d’abord dans l’annuaire."),
        widget=forms.TextInput({"list": "agents", "autocomplete": "off"}),
    )
    day = _day(label=_("Date"), help_text=_("Premier jour dans le service, ou dernier jour en poste."))
    to_entity = EntityChoiceField(
        Entity.objects.none(), label=_("Nouveau service"), required=False, help_text=_("Pour un changement de service.")
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["to_entity"].queryset = entities_where(user, *STAFF_ROLES)  # type: ignore[attr-defined]

    def clean_agent(self) -> Agent:
        """An agent in post of the user's perimeter, by address."""
        seen = within(perimeter(self.user, *STAFF_ROLES))
        agent = Agent.objects.filter(seen, email__iexact=self.cleaned_data["agent"].strip()).first()
        if agent is None:
            raise forms.ValidationError(_("Aucun agent de votre périmètre n’a cette adresse."))
        return agent


class StepForm(forms.Form):
    """One more step."""

    title = forms.CharField(label=_("Étape"), max_length=200)
    kind = forms.ChoiceField(label=_("Rubrique"), choices=StepKind.choices)
    owner_role = forms.ChoiceField(label=_("Confiée à"), choices=OWNER_CHOICES)
    due_date = _day(label=_("Échéance"))
    why = forms.CharField(label=_("Précision"), max_length=300, required=False)


class NoteForm(forms.Form):
    """A note."""

    text = forms.CharField(
        label=_("Ajouter une note"),
        max_length=2000,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Jamais de motif médical."),
    )


class KeepForm(forms.Form):
    """Until when something is kept."""

    until = _day(label=_("Garder jusqu’au"))


class OwnerForm(forms.Form):
    """Whom steps are given to."""

    owner = forms.CharField(
        label=_("Confier à"),
        max_length=254,
        required=False,
        help_text=_("L’adresse électronique d’un collègue. Laissez vide pour rendre au rôle prévu."),
        widget=forms.EmailInput(),
    )


class TemplateForm(forms.ModelForm):  # type: ignore[type-arg]
    """A step that comes by itself."""

    entity = EntityChoiceField(
        Entity.objects.none(), label=_("Pour"), help_text=_("Cette entité et tout ce qui lui est rattaché.")
    )

    class Meta:
        model = StepTemplate
        fields = ("movement_kind", "kind", "title", "why", "owner_role", "days", "entity")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entity"].queryset = entities_where(user, *STAFF_ROLES)  # type: ignore[attr-defined]
        self.fields["days"].help_text = _("0\u202f: le jour même\u202f; −2\u202f: deux jours avant.")

    def validate_unique(self) -> None:
        """The service says it, so that the API and the page say the same."""


class CommonForm(forms.Form):
    """Where the usual steps are added."""

    entity = EntityChoiceField(Entity.objects.none(), label=_("Pour"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entity"].queryset = entities_where(user, *STAFF_ROLES)  # type: ignore[attr-defined]


def owner_named(user: User, address: str) -> User | None:
    """The person a step is given to, among those the IT team may name; None for an empty address.

    Raises:
        ValidationError: nobody has this address.
    """
    if not address.strip():
        return None
    found = queries.possible_owners(user).filter(email__iexact=address.strip()).first()
    if found is None:
        raise forms.ValidationError(_("Aucun compte de votre périmètre n’a cette adresse."))
    return found
