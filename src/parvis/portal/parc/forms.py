"""Forms: computers and sites. What is right or wrong is said by the services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import EntityChoiceField, show_problems
from parvis.portal.directory.models import Entity
from parvis.portal.directory.queries import STAFF_ROLES, perimeter, within
from parvis.portal.kernel.errors import Invalid
from parvis.portal.parc import computer_services, queries, site_services
from parvis.portal.parc.models import Computer, Site


def managed_entities(user: User) -> Any:
    """The entities whose computers and sites this user manages."""
    return Entity.objects.filter(within(perimeter(user, *STAFF_ROLES), "path")).order_by("path")


class ComputerForm(forms.ModelForm):  # type: ignore[type-arg]
    """What is known of a computer."""

    entity = EntityChoiceField(Entity.objects.none(), label=_("Service"))

    class Meta:
        model = Computer
        fields = ("name", "kind", "entity", "site", "address", "mac_address", "probe_port")
        labels = {"probe_port": _("Port vérifié")}
        help_texts = {
            "name": _("Tel qu’il est inscrit sur la machine, par exemple RIV-PC-00012."),
            "address": _("Adresse IP ou nom sur le réseau."),
            "mac_address": _("Sert à réveiller l’ordinateur à distance. Exemple\u202f: 00:1A:2B:3C:4D:5E."),
            "probe_port": _("Le port qui répond quand l’ordinateur est allumé\u202f: 3389 pour Windows."),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entity"].queryset = managed_entities(user)  # type: ignore[attr-defined]
        self.fields["site"].queryset = queries.sites_visible_to(user)  # type: ignore[attr-defined]
        self.fields["site"].empty_label = _("Aucun")  # type: ignore[attr-defined]
        self.fields["mac_address"].max_length = None  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The service's usual forms, or its complaints."""
        data = super().clean() or {}
        try:
            return dict(computer_services.clean(data))  # type: ignore[arg-type]
        except Invalid as problem:
            show_problems(self, problem)
            return self.cleaned_data


class SiteForm(forms.ModelForm):  # type: ignore[type-arg]
    """What is known of a site."""

    entity = EntityChoiceField(Entity.objects.none(), label=_("Entité"))

    class Meta:
        model = Site
        fields = ("name", "entity", "address", "wake_by", "wake_address", "wake_port")
        labels = {"address": _("Adresse postale")}
        help_texts = {
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
