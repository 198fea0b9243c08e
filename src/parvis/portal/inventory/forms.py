"""Forms of what probes reported."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import EntityChoiceField
from parvis.portal.directory.models import Entity
from parvis.portal.directory.queries import STAFF_ROLES, perimeter, within
from parvis.portal.inventory import queries
from parvis.portal.inventory.models import Licence, Software
from parvis.portal.inventory.services.licences import LicenceData
from parvis.portal.parc.models import Contract


class LicenceForm(forms.ModelForm):  # type: ignore[type-arg]
    """A licence; its choices are the user's perimeter."""

    entity = EntityChoiceField(
        label=_("Pour"), queryset=Entity.objects.none(), help_text=_("L’entité et tout ce qui est au-dessous.")
    )
    software = forms.ModelChoiceField(
        label=_("Logiciel"), queryset=Software.objects.none(), empty_label=_("Choisissez")
    )

    class Meta:
        model = Licence
        fields = ("name", "software", "entity", "seats", "ends_date", "cost", "contract")
        widgets: ClassVar[dict[str, Any]] = {"ends_date": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
        error_messages: ClassVar[dict[str, Any]] = {
            NON_FIELD_ERRORS: {"unique_together": _("Une autre licence de cette entité porte déjà cet intitulé.")}
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        managed = perimeter(user, *STAFF_ROLES)
        licence = self.instance
        known = queries.software_visible_to(user).values("pk")
        self.fields["entity"].queryset = Entity.objects.filter(  # type: ignore[attr-defined]
            within(managed, "path") | Q(pk=licence.entity_id), Q(closed_date=None) | Q(pk=licence.entity_id)
        ).order_by("path")
        self.fields["software"].queryset = Software.objects.filter(  # type: ignore[attr-defined]
            Q(pk__in=known) | Q(pk=licence.software_id)
        ).order_by("name", "publisher")
        self.fields["contract"].queryset = Contract.objects.filter(  # type: ignore[attr-defined]
            within(managed) | Q(pk=licence.contract_id)
        ).order_by("name")

    def data_for_service(self) -> LicenceData:
        """What the service takes."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}  # type: ignore[return-value]
