"""Forms: agents, entities, roles. What is right or wrong is said by the services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import EntityChoiceField
from parvis.portal.directory.models import Agent, Entity, Role
from parvis.portal.directory.queries import STAFF_ROLES, perimeter, within


def entities_where(user: User, *roles: Role) -> Any:
    """The entities where `user` has one of `roles`, in tree order."""
    return Entity.objects.filter(within(perimeter(user, *roles), "path")).order_by("path")


class AgentForm(forms.ModelForm):  # type: ignore[type-arg]
    """Who an agent is, and where they work."""

    entity = EntityChoiceField(Entity.objects.none(), label=_("Service"))

    class Meta:
        model = Agent
        fields = (
            "first_name",
            "last_name",
            "email",
            "job_title",
            "entity",
            "phone",
            "office",
            "personnel_number",
            "starts_date",
            "ends_date",
        )
        widgets = {name: forms.DateInput({"type": "date"}, "%Y-%m-%d") for name in ("starts_date", "ends_date")}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entity"].queryset = entities_where(user, *STAFF_ROLES)  # type: ignore[attr-defined]
        if self.instance.user_id is not None:
            self.fields["email"].disabled = True
            self.fields["email"].help_text = _("Cette adresse sert à sa connexion\u202f: elle ne change pas ici.")


class EntityForm(forms.Form):
    """What an entity is, and where it is put."""

    name = forms.CharField(label=_("Nom"), max_length=150)
    kind = forms.ChoiceField(label=_("Type"), choices=Entity.Kind.choices, initial=Entity.Kind.DEPARTMENT)
    siret = forms.CharField(
        label="SIRET", max_length=20, required=False, help_text=_("14 chiffres, pour les collectivités et structures.")
    )
    parent = EntityChoiceField(Entity.objects.none(), label=_("Rattachée à"))

    def __init__(self, *args: Any, user: User, entity: Entity | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parents = entities_where(user, Role.HEAD_OF_IT)
        if entity is not None:
            parents = parents.exclude(path__startswith=entity.path)
            if entity.parent is None or not parents.filter(pk=entity.parent.pk).exists():
                del self.fields["parent"]  # the root, or the top of the user's perimeter, stays where it is
        if "parent" in self.fields:
            self.fields["parent"].queryset = parents  # type: ignore[attr-defined]

    def clean_siret(self) -> str:
        """Without the spaces people write."""
        return "".join(str(self.cleaned_data["siret"]).split())


class RoleForm(forms.Form):
    """A role, and where."""

    role = forms.ChoiceField(label=_("Rôle"), choices=Role.choices)
    entity = EntityChoiceField(
        Entity.objects.none(),
        label=_("Sur"),
        help_text=_("Le rôle vaut pour cette entité et tout ce qui lui est rattaché."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entity"].queryset = entities_where(user, Role.HEAD_OF_IT)  # type: ignore[attr-defined]
