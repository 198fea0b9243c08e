"""Forms of this room. What is right or wrong is said by the services."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import EntityChoiceField
from parvis.portal.directory.models import Entity
from parvis.portal.directory.queries import agents_visible_to
from parvis.portal.infrastructure import queries
from parvis.portal.infrastructure.models import ITService, Line, Outage
from parvis.portal.parc.forms import managed_entities
from parvis.portal.parc.models import Asset, Contract
from parvis.portal.parc.record_queries import contracts_visible_to

_NUMBER = re.compile(r"\+?[0-9]{3,15}", re.ASCII)


class SaidByTheServices(forms.ModelForm):  # type: ignore[type-arg]
    """What must be unique and what must come first is told by the services, next to its field."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The form's own copy: what Django says of a constraint is not for people.
        vars(self.instance)["validate_constraints"] = lambda exclude=None: None

    def validate_unique(self) -> None:
        """See the class."""


class ServiceForm(SaidByTheServices):
    """A service of the DSI."""

    entity = EntityChoiceField(Entity.objects.none(), label=gettext_lazy("Utilisé par"))

    class Meta:
        model = ITService
        fields = (
            "name", "entity", "criticality", "hosting", "provider", "hosts", "redundant", "needs", "notes",
        )  # fmt: skip
        help_texts = {
            "hosts": gettext_lazy("Les serveurs sur lesquels il tourne. Ctrl ou ⌘ pour en choisir plusieurs."),
            "redundant": gettext_lazy("À cocher s’il continue tant qu’un de ses serveurs fonctionne."),
            "needs": gettext_lazy("Les services sans lesquels il ne fonctionne pas."),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = queries.services_visible_to(user).exclude(pk=self.instance.pk)
        self.fields["entity"].queryset = managed_entities(user)  # type: ignore[attr-defined]
        self.fields["hosts"].queryset = queries.assets_of_kinds(user, queries.SERVERS)  # type: ignore[attr-defined]
        self.fields["needs"].queryset = others  # type: ignore[attr-defined]


class LineForm(SaidByTheServices):
    """A telephone line."""

    entity = EntityChoiceField(Entity.objects.none(), label=gettext_lazy("Service"))

    class Meta:
        model = Line
        fields = (
            "number", "kind", "state", "entity", "operator", "plan", "monthly_cost", "contract", "sim", "phone",
            "agent",
        )  # fmt: skip

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["number"].max_length = None  # type: ignore[attr-defined]
        for name, rows in (
            ("entity", managed_entities(user)),
            ("contract", contracts_visible_to(user).filter(kind=Contract.Kind.TELECOM)),
            ("sim", queries.assets_of_kinds(user, [Asset.Kind.SIM])),
            ("phone", queries.assets_of_kinds(user, [Asset.Kind.PHONE, Asset.Kind.DESK_PHONE, Asset.Kind.TABLET])),
            ("agent", agents_visible_to(user).filter(is_active=True)),
        ):
            self.fields[name].queryset = rows  # type: ignore[attr-defined]

    def clean_number(self) -> str:
        """Digits alone."""
        number = re.sub(r"[\s.\-()\u00a0\u202f]", "", self.cleaned_data["number"])
        if not _NUMBER.fullmatch(number):
            raise forms.ValidationError(_("Un numéro n’a que des chiffres, par exemple 02 98 00 00 00."))
        return number


class OutageForm(SaidByTheServices):
    """What is stopped, from when to when, and what agents are told."""

    class Meta:
        model = Outage
        fields = ("title", "text", "starts_at", "ends_at")
        help_texts = {"ends_at": gettext_lazy("Laissez vide si vous ne la connaissez pas encore.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("starts_at", "ends_at"):
            self.fields[name].widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
            self.fields[name].input_formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]  # type: ignore[attr-defined]


class BehindForm(forms.Form):
    """Behind which equipment of the network."""

    behind = forms.ModelChoiceField(
        Asset.objects.none(),
        label=gettext_lazy("Raccordé derrière"),
        required=False,
        empty_label=gettext_lazy("Inconnu"),
    )

    def __init__(self, *args: Any, user: User, without: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = queries.assets_of_kinds(user, queries.NETWORK).exclude(pk=without)
        self.fields["behind"].queryset = rows  # type: ignore[attr-defined]
