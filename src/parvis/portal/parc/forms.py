"""Forms of sites, and what those of this room share. What is right or wrong is said by the services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import EntityChoiceField, show_problems
from parvis.portal.directory.models import Entity
from parvis.portal.directory.queries import STAFF_ROLES, perimeter, within
from parvis.portal.kernel.errors import Invalid
from parvis.portal.parc import site_services
from parvis.portal.parc.models import Site


def managed_entities(user: User) -> Any:
    """The entities whose computers and sites this user manages."""
    return Entity.objects.filter(within(perimeter(user, *STAFF_ROLES), "path")).order_by("path")


class ServiceChecked(forms.ModelForm):  # type: ignore[type-arg]
    """A form whose constraints are explained by the service, next to their field, and not by the model."""

    def _get_validation_exclusions(self) -> set[str]:
        return {field.name for field in self._meta.model._meta.get_fields()}


class SiteForm(ServiceChecked):
    """What is known of a site."""

    entity = EntityChoiceField(Entity.objects.none(), label=_("Entité"))

    class Meta:
        model = Site
        fields = ("name", "entity", "address", "latitude", "longitude", "wake_by", "wake_address", "wake_port")
        labels = {"address": _("Adresse postale")}
        help_texts = {
            "latitude": _("Facultatif, par exemple 48,39030\u202f: fait un lien vers une carte, que l’on suit ou non."),
            "longitude": _("Facultatif, par exemple −4,48628."),
            "wake_by": _(
                "La diffusion dirigée demande que les routeurs la laissent passer\u202f; le relais demande une machine"
                " toujours allumée sur le site."
            ),
            "wake_address": _("Par exemple 10.1.255.255 (diffusion) ou l’adresse du relais."),
            "wake_port": _("9 le plus souvent."),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entity"].queryset = managed_entities(user)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The service's usual forms, or its complaints."""
        data = super().clean() or {}
        try:
            return dict(site_services.clean(data))  # type: ignore[arg-type]
        except Invalid as problem:
            show_problems(self, problem)
            return self.cleaned_data
