"""Forms: agents, entities, roles. What is right or wrong is said by the services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import EntityChoiceField
from parvis.portal.directory.models import Agent, Entity, Role
from parvis.portal.directory.queries import STAFF_ROLES, open_entities, perimeter, within


def entities_where(user: User, *roles: Role) -> Any:
    """The open entities where `user` has one of `roles`, in tree order."""
    return open_entities(Entity.objects.filter(within(perimeter(user, *roles), "path"))).order_by("path")


def date_input() -> forms.DateInput:
    """The browser's own calendar."""
    return forms.DateInput({"type": "date"}, "%Y-%m-%d")


class AgentForm(forms.ModelForm):  # type: ignore[type-arg]
    """Who an agent is, where they work, how they are reached, since when and until when."""

    entity = EntityChoiceField(Entity.objects.none(), label=_("Service"))

    class Meta:
        model = Agent
        fields = (
            "last_name",
            "first_name",
            "job_title",
            "entity",
            "email",
            "phone",
            "office",
            "personnel_number",
            "starts_date",
            "ends_date",
            "is_listed",
        )
        widgets = {
            "phone": forms.TextInput({"type": "tel", "autocomplete": "off"}),
            "starts_date": date_input(),
            "ends_date": date_input(),
        }
        labels = {"ends_date": _("Dernier jour en poste"), "is_listed": _("Ses collègues trouvent sa fiche")}
        help_texts = {
            "office": _("Bâtiment et bureau, comme on le dit\u202f: «\u202fHôtel de ville, bureau 204\u202f»."),
            "ends_date": _("S’il est connu. Le lendemain, le compte est fermé et les rôles prennent fin."),
            "is_listed": _("Décochez pour une personne dont les coordonnées ne doivent pas être visibles de tous."),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entity"].queryset = entities_where(user, *STAFF_ROLES)  # type: ignore[attr-defined]
        if self.instance.user_id is not None:
            self.fields["email"].disabled = True
            self.fields["email"].help_text = _("Cette adresse sert à sa connexion\u202f: elle ne change pas ici.")


class LinesField(forms.CharField):
    """Several values, one a line: a list of what is not blank."""

    widget = forms.Textarea(attrs={"rows": 3})

    def clean(self, value: Any) -> Any:
        """The lines."""
        return [line.strip() for line in str(super().clean(value)).splitlines() if line.strip()]

    def prepare_value(self, value: Any) -> Any:
        """One a line."""
        return "\n".join(value) if isinstance(value, list) else value


class EntityForm(forms.Form):
    """What an entity is, how sources call it, and where it is put."""

    name = forms.CharField(label=_("Nom"), max_length=150)
    kind = forms.ChoiceField(label=_("Type"), choices=Entity.Kind.choices, initial=Entity.Kind.DEPARTMENT)
    parent = EntityChoiceField(Entity.objects.none(), label=_("Rattachée à"))
    sirets = LinesField(
        label=_("Numéros SIRET"),
        max_length=2000,
        required=False,
        help_text=_(
            "Un par ligne, 14 chiffres\u202f; le premier est le principal. Pour les collectivités et structures."
        ),
    )
    code = forms.CharField(
        label=_("Code"), max_length=60, required=False, help_text=_("Celui de la paie ou de l’annuaire informatique.")
    )
    aliases = LinesField(
        label=_("Autres noms"),
        max_length=2000,
        required=False,
        help_text=_("Un par ligne\u202f: comment les fichiers importés appellent cette entité."),
    )
    audience = forms.ChoiceField(
        label=_("Qui trouve les coordonnées de ses agents"),
        choices=Entity.Audience.choices,
        required=False,
        help_text=_(
            "Vaut aussi pour tout ce qui lui est rattaché. Sans réglage\u202f: la collectivité ou la structure."
        ),
    )

    def __init__(self, *args: Any, user: User, entity: Entity | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parents = entities_where(user, Role.HEAD_OF_IT)
        if entity is not None:
            parents = parents.exclude(path__startswith=entity.path)
            if entity.parent is None or not parents.filter(pk=entity.parent.pk).exists():
                del self.fields["parent"]  # the root, or the top of the user's perimeter, stays where it is
        if "parent" in self.fields:
            self.fields["parent"].queryset = parents  # type: ignore[attr-defined]


class MergeForm(forms.Form):
    """Where all goes."""

    into = EntityChoiceField(Entity.objects.none(), label=_("Fusionner avec"))

    def __init__(self, *args: Any, user: User, entity: Entity, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = entities_where(user, Role.HEAD_OF_IT).exclude(path__startswith=entity.path)
        self.fields["into"].queryset = choices  # type: ignore[attr-defined]


class RoleForm(forms.Form):
    """A role, where, and until when."""

    role = forms.ChoiceField(label=_("Rôle"), choices=Role.choices)
    entity = EntityChoiceField(
        Entity.objects.none(),
        label=_("Sur"),
        help_text=_("Le rôle vaut pour cette entité et tout ce qui lui est rattaché."),
    )
    ends_date = forms.DateField(
        label=_("Jusqu’au"),
        required=False,
        widget=date_input(),
        help_text=_("Facultatif. Après ce jour, le rôle prend fin de lui-même."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entity"].queryset = entities_where(user, Role.HEAD_OF_IT)  # type: ignore[attr-defined]
