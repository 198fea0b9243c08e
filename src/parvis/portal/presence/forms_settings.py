"""Forms of what an authority sets: statuses, policies, closures."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.access import EntityChoiceField
from parvis.portal.directory.models import Entity
from parvis.portal.presence.models import Closure, Policy, StatusSetting

_DATE = {"type": "date"}


class StatusForm(forms.ModelForm):  # type: ignore[type-arg]
    """How a status is called, what it counts as, who declares it. `fixed_place`: the place may not change."""

    class Meta:
        model = StatusSetting
        fields = (
            "label",
            "letter",
            "colour",
            "place",
            "seen_by_colleagues",
            "agent_may",
            "head_may",
            "confirmation",
            "is_active",
            "position",
        )
        help_texts = {
            "letter": _("Une ou deux lettres, pour le reconnaître sans la couleur."),
            "place": _("Ne change plus ensuite."),
            "seen_by_colleagues": _("Sinon, les collègues lisent «\u202fAbsent\u202f». Jamais pour une absence."),
        }

    def __init__(self, *args: Any, fixed_place: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if fixed_place:
            self.fields["place"].disabled = True
            self.fields["place"].help_text = ""

    def _get_validation_exclusions(self) -> set[str]:
        # The service and its rules say what is wrong, in a person's words.
        return {
            *super()._get_validation_exclusions(),  # type: ignore[misc]
            "seen_by_colleagues",
            "place",
        }


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a department asks. Empty: as the entity above."""

    class Meta:
        model = Policy
        fields = ("confirms", "late_days", "school_zone", "alsace_moselle")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        as_above = _("Comme l’entité au-dessus")
        for name in ("confirms", "alsace_moselle"):
            self.fields[name] = forms.TypedChoiceField(
                label=self.fields[name].label,
                choices=[("", as_above), ("True", _("Oui")), ("False", _("Non"))],
                coerce=lambda value: value == "True",
                empty_value=None,
                required=False,
            )
        self.fields["school_zone"].choices = [  # type: ignore[attr-defined]
            ("", as_above),
            ("A", "A"),
            ("B", "B"),
            ("C", "C"),
        ]
        self.fields["late_days"].help_text = _("Vide\u202f: comme l’entité au-dessus.")


class ClosureForm(forms.ModelForm):  # type: ignore[type-arg]
    """Days on which an entity is closed."""

    class Meta:
        model = Closure
        fields = ("entity", "label", "starts_date", "ends_date")
        field_classes = {"entity": EntityChoiceField}
        widgets = {
            "starts_date": forms.DateInput(attrs=_DATE, format="%Y-%m-%d"),
            "ends_date": forms.DateInput(attrs=_DATE, format="%Y-%m-%d"),
        }
        help_texts = {
            "label": _("Lu par tous\u202f: «\u202fPont de l’Ascension\u202f»."),
            "ends_date": _("Dernier jour compris."),
        }

    def __init__(self, *args: Any, entities: QuerySet[Entity], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entity"].queryset = entities  # type: ignore[attr-defined]

    def validate_constraints(self) -> None:
        """The service says what is wrong with the dates, in a person's words."""
